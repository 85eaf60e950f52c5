"""Changing one's password; and the one-time password of `fairlead up`, which is good for nothing else."""

import re

import pytest

from relay.api.webxterm import ROUTES
from relay.domain.access import Permission
from relay.domain.accounts import Unfinished
from tests.drivers import Refused, open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time, refusal_in_a_page
from tests.webxterm.house import PASSWORD, Client, Relay

NEW = "battery staple"
PATH = "/api/profile/reset-password"
DONE = (200, {"message": "Password updated successfully"})
WITH_ONE_TIME_PASSWORD = {"GET /api/users/me", "POST /api/auth/logout", f"POST {PATH}"}


def change(current: str = PASSWORD, new: str = NEW) -> dict[str, str]:
    return {"current_password": current, "new_password": new}


async def founder(here: Relay) -> tuple[Client, dict]:
    """Logged in with the password that `fairlead up` showed."""
    await here.services.accounts.create_first_organization(
        name="Home", username="admin", email="admin@example.org", password=PASSWORD
    )
    login = await here.anybody.post("/api/auth/login", {"username": "admin", "password": PASSWORD})
    assert login.status == 200
    return Client(here.http, login.body["token"]), login.body


async def test_a_password_is_changed_and_only_this_login_goes_on(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        this = (await here.anybody.post("/api/auth/login", {"username": "bob", "password": PASSWORD})).body
        mine = Client(here.http, this["token"])
        answer = await mine.post(PATH, change())
        assert (answer.status, answer.body) == DONE
        assert (await mine.get("/api/users/me")).status == 200
        gone = await bob.get("/api/users/me")
        assert (gone.status, gone.error) == (401, "Invalid or expired token")
        renewed = await here.anybody.post("/api/auth/refresh", {"token": mine.token})
        assert (await Client(here.http, renewed.body["token"]).get("/api/users/me")).status == 200
        switched = await here.anybody.post(
            "/api/auth/select-tenant", {"session_token": this["session_token"], "tenant_id": "acme"}
        )
        assert switched.status == 200
        wrong = await here.anybody.post("/api/auth/login", {"username": "bob", "password": PASSWORD})
        assert wrong.status == 401
        right = await here.anybody.post("/api/auth/login", {"username": "bob", "password": NEW})
        assert (right.status, right.body["must_reset_password"]) == (200, False)
        (entry,) = await here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "password_changed"}
        )
        assert (entry["status"], entry["resource"], entry["user_id"]) == ("success", "profile", this["user"]["id"])
        assert NEW not in repr(entry)
        assert PASSWORD not in repr(entry)


async def test_the_login_that_changed_it_is_ended_by_the_next_one(tmp_path):
    async with running_relay(tmp_path) as here:
        first = await here.organization("ada", "acme")
        assert (await first.post(PATH, change())).status == 200
        login = await here.anybody.post("/api/auth/login", {"username": "ada", "password": NEW})
        second = Client(here.http, login.body["token"])
        assert (await second.post(PATH, change(NEW, PASSWORD))).status == 200
        assert (await first.get("/api/users/me")).status == 401
        assert (await second.get("/api/users/me")).status == 200
        users = here.services.database.collection("users")
        await users.update_one({"username_folded": "ada"}, {"$inc": {"token_generation": 1}})
        assert (await second.get("/api/users/me")).status == 401


async def test_shells_of_other_logins_are_closed_and_ones_own_stay(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        other = await here.client("ada")
        async with (
            here.agent(ada) as agent,
            open_terminal(here.running.url, agent.agent_id, ada.token, session_id="own") as own,
            open_terminal(here.running.url, agent.agent_id, other.token, session_id="other") as theirs,
        ):
            assert (await ada.post(PATH, change())).status == 200
            assert (await closed_in_time(theirs))[0] == 4401
            await own.type("on")
            await own.until_text("on")


async def test_what_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for body, text in (
            (change(current="wrong"), "Current password is incorrect"),
            (change(current="x" * 2000), "Current password is incorrect"),
            (change(new="short"), "new_password must be at least 8 characters"),
            (change(new=PASSWORD), "new_password must differ from current_password"),
            ({"new_password": NEW}, "current_password is required"),
            ({"current_password": PASSWORD}, "new_password is required"),
        ):
            answer = await ada.post(PATH, body)
            assert (answer.status, answer.error) == (400, text)
        assert (await here.client("ada")).token
        failures = await here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "password_changed"}
        )
        assert [each["status"] for each in failures] == ["failure", "failure"]


async def test_the_least_length_is_the_settings(tmp_path):
    async with running_relay(tmp_path, password_min_length=12) as here:
        ada = await here.organization("ada", "acme")
        answer = await ada.post(PATH, change(new="eleven char"))
        assert (answer.status, answer.error) == (400, "new_password must be at least 12 characters")


async def test_nobody_guesses_with_a_token_and_others_are_not_held_up(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        answers = [(await ada.post(PATH, change(current="wrong"))).status for _ in range(11)]
        assert answers == [400] * 10 + [429]
        assert (await ada.post(PATH, change())).status == 429
        assert (await bob.post(PATH, change())).status == 200
        here.clock.advance(900)
        assert (await ada.post(PATH, change())).status == 200


async def test_a_password_that_changes_while_we_look_is_not_changed_again(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        profile = here.services.profile
        verify = profile.passwords.verify

        async def change_meanwhile(password: str, known_hash: str | None) -> bool:
            fits = await verify(password, known_hash)
            users = here.services.database.collection("users")
            await users.update_one({"username_folded": "ada"}, {"$set": {"password_hash": "another"}})
            return fits

        profile.passwords.verify = change_meanwhile
        answer = await ada.post(PATH, change())
        assert (answer.status, answer.error) == (400, "Current password is incorrect")


async def test_a_one_time_password_opens_nothing_but_its_own_change(tmp_path):
    async with running_relay(tmp_path) as here:
        admin, login = await founder(here)
        assert (login["must_reset_password"], login["password_change_required"]) == (True, True)
        asked = [route for route in ROUTES if route.permission is not Permission.PUBLIC]
        assert {
            f"{each.method} {each.path}" for each in asked if Unfinished.PASSWORD in each.may_lack
        } == WITH_ONE_TIME_PASSWORD
        for route in asked:
            if Unfinished.PASSWORD not in route.may_lack:
                answer = await admin.ask(route.method, re.sub(r"\{\w+\}", "0" * 24, route.path), {})
                assert (answer.status, answer.error) == (403, "Password change required"), route.path
        assert (await admin.get("/api/users/me")).status == 200
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.running.url, "0123456789ab", admin.token, dialect="plain"):
                pass
        assert (refused.value.status, refused.value.body["error"]) == (403, "Password change required")
        told = await refusal_in_a_page(here.running.url, "0123456789ab", admin.token)
        assert told == (4403, "Password change required")
        renewed = await here.anybody.post("/api/auth/refresh", {"token": admin.token})
        assert renewed.status == 200
        assert (await Client(here.http, renewed.body["token"]).get("/api/machines")).status == 403
        assert (await admin.post(PATH, change())).status == 200
        assert (await admin.get("/api/machines")).status == 200
        again = await here.anybody.post("/api/auth/login", {"username": "admin", "password": NEW})
        assert again.body["must_reset_password"] is False
        assert "password_change_required" not in again.body


async def test_one_can_log_out_with_a_one_time_password(tmp_path):
    async with running_relay(tmp_path) as here:
        admin, _ = await founder(here)
        assert (await admin.post("/api/auth/logout")).status == 200
        assert (await admin.post(PATH, change())).status == 401


async def test_an_account_made_by_an_administrator_is_asked_and_not_held_up(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        body = {"username": "bob", "email": "b@example.org", "password": PASSWORD, "first_name": "B", "last_name": "B"}
        assert (await ada.post("/api/users", body | {"one_time_password": True})).status == 201
        login = (await here.anybody.post("/api/auth/login", {"username": "bob", "password": PASSWORD})).body
        assert login["must_reset_password"] is True
        assert "password_change_required" not in login
        assert (await Client(here.http, login["token"]).get("/api/machines")).status == 200
