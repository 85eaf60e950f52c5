"""Second factors: added with one's password, asked for at login, required by the organization, reset by an admin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import trio

from tests.authenticator import USER_PRESENT, Authenticator
from tests.webxterm.house import PASSWORD, Answer, Client, Relay, relay

PATH = "/api/profile/second-factors"
SITE = "https://relay.example"
WRONG = (401, "Invalid or expired code")


@dataclass
class Person:
    """Somebody who has set something up."""

    here: Relay
    client: Client
    name: str

    async def login(self) -> Answer:
        return await self.here.anybody.post("/api/auth/login", {"username": self.name, "password": PASSWORD})

    async def prove(self, session_token: str, method: str, code: str = "", credential: Any = None) -> Answer:
        body = {"session_token": session_token, "method": method, "code": code, "credential": credential or {}}
        return await self.here.anybody.post("/api/auth/second-factor", body)

    async def waiting(self) -> str:
        """The session token of a login that waits for the second factor."""
        answer = await self.login()
        assert (answer.status, answer.body["requires_second_factor"]) == (200, True)
        return answer.body["session_token"]

    async def add_totp(self, name: str = "phone") -> tuple[str, list[str]]:
        """Its secret, and the recovery codes."""
        made = await self.client.post(f"{PATH}/totp", {"name": name, "current_password": PASSWORD})
        assert made.status == 201
        code = code_of(self.here, made.body["secret"])
        done = await self.client.post(f"{PATH}/totp/{made.body['id']}/confirm", {"code": code})
        assert (done.status, done.body["second_factor"]["kind"]) == (200, "totp")
        return made.body["secret"], done.body["recovery_codes"]

    async def add_passkey(self, device: Authenticator) -> Answer:
        asked = await self.client.post(f"{PATH}/passkey/options", {"current_password": PASSWORD})
        assert asked.status == 200
        credential = device.create(asked.body["options"])
        return await self.client.post(f"{PATH}/passkey", {"name": "key", "credential": credential})

    async def passkey_options(self, session_token: str) -> dict[str, Any]:
        asked = await self.here.anybody.post(
            "/api/auth/second-factor/passkey-options", {"session_token": session_token}
        )
        assert asked.status == 200
        return asked.body["options"]


def code_of(here: Relay, secret: str, seconds: int = 0) -> str:
    return pyotp.TOTP(secret).at(here.clock.now() + timedelta(seconds=seconds))


@asynccontextmanager
async def ada(tmp_path, **settings) -> AsyncIterator[Person]:
    async with relay(tmp_path, **{"public_url": SITE, **settings}) as here:
        yield Person(here, await here.organization("ada", "acme"), "ada")


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.error


async def test_a_totp_is_asked_for_once_it_is_confirmed(tmp_path):
    async with ada(tmp_path) as me:
        made = await me.client.post(f"{PATH}/totp", {"name": "phone", "current_password": PASSWORD})
        assert made.body["otpauth_url"].startswith("otpauth://totp/")
        assert "token" in (await me.login()).body  # begun, not confirmed: counts for nothing
        assert (await me.client.get(PATH)).body["second_factors"] == []
        secret, codes = await me.add_totp()
        assert len(codes) == len(set(codes)) == 10
        answer = await me.login()
        assert {name: answer.body[name] for name in ("message", "username", "methods")} == {
            "message": "Second factor required", "username": "ada", "methods": ["totp", "recovery_code"],
        }  # fmt: skip
        assert "token" not in answer.body
        me.here.clock.advance(30)
        for method, missing in (("totp", "code"), ("recovery_code", "code"), ("passkey", "credential")):
            asked = await me.prove(answer.body["session_token"], method)
            assert (asked.status, asked.error) == (400, f"{missing} is required")
        done = await me.prove(answer.body["session_token"], "totp", code_of(me.here, secret))
        assert done.status == 200
        assert (await Client(me.here.http, done.body["token"]).get("/api/users/me")).status == 200
        listed = (await me.client.get(PATH)).body
        assert [each["name"] for each in listed["second_factors"]] == ["phone"]
        assert (listed["recovery_codes_left"], listed["required"]) == (10, False)
        assert listed["second_factors"][0]["last_used_at"] is not None


async def test_nothing_of_it_rests_in_clear(tmp_path):
    async with ada(tmp_path) as me:
        secret, codes = await me.add_totp()
        database = me.here.services.database
        for name in ("second_factors", "recovery_codes", "audit"):
            kept = repr(await database.collection(name).find({"tenant_id": "acme"}))
            assert secret not in kept
            assert not any(code in kept or code.replace("-", "") in kept for code in codes)


async def test_case_18_a_totp_code_is_good_once_and_not_in_a_race(tmp_path):
    async with ada(tmp_path) as me:
        secret, _ = await me.add_totp()
        used = code_of(me.here, secret)
        assert outcome(await me.prove(await me.waiting(), "totp", used)) == WRONG  # the step that confirmed it
        me.here.clock.advance(30)
        code, session_token = code_of(me.here, secret), await me.waiting()
        assert (await me.prove(session_token, "totp", code)).status == 200
        assert outcome(await me.prove(await me.waiting(), "totp", code)) == WRONG
        assert outcome(await me.prove(await me.waiting(), "totp", used)) == WRONG  # an earlier step, still near
        me.here.clock.advance(60)
        ahead = code_of(me.here, secret, 30)
        assert (await me.prove(await me.waiting(), "totp", ahead)).status == 200  # a telephone that is ahead
        assert outcome(await me.prove(await me.waiting(), "totp", code_of(me.here, secret))) == WRONG


async def test_case_18_two_logins_with_one_code_at_once_are_one(tmp_path):
    async with ada(tmp_path) as me:
        secret, codes = await me.add_totp()
        me.here.clock.advance(30)
        for method, code in (("totp", code_of(me.here, secret)), ("recovery_code", codes[0])):
            session_token, statuses = await me.waiting(), []

            async def knock(method=method, code=code, session_token=session_token, statuses=statuses) -> None:
                statuses.append((await me.prove(session_token, method, code)).status)

            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(knock)
            assert sorted(statuses) == [200, 401, 401]


async def test_case_18_guessing_a_second_factor_ends_after_ten_tries_from_anywhere(tmp_path):
    async with ada(tmp_path, trusted_proxies=()) as me:
        secret, codes = await me.add_totp()
        me.here.clock.advance(30)
        session_token = await me.waiting()
        wrong = f"{(int(code_of(me.here, secret)) + 1) % 10**6:06d}"
        for _ in range(10):
            answer = await me.prove(session_token, "totp", wrong)
            assert outcome(answer) == WRONG
        for method, code in (("totp", code_of(me.here, secret)), ("recovery_code", codes[0])):
            answer = await me.prove(await me.waiting(), method, code)
            assert answer.status == 429
            assert int(answer.headers["retry-after"]) > 0
        me.here.clock.advance(900)
        assert (await me.prove(await me.waiting(), "totp", code_of(me.here, secret))).status == 200


async def test_a_recovery_code_works_once_however_it_is_typed(tmp_path):
    async with ada(tmp_path) as me:
        _, codes = await me.add_totp()
        typed = codes[0].upper().replace("-", " ")
        assert (await me.prove(await me.waiting(), "recovery_code", typed)).status == 200
        assert outcome(await me.prove(await me.waiting(), "recovery_code", codes[0])) == WRONG
        assert (await me.client.get(PATH)).body["recovery_codes_left"] == 9
        fresh = await me.client.post("/api/profile/recovery-codes", {"current_password": PASSWORD})
        assert len(fresh.body["recovery_codes"]) == 10
        assert outcome(await me.prove(await me.waiting(), "recovery_code", codes[1])) == WRONG
        assert (await me.prove(await me.waiting(), "recovery_code", fresh.body["recovery_codes"][1])).status == 200


async def test_a_passkey_is_registered_and_proves_who_one_is(tmp_path):
    async with ada(tmp_path) as me:
        device = Authenticator(SITE)
        added = await me.add_passkey(device)
        assert (added.status, len(added.body["recovery_codes"])) == (201, 10)
        session_token = await me.waiting()
        options = await me.passkey_options(session_token)
        assert (options["rpId"], options["userVerification"]) == ("relay.example", "required")
        credential = device.get(options)
        assert (await me.prove(session_token, "passkey", credential=credential)).status == 200
        assert outcome(await me.prove(session_token, "passkey", credential=credential)) == WRONG  # a used challenge
        assert device.user_handle.decode() == me.client.actor.user_id
        again = await me.add_passkey(device)
        assert outcome(again) == (409, "This passkey is registered already")


@pytest.mark.parametrize("fault", ["origin", "unverified", "count", "other key", "old challenge", "garbage", "huge"])
async def test_case_20_a_passkey_that_is_not_quite_right_proves_nothing(tmp_path, fault):
    async with ada(tmp_path) as me:
        device = Authenticator(SITE, count=5)
        assert (await me.add_passkey(device)).status == 201
        session_token = await me.waiting()
        options = await me.passkey_options(session_token)
        if fault == "old challenge":
            await me.passkey_options(session_token)
        if fault == "origin":
            device.origin = "https://relay.example.evil"
        if fault == "unverified":
            device.flags = USER_PRESENT
        if fault == "count":
            device.count, device.steps = 3, 1
        if fault == "other key":
            device.key = Authenticator(SITE).key
        credential: Any = device.get(options)
        if fault == "garbage":
            credential["response"]["authenticatorData"] = "AAAA"
        if fault == "huge":
            credential["response"]["signature"] = "A" * 40_000
        assert outcome(await me.prove(session_token, "passkey", credential=credential)) == WRONG


@pytest.mark.parametrize("fault", ["origin", "unverified", "twice", "garbage", "nothing asked"])
async def test_a_passkey_that_is_not_quite_right_is_not_registered(tmp_path, fault):
    async with ada(tmp_path) as me:
        device = Authenticator("https://evil.example" if fault == "origin" else SITE)
        if fault == "unverified":
            device.flags = USER_PRESENT
        options = (await me.client.post(f"{PATH}/passkey/options", {"current_password": PASSWORD})).body["options"]
        credential: Any = device.create(options)
        if fault == "garbage":
            credential["response"]["attestationObject"] = "o2NmbXQ"
        body = {"name": "key", "credential": credential}
        if fault == "twice":
            assert (await me.client.post(f"{PATH}/passkey", body)).status == 201
        if fault == "nothing asked":
            me.here.clock.advance(301)
        answer = await me.client.post(f"{PATH}/passkey", body)
        assert outcome(answer) == (400, "The passkey could not be verified: begin again")


async def test_passkeys_follow_the_name_the_relay_is_asked_under(tmp_path):
    async with relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        refused = await ada.post(f"{PATH}/passkey/options", {"current_password": PASSWORD})
        assert refused.status == 400
        assert "need a host name" in refused.error
        port = here.running.url.rpartition(":")[2]
        headers = {"authorization": f"Bearer {ada.token}", "host": f"localhost:{port}"}
        answer = await here.http.post(f"{PATH}/passkey/options", json={"current_password": PASSWORD}, headers=headers)
        options = answer.json()["options"]
        assert options["rp"]["id"] == "localhost"
        credential = Authenticator(f"http://localhost:{port}").create(options)
        assert (await ada.post(f"{PATH}/passkey", {"name": "key", "credential": credential})).status == 201


async def test_each_change_asks_for_the_password_and_is_noted(tmp_path):
    async with ada(tmp_path) as me:
        await me.add_totp()
        (factor,) = (await me.client.get(PATH)).body["second_factors"]
        for method, path, more in (
            ("POST", f"{PATH}/totp", {"name": "x"}),
            ("POST", f"{PATH}/passkey/options", {}),
            ("POST", "/api/profile/recovery-codes", {}),
            ("DELETE", f"{PATH}/{factor['id']}", {}),
        ):
            answer = await me.client.ask(method, path, {**more, "current_password": "wrong"})
            assert outcome(answer) == (400, "Current password is incorrect"), path
        gone = await me.client.delete(f"{PATH}/{factor['id']}", {"current_password": PASSWORD})
        assert gone.status == 200
        assert "token" in (await me.login()).body
        assert (await me.client.get(PATH)).body["recovery_codes_left"] == 0
        rows = await me.here.services.database.collection("audit").find({"tenant_id": "acme"})
        noted = {(row["action"], row["status"]) for row in rows if row["resource"] == "profile"}
        assert noted == {
            ("second_factor_added", "success"), ("second_factor_added", "failure"), ("recovery_codes_made", "failure"),
            ("second_factor_removed", "failure"), ("second_factor_removed", "success"),
        }  # fmt: skip


async def test_an_organization_that_requires_one_opens_only_the_way_there(tmp_path):
    async with ada(tmp_path) as me:
        bob = await me.here.user(me.client, "bob")
        answer = await me.client.put("/api/organization", {"second_factor_required": True})
        assert (answer.status, answer.body["organization"]["second_factor_required"]) == (200, True)
        refused = (403, "Second factor enrolment required")
        for who in (bob, me.client):  # from the next request on, also for logins there are
            assert outcome(await who.get("/api/machines")) == refused
            assert outcome(await who.post("/api/auth/verify-email/resend")) == refused
        found = await me.login()
        assert found.body["second_factor_enrolment_required"] is True
        new = Person(me.here, Client(me.here.http, found.body["token"], me.client.actor), "ada")
        assert outcome(await new.client.put("/api/organization", {"second_factor_required": False})) == refused
        assert (await new.client.get("/api/users/me")).status == 200
        assert (await new.client.get(PATH)).body["required"] is True
        assert (await me.here.anybody.post("/api/auth/refresh", {"token": new.client.token})).status == 200
        await new.add_totp()
        assert (await new.client.get("/api/machines")).status == 200
        (factor,) = (await new.client.get(PATH)).body["second_factors"]
        last = await new.client.delete(f"{PATH}/{factor['id']}", {"current_password": PASSWORD})
        assert outcome(last) == (409, "Your organization requires a second factor: add another one first")


async def test_case_20_an_account_key_without_a_factor_is_refused_where_one_is_required(tmp_path):
    async with ada(tmp_path) as me:
        key = (await me.client.get("/api/users/me")).body["user"]["api_key"]
        by_key = Client(me.here.http, key)
        assert (await by_key.get("/api/machines")).status == 200
        await me.client.put("/api/organization", {"second_factor_required": True})
        assert outcome(await by_key.get("/api/machines")) == (403, "Second factor enrolment required")
        assert (await by_key.post(f"{PATH}/totp", {"name": "x", "current_password": PASSWORD})).status == 403
        await me.add_totp()
        assert (await by_key.get("/api/machines")).status == 200


async def test_an_administrator_resets_what_a_user_lost_and_nobody_else_does(tmp_path):
    async with ada(tmp_path) as me:
        bob = Person(me.here, await me.here.user(me.client, "bob"), "bob")
        eve = await me.here.organization("eve", "evil")
        _, codes = await bob.add_totp()
        path = f"/api/users/{bob.client.actor.user_id}/second-factors"
        assert (await bob.client.delete(path)).status == 403
        assert (await eve.delete(path)).status == 404
        own = await me.client.delete(f"/api/users/{me.client.actor.user_id}/second-factors")
        assert own.status == 403
        assert (await me.client.delete(path)).status == 200
        assert (await bob.client.get("/api/users/me")).status == 401
        answer = await bob.login()
        assert "token" in answer.body
        rows = await me.here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "second_factor_reset"}
        )
        assert [(row["username"], row["resource_id"]) for row in rows] == [("ada", bob.client.actor.user_id)]
        assert codes


async def test_there_are_at_most_ten(tmp_path):
    async with ada(tmp_path) as me:
        for number in range(10):
            me.here.clock.advance(1000)
            await me.add_totp(f"phone {number}")
        answer = await me.client.post(f"{PATH}/totp", {"name": "one more", "current_password": PASSWORD})
        assert outcome(answer) == (409, "There are 10 second factors already: remove one first")
