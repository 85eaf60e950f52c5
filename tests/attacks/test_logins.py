"""Attack cases 17, 18, 21 and 41 at the door where people log in."""

import threading
from ipaddress import ip_network
from unittest import mock

import httpx2
import pytest
import trio
from argon2 import PasswordHasher

from relay.services import login_guard
from relay.vault import passwords
from relay.vault.passwords import CONCURRENT_HASHES, MAX_WAITING, Passwords
from tests.webxterm.house import PASSWORD, Answer, Relay, relay

PROXY = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}


async def login(here: Relay, name: str, password: str, address: str = "198.51.100.1") -> Answer:
    response = await here.http.post(
        "/api/auth/login", json={"email": name, "password": password}, headers={"x-forwarded-for": address}
    )
    return Answer(response.status_code, response.json(), response.text, response.headers)


def visible(answer: Answer) -> tuple[int, str, set[str]]:
    """What somebody can tell answers apart by, but for ids and times."""
    own = {"date", "x-correlation-id"}
    return answer.status, answer.text, {f"{name}: {value}" for name, value in answer.headers.items() if name not in own}


UNKNOWN_AND_KNOWN = {
    "login by e-mail": ("/api/auth/login", {"email": "{name}@example.org", "password": "wrong"}),
    "login by name": ("/api/auth/login", {"username": "{name}", "password": "wrong"}),
    "verify-otp": ("/api/auth/verify-otp", {"username": "{name}", "otp_code": "123456"}),
}  # fmt: skip


@pytest.mark.parametrize("route", UNKNOWN_AND_KNOWN)
async def test_case_17_unknown_and_known_names_are_answered_alike_until_both_are_locked_out(tmp_path, route):
    path, body = UNKNOWN_AND_KNOWN[route]
    async with relay(tmp_path) as here:
        await here.organization("known", "acme")
        told: dict[str, list[tuple[int, str, set[str]]]] = {}
        for name in ("known", "nobody"):
            asked = {field: text.format(name=name) for field, text in body.items()}
            answers = [await here.anybody.post(path, asked) for _ in range(12)]
            told[name] = [visible(each) for each in answers]
        assert told["known"] == told["nobody"]
        statuses = [status for status, *_ in told["known"]]
        assert statuses[:10] == [401] * 10
        assert statuses[10:] == [429] * 2


async def test_case_17_a_wrong_login_costs_one_hash_whoever_it_names(tmp_path):
    async with relay(tmp_path) as here:
        await here.organization("known", "acme")
        for number in range(3):
            body = {
                "username": f"many{number}", "email": "many@example.org", "password": PASSWORD, "first_name": "M",
                "last_name": "M", "organization_name": f"Many {number}", "company_name": "M",
            }  # fmt: skip
            assert (await here.anybody.post("/api/auth/signup", body)).status == 201
        hashes: list[str] = []
        device = here.services.login.proof.passwords
        one, several = device._matches, passwords._hashed_as

        def counted(*asked):
            hashes.append(asked[1])
            return one(*asked)

        def counted_together(*asked):
            hashes.append(asked[1])
            return several(*asked)

        with (
            mock.patch.object(device, "_matches", counted),
            mock.patch.object(passwords, "_hashed_as", counted_together),
        ):
            for name in ("known", "nobody", "known@example.org", "nobody@example.org", "many@example.org"):
                hashes.clear()
                assert (await here.anybody.post("/api/auth/login", {"email": name, "password": "wrong"})).status == 401
                assert len(hashes) == 1, name
            hashes.clear()
            found = await here.anybody.post("/api/auth/login", {"email": "many@example.org", "password": PASSWORD})
            assert len(found.body["tenants"]) == 3
            assert len(hashes) == 1


async def test_case_18_spelling_a_name_otherwise_is_no_fresh_start(tmp_path):
    async with relay(tmp_path) as here:
        await here.organization("ada", "acme")
        spellings = ["ada", "ADA", "Ada", " ada ", "\uff41da", "aDa", "adA", "AdA", "aDA", "ADa"]
        for name in spellings:
            assert (await here.anybody.post("/api/auth/login", {"email": name, "password": "wrong"})).status == 401
        answer = await here.anybody.post("/api/auth/login", {"email": "ada", "password": PASSWORD})
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) == 900


async def test_case_18_guesses_from_many_addresses_are_slowed_and_the_owner_still_comes_in(tmp_path):
    async with relay(tmp_path, **PROXY) as here:
        await here.organization("ada", "acme")
        home = "203.0.113.77"
        assert (await login(here, "ada", PASSWORD, home)).status == 200
        with mock.patch.object(login_guard, "MOST_FAILURES", 20):
            for number in range(20):
                for name in ("ada", "nobody"):
                    assert (await login(here, name, "wrong", f"198.51.100.{number}")).status == 401
            for name in ("ada", "nobody"):
                answer = await login(here, name, PASSWORD, "192.0.2.1")
                assert (answer.status, answer.error) == (429, "Too many attempts, try again later")
            for _ in range(3):
                assert (await login(here, "ada", PASSWORD, home)).status == 200
            here.clock.advance(3600)
            assert (await login(here, "ada", PASSWORD, "192.0.2.1")).status == 200


async def test_case_18_an_account_made_with_ones_address_lends_nobody_its_networks(tmp_path):
    async with relay(tmp_path, **PROXY) as here:
        await here.organization("ada", "acme")
        evil = {
            "username": "eve", "email": "ada@example.org", "password": "another one", "first_name": "E",
            "last_name": "E", "organization_name": "Evil", "company_name": "Evil",
        }  # fmt: skip
        assert (await here.anybody.post("/api/auth/signup", evil)).status == 201
        assert (await login(here, "ada@example.org", "another one", "192.0.2.1")).status == 200
        with mock.patch.object(login_guard, "MOST_FAILURES", 5):
            for number in range(5):
                await login(here, "ada@example.org", "wrong", f"198.51.100.{number}")
            assert (await login(here, "ada@example.org", PASSWORD, "192.0.2.1")).status == 401  # only eve's is tried
            assert (await login(here, "ada@example.org", "another one", "192.0.2.1")).status == 200


async def test_case_21_the_first_administrator_is_made_once_and_no_route_makes_one(tmp_path):
    settings = {
        "super_admin_username": "root", "super_admin_email": "root@example.org", "super_admin_password": PASSWORD,
    }  # fmt: skip
    async with relay(tmp_path, **settings) as here:
        (first,) = await here.services.database.collection("users").find({"tenant_id": "platform"})
        assert first["username"] == "root"
        paths = ("/api/setup", "/setup", "/api/install", "/api/admin/setup", "/api/auth/setup", "/api/auth/first-admin",
                 "/api/users/first", "/api/admin/super-admin")  # fmt: skip
        for path in paths:
            for method in ("GET", "POST", "PUT"):
                answer = await here.anybody.ask(method, path, {"username": "eve", "password": PASSWORD})
                assert answer.status in {401, 403, 404, 405} or "text/html" in answer.headers["content-type"], path
        eve = await here.organization("eve", "evil")
        made = await eve.post(
            "/api/users",
            {"username": "mallory", "email": "m@example.org", "password": PASSWORD, "first_name": "M",
             "last_name": "M", "role": "super_admin", "tenant_id": "platform"},
        )  # fmt: skip
        assert made.status in {400, 403}
        assert await here.services.database.collection("users").count({"tenant_id": "platform"}) == 1


@pytest.mark.parametrize("name", ["platform", "Platform", "PLATFORM", " platform "])
async def test_case_21_nobody_signs_up_into_the_platform(tmp_path, name):
    async with relay(tmp_path) as here:
        await here.super_admin()
        body = {
            "username": "eve", "email": "e@example.org", "password": PASSWORD, "first_name": "E", "last_name": "E",
            "organization_name": name, "company_name": name,
        }  # fmt: skip
        assert (await here.anybody.post("/api/auth/signup", body)).status == 400


async def test_case_21_two_sign_ups_in_a_race_make_one_organization_and_one_administrator(tmp_path):
    async with relay(tmp_path) as here:
        statuses: list[int] = []

        async def sign_up(name: str) -> None:
            body = {
                "username": name, "email": f"{name}@example.org", "password": PASSWORD, "first_name": "E",
                "last_name": "E", "organization_name": "Acme", "company_name": "Acme",
            }  # fmt: skip
            statuses.append((await here.anybody.post("/api/auth/signup", body)).status)

        async with trio.open_nursery() as nursery:
            for name in ("ada", "eve", "mallory"):
                nursery.start_soon(sign_up, name)
        assert sorted(statuses) == [201, 409, 409]
        assert await here.services.database.collection("users").count({"tenant_id": "acme"}) == 1


class Stuck(PasswordHasher):
    """Each hash takes until the test lets go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go_on = threading.Event()

    def verify(self, hash, password):  # noqa: A002  the library's name
        assert self.go_on.wait(60)
        return super().verify(hash, password)


async def test_case_41_a_flood_of_logins_is_bounded_and_holds_up_nobody_else(tmp_path):
    flood, stuck = 3 * MAX_WAITING, Stuck()
    places = MAX_WAITING + CONCURRENT_HASHES
    async with relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        answers: list[int] = []
        limits = httpx2.Limits(max_connections=2 * flood)
        async with httpx2.AsyncClient(base_url=here.running.url, timeout=60, limits=limits) as many:

            async def knock(number: int) -> None:
                body = {"username": f"nobody-{number}", "password": "wrong"}
                answers.append((await many.post("/api/auth/login", json=body)).status_code)

            async def refused_at_once() -> bool:
                return len(answers) == flood - places

            with mock.patch.object(here.services.login.proof.passwords, "_hasher", stuck):
                async with trio.open_nursery() as nursery:
                    for number in range(flood):
                        nursery.start_soon(knock, number)
                    try:
                        await here.until(refused_at_once)
                        assert set(answers) == {429}
                        with trio.fail_after(5):
                            for _ in range(20):
                                assert (await ada.get("/api/users/me")).status == 200
                    finally:
                        stuck.go_on.set()
        assert (answers.count(401), answers.count(429)) == (places, flood - places)
        assert (await here.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})).status == 200


async def test_case_41_no_more_hashes_run_at_once_than_agreed(monkeypatch):
    running, most = [0], [0]

    class Slow(PasswordHasher):
        def verify(self, hash, password):  # noqa: A002  the library's name
            running[0] += 1
            most[0] = max(most[0], running[0])
            try:
                return super().verify(hash, password)
            finally:
                running[0] -= 1

    device = Passwords(Slow(time_cost=2, memory_cost=1024, parallelism=1))
    known = await device.hash(PASSWORD)
    async with trio.open_nursery() as nursery:
        for _ in range(MAX_WAITING):
            nursery.start_soon(device.verify, "wrong", known)
    assert most[0] <= CONCURRENT_HASHES
