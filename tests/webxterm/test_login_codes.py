"""Sign-in codes by mail: who is asked, what they are good for, and that no way leads round them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
import trio

from relay.app import serve
from relay.config import Config, ConfigError
from relay.services.accounts import NewUser
from tests.post_office import PostOffice, post_office
from tests.webxterm.house import CALLER, PASSWORD, Answer, Client, Relay, mail_settings, relay
from tests.webxterm.test_second_factors import code_of, outcome

WRONG = (401, "Invalid or expired OTP")
ADA = "ada@example.org"


@dataclass
class Desk:
    """A relay that asks for codes, and the mail server they arrive at."""

    here: Relay
    office: PostOffice

    async def login(self, name: str = "ada", source: str = "") -> Answer:
        headers = {"x-source": source} if source else {}
        response = await self.here.http.post(
            "/api/auth/login", json={"email": name, "password": PASSWORD}, headers=headers
        )
        return Answer(response.status_code, response.json(), response.text, response.headers)

    async def select(self, session_token: str, tenant_id: str) -> Answer:
        return await self.here.anybody.post(
            "/api/auth/select-tenant", {"session_token": session_token, "tenant_id": tenant_id}
        )

    async def verify(self, code: str, name: str = "ada", **more: str) -> Answer:
        return await self.here.anybody.post("/api/auth/verify-otp", {"username": name, "otp_code": code, **more})

    async def code(self, to: str = ADA) -> str:
        await self.here.carried()
        return self.office.code(to)

    async def wrong(self) -> str:
        return f"{(int(await self.code()) + 1) % 10**6:06d}"


async def make(here: Relay, name: str, organization: str, email: str = ADA) -> None:
    new = NewUser(username=name, email=email, password=PASSWORD, first_name="Ada", last_name="L")
    await here.services.accounts.signup(CALLER, new, organization_name=organization, company_name=organization)


@asynccontextmanager
async def desk(tmp_path, *, organizations: int = 1, **settings) -> AsyncIterator[Desk]:
    with post_office() as office:
        async with relay(tmp_path, **{**mail_settings(office), "otp_enabled": True, **settings}) as here:
            for name, organization in (("ada", "Acme"), ("ada2", "Beta"))[:organizations]:
                await make(here, name, organization)
            await here.carried()
            office.letters.clear()
            yield Desk(here, office)


async def test_a_login_of_the_console_is_asked_for_a_code(tmp_path):
    async with desk(tmp_path) as at:
        answer = await at.login()
        session_token = answer.body.pop("session_token")
        assert answer.body == {
            "message": "OTP sent to your email", "requires_otp": True, "username": "ada", "otp_expires_in_min": 10,
            "tenants": answer.body["tenants"],
        }  # fmt: skip
        assert [each["tenant_id"] for each in answer.body["tenants"]] == ["acme"]
        done = await at.verify(await at.code(), session_token=session_token)
        assert done.status == 200
        assert (await Client(at.here.http, done.body["token"]).get("/api/users/me")).status == 200
        rows = await at.here.services.database.collection("audit").find({"tenant_id": "acme"})
        (login,) = [row for row in rows if row["action"] == "login"]
        assert login["details"] == {"method": "password", "second_factor": "email_code"}
        assert [row["action"] for row in rows if row["action"].startswith("otp")] == ["otp_sent"]


async def test_a_code_works_once_and_under_either_name(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        code = await at.code()
        done = await at.here.anybody.post("/api/auth/verify-otp", {"username": "ADA", "otp": code})
        assert done.status == 200
        assert outcome(await at.verify(code)) == WRONG


async def test_case_18_a_code_used_twice_at_once_opens_one_login(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        code, statuses = await at.code(), []

        async def knock() -> None:
            statuses.append((await at.verify(code)).status)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(knock)
        assert sorted(statuses) == [200, 401, 401]


async def test_case_18_three_wrong_tries_destroy_a_code(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        code, wrong = await at.code(), await at.wrong()
        for _ in range(3):
            assert outcome(await at.verify(wrong)) == WRONG
        assert outcome(await at.verify(code)) == WRONG
        for action in ("otp_failed", "login_failed"):
            rows = await at.here.services.database.collection("audit").find({"tenant_id": "acme", "action": action})
            assert len(rows) == 4


async def test_a_code_dies_of_time_and_of_the_next_one(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        first = await at.code()
        await at.login()
        second = await at.code()
        assert first != second
        assert outcome(await at.verify(first)) == WRONG
        at.here.clock.advance(600)
        assert outcome(await at.verify(second)) == WRONG


async def test_five_codes_an_hour(tmp_path):
    async with desk(tmp_path) as at:
        assert [(await at.login()).status for _ in range(6)] == [200] * 5 + [429]
        at.here.clock.advance(3600)
        assert (await at.login()).status == 200


async def test_codes_are_stored_as_keyed_hashes(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        code = await at.code()
        (row,) = await at.here.services.database.collection("login_codes").find({"_id": "ada"})
        assert code not in repr(row)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６"])
async def test_what_is_no_code_is_told_so(tmp_path, code):
    async with desk(tmp_path) as at:
        assert outcome(await at.verify(code)) == (400, "otp_code must be exactly 6 digits")


async def test_a_session_token_of_another_login_takes_no_try(tmp_path):
    async with desk(tmp_path) as at:
        other = (await at.login()).body["session_token"]
        mine = (await at.login()).body["session_token"]
        code = await at.code()
        for _ in range(4):
            assert outcome(await at.verify(code, session_token=other)) == WRONG
        assert (await at.verify(code, session_token="x")).error == "Invalid or expired session"
        assert (await at.verify(code, session_token=mine)).status == 200


async def test_other_clients_skip_it_unless_all_are_asked(tmp_path):
    async with desk(tmp_path) as at:
        assert "token" in (await at.login(source="cli")).body
        assert "token" in (await at.login(source="vscode")).body
    async with desk(tmp_path, otp_enforce_all_clients=True) as at:
        assert "requires_otp" in (await at.login(source="cli")).body


async def test_case_20_the_client_is_settled_by_the_first_request(tmp_path):
    async with desk(tmp_path, organizations=2) as at:
        choice = (await at.login(ADA)).body["session_token"]
        answer = await at.here.http.post(
            "/api/auth/select-tenant",
            json={"session_token": choice, "tenant_id": "acme"},
            headers={"x-source": "cli", "user-agent": "curl/8"},
        )
        assert answer.json()["requires_otp"] is True
        assert "token" not in answer.json()


async def test_case_20_choosing_an_organization_comes_before_the_code_and_skips_nothing(tmp_path):
    async with desk(tmp_path, organizations=2) as at:
        choice = await at.login(ADA)
        assert choice.body["requires_tenant_selection"] is True
        asked = await at.select(choice.body["session_token"], "beta")
        assert (asked.body["requires_otp"], asked.body["username"]) == (True, "ada2")
        for tenant_id in ("acme", "beta"):  # going round by way of another choice asks again
            again = await at.select(asked.body["session_token"], tenant_id)
            assert "token" not in again.body
        done = await at.verify(await at.code(), "ada2")
        assert done.body["user"]["tenant_id"] == "beta"
        switched = await at.select(done.body["session_token"], "acme")  # the same mailbox was proven
        assert switched.body["user"]["tenant_id"] == "acme"


async def test_case_20_a_proven_mailbox_counts_for_no_other_address(tmp_path):
    async with desk(tmp_path, organizations=2) as at:
        choice = await at.login(ADA)
        await at.select(choice.body["session_token"], "beta")
        users = at.here.services.database.collection("users")
        moved = {"email": "eve@example.org", "email_folded": "eve@example.org"}
        done = await at.verify(await at.code(), "ada2")
        await users.update_one({"username_folded": "ada"}, {"$set": moved})
        switched = await at.select(done.body["session_token"], "acme")
        assert "token" not in switched.body
        assert switched.body["requires_otp"] is True


async def test_case_20_another_accounts_second_factor_is_no_way_round_ones_own(tmp_path):
    async with desk(tmp_path, organizations=2, otp_enabled=False) as at:
        secrets = {}
        for name in ("ada", "ada2"):
            client = Client(at.here.http, (await at.login(name)).body["token"])
            made = await client.post(
                "/api/profile/second-factors/totp", {"name": "phone", "current_password": PASSWORD}
            )
            secrets[name] = made.body["secret"]
            path = f"/api/profile/second-factors/totp/{made.body['id']}/confirm"
            assert (await client.post(path, {"code": code_of(at.here, secrets[name])})).status == 200
        at.here.clock.advance(60)
        choice = await at.login(ADA)
        early = {
            "session_token": choice.body["session_token"],
            "method": "totp",
            "code": code_of(at.here, secrets["ada"]),
        }
        skipped = await at.here.anybody.post("/api/auth/second-factor", early)  # right, but no account was chosen yet
        assert outcome(skipped) == (401, "Invalid or expired session")
        asked = await at.select(choice.body["session_token"], "beta")
        assert asked.body["requires_second_factor"] is True
        body = {"session_token": asked.body["session_token"], "method": "totp"}
        wrong = await at.here.anybody.post(
            "/api/auth/second-factor", {**body, "code": code_of(at.here, secrets["ada"])}
        )
        assert wrong.status == 401
        done = await at.here.anybody.post(
            "/api/auth/second-factor", {**body, "code": code_of(at.here, secrets["ada2"])}
        )
        assert done.body["user"]["tenant_id"] == "beta"
        other = await at.select(done.body["session_token"], "acme")
        assert "token" not in other.body
        assert other.body["requires_second_factor"] is True
        back = await at.select(done.body["session_token"], "beta")  # proven for this one already
        assert back.body["user"]["tenant_id"] == "beta"


@pytest.mark.parametrize("stage", ["choice", "code", "second factor"])
async def test_case_05_a_token_of_an_unfinished_login_opens_nothing(tmp_path, stage):
    async with desk(tmp_path, organizations=2 if stage == "choice" else 1, otp_enabled=stage == "code") as at:
        if stage == "second factor":
            client = Client(at.here.http, (await at.login()).body["token"])
            made = await client.post("/api/profile/second-factors/totp", {"name": "p", "current_password": PASSWORD})
            path = f"/api/profile/second-factors/totp/{made.body['id']}/confirm"
            await client.post(path, {"code": code_of(at.here, made.body["secret"])})
        token = (await at.login(ADA)).body["session_token"]
        unfinished = Client(at.here.http, token)
        for path in ("/api/users/me", "/api/machines", "/api/profile/second-factors"):
            assert (await unfinished.get(path)).status == 401
        assert (await at.here.anybody.post("/api/auth/refresh", {"token": token})).status == 401
        options = await at.here.anybody.post("/api/auth/second-factor/passkey-options", {"session_token": token})
        assert options.status == 401


async def test_a_changed_password_ends_the_login_that_waits_for_its_code(tmp_path):
    async with desk(tmp_path) as at:
        await at.login()
        code = await at.code()
        users = at.here.services.database.collection("users")
        await users.update_one({"username_folded": "ada"}, {"$inc": {"token_generation": 1}})
        assert (await at.verify(code)).status == 401


async def test_codes_without_mail_stop_the_start(tmp_path):
    with pytest.raises(ConfigError, match="OTP_ENABLED sends codes by mail"):
        await serve(replace(Config(), listen="127.0.0.1:0", data=tmp_path, otp_enabled=True))
