"""Attacks with account API keys: what a key must never reach, and how soon it loses what its owner loses."""

import pytest

from relay.app import routes_of
from relay.config import Config
from relay.domain.access import Permission
from tests.drivers import AgentDouble, Refused, open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.test_api_keys import REGENERATE, by_key, enrol, key_of


async def test_case_12_a_key_is_capped_the_moment_its_owner_is(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob", role="company_admin")
        key = await by_key(bob)
        users = here.services.database.collection("users")
        async with here.agent(ada) as agent:
            async with open_terminal(here.running.url, agent.agent_id, key.token) as shell:
                assert (await key.get("/api/users")).status == 200
                await users.update_one({"_id": bob.actor.user_id}, {"$set": {"role": "user"}})
                await here.services.recheck("acme")
                assert (await key.get("/api/users")).status == 403
                assert (await closed_in_time(shell))[0] == 4403
            assert (await enrol(here, key.token, AgentDouble("x"))).status == 403
            await users.update_one({"_id": bob.actor.user_id}, {"$set": {"enabled": False}})
            assert (await key.get("/api/users/me")).status == 401
            await users.delete_one({"_id": bob.actor.user_id})
            assert (await key.get("/api/users/me")).status == 401
            assert (await enrol(here, key.token, AgentDouble("x"))).status == 401


async def test_case_12_a_key_of_a_disabled_organization_opens_nothing(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        key = await by_key(ada)
        organizations = here.services.database.collection("organizations")
        await organizations.update_one({"name": "acme"}, {"$set": {"enabled": False}})
        assert (await key.get("/api/users/me")).status == 403
        assert (await enrol(here, key.token, AgentDouble("x"))).status == 403


async def test_case_12_no_credential_is_changed_by_a_key(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        key = await by_key(ada)
        closed = [route for route in routes_of(Config()) if not route.by_key]
        assert {"POST /api/profile/reset-password", f"POST {REGENERATE}", "POST /api/auth/logout"} <= {
            f"{route.method} {route.path}" for route in closed
        }
        for route in closed:
            path = route.path.format(**dict.fromkeys(("login_id", "factor_id", "id", "user_id"), "0" * 24))
            answer = await key.ask(route.method, path, {})
            assert answer.status == 403, path
            if route.permission is not Permission.SYSTEM_CONFIGURATION:
                assert answer.error == "An account API key cannot do this: log in"
        bob = await here.user(ada, "bob")
        for change in ({"password": "battery staple"}, {"email": "eve@example.org"}):
            answer = await key.put(f"/api/users/{bob.actor.user_id}", change)
            assert (answer.status, answer.error) == (403, "An account API key cannot do this: log in")
        assert (await key.put(f"/api/users/{bob.actor.user_id}", {"first_name": "Bo"})).status == 200
        refreshed = await here.anybody.post("/api/auth/refresh", {"token": key.token})
        assert refreshed.status == 401
        assert await key_of(ada) == key.token


@pytest.mark.parametrize("hostname", ["web-1", "WEB-1"])
async def test_case_35_a_claimed_hostname_takes_no_other_machine(tmp_path, hostname):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob", role="company_admin")
        pending = await here.machine(ada, "web-1")
        answer = await enrol(here, await key_of(bob), AgentDouble("x"), hostname=hostname)
        assert answer.status == 200
        assert answer.body["agent_id"] != pending.machine.agent_id
        assert answer.body["name"].casefold() == "web-1-2"
        again = await enrol(here, await key_of(ada), AgentDouble("y"), hostname=hostname)
        assert again.body["agent_id"] not in {pending.machine.agent_id, answer.body["agent_id"]}


async def test_case_35_a_key_enrols_into_its_owners_organization_only(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        bob = await here.user(ada, "bob")
        answer = await enrol(here, await key_of(eve), AgentDouble("x"))
        assert answer.status == 200
        assert (await ada.get(f"/api/machines/{answer.body['agent_id']}")).status == 404
        refused = await enrol(here, await key_of(bob), AgentDouble("y"))
        assert (refused.status, refused.error) == (403, "Admin access required")
        root = await here.super_admin()
        assert (await enrol(here, await key_of(root), AgentDouble("z"))).status == 403
        failures = await here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "enrolment_failed"}
        )
        assert len(failures) == 1


async def test_case_20_no_machine_is_enrolled_round_a_required_second_factor(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        key = await key_of(ada)
        assert (await ada.put("/api/organization", {"second_factor_required": True})).status == 200
        refused = await enrol(here, key, AgentDouble("x"))
        assert (refused.status, refused.error) == (403, "Second factor enrolment required")
        with pytest.raises(Refused) as shell:
            async with open_terminal(here.running.url, "0" * 12, key, dialect="plain"):
                pass
        assert shell.value.status == 403


async def test_case_35_many_wrong_keys_do_not_enrol(tmp_path):
    async with running_relay(tmp_path) as here:
        statuses = [(await enrol(here, "fl_ak_wrong", AgentDouble("x"))).status for _ in range(31)]
        assert statuses == [401] * 30 + [429]
