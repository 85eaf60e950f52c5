"""Idle accounts are closed by the daily sweep and at login, by the injected clock; administrators' never."""

from tests.drivers import open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.house import PASSWORD, Client, Relay
from tests.webxterm.test_users import audited, path

DAY_S = 24 * 3600


async def sweep(here: Relay) -> None:
    await here.services.upkeep.sweep()


async def may_log_in(here: Relay, name: str) -> bool:
    answer = await here.anybody.post("/api/auth/login", {"username": name, "password": PASSWORD})
    assert answer.status == 200 or (answer.status, answer.error) == (403, "Account is disabled")
    return answer.status == 200


async def is_enabled(here: Relay, whom: Client) -> bool:
    found = await here.services.database.collection("users").find_one({"_id": whom.actor.user_id})
    return found["enabled"]


async def test_the_sweep_closes_who_has_not_logged_in_for_thirty_days(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        idle = await here.user(ada, "idle")
        never = (await ada.post("/api/users", {
            "username": "never", "email": "never@example.org", "password": PASSWORD, "first_name": "N",
            "last_name": "N",
        })).body["user"]  # fmt: skip
        here.clock.advance(29 * DAY_S)
        busy = await here.user(ada, "busy")
        await sweep(here)
        assert await is_enabled(here, idle)
        here.clock.advance(DAY_S + 1)
        await sweep(here)
        assert not await is_enabled(here, idle)
        assert await is_enabled(here, busy)
        assert await is_enabled(here, ada), "administrators stay"
        entries = await audited(here, "user_deprovisioned")
        assert {each["username"] for each in entries} == {"idle", "never"}
        assert {each["resource_id"] for each in entries} == {idle.actor.user_id, never["id"]}
        assert entries[0]["details"]["inactive_days"] == 30
        assert not await may_log_in(here, "idle")
        assert await may_log_in(here, "busy")


async def test_the_sweep_runs_once_a_day(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        idle = await here.user(ada, "idle")
        here.clock.advance(30 * DAY_S - 1)
        await sweep(here)
        here.clock.advance(3600)
        await sweep(here)
        assert await is_enabled(here, idle)
        here.clock.advance(DAY_S)
        await sweep(here)
        assert not await is_enabled(here, idle)


async def test_the_login_itself_looks(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        await here.user(ada, "idle")
        here.clock.advance(30 * DAY_S + 1)
        assert not await may_log_in(here, "idle")
        assert len(await audited(here, "user_deprovisioned")) == 1
        assert not await may_log_in(here, "idle")
        assert len(await audited(here, "user_deprovisioned")) == 1


async def test_enabling_restarts_the_clock(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        idle = await here.user(ada, "idle")
        here.clock.advance(31 * DAY_S)
        await sweep(here)
        ada = await here.client("ada")
        assert (await ada.put(path(idle), {"enabled": True})).status == 200
        here.clock.advance(29 * DAY_S)
        await sweep(here)
        assert await is_enabled(here, idle)
        here.clock.advance(2 * DAY_S)
        await sweep(here)
        assert not await is_enabled(here, idle)


async def test_zero_days_switch_it_off(tmp_path):
    async with running_relay(tmp_path, inactivity_days=0) as here:
        ada = await here.organization("ada", "acme")
        await here.user(ada, "idle")
        here.clock.advance(3000 * DAY_S)
        await sweep(here)
        assert await may_log_in(here, "idle")


async def test_what_an_idle_account_still_runs_is_closed(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        idle = await here.user(ada, "idle")
        async with here.agent(ada) as agent:
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": idle.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, idle.token) as term:
                users = here.services.database.collection("users")
                long_ago = here.clock.now().replace(year=here.clock.now().year - 1)
                stamps = {"last_login": long_ago, "created_at": long_ago}
                await users.update_one({"_id": idle.actor.user_id}, {"$set": stamps})
                await sweep(here)
                assert (await closed_in_time(term))[0] == 4401


async def test_choosing_an_organization_looks_too(tmp_path):
    async with running_relay(tmp_path) as here:
        for name, organization in (("ada", "acme"), ("eve", "beta")):
            admin = await here.organization(name, organization)
            await admin.post("/api/users", {
                "username": f"bob-{organization}", "email": "bob@example.org", "password": PASSWORD,
                "first_name": "B", "last_name": "B",
            })  # fmt: skip
        choice = await here.anybody.post("/api/auth/login", {"email": "bob@example.org", "password": PASSWORD})
        assert choice.body["requires_tenant_selection"] is True
        users = here.services.database.collection("users")
        long_ago = here.clock.now().replace(year=here.clock.now().year - 1)
        await users.update_one({"username_folded": "bob-acme"}, {"$set": {"created_at": long_ago}})
        body = {"session_token": choice.body["session_token"], "tenant_id": "acme"}
        refused = await here.anybody.post("/api/auth/select-tenant", body)
        assert (refused.status, refused.error) == (403, "Account is disabled")
        assert (await here.anybody.post("/api/auth/select-tenant", {**body, "tenant_id": "beta"})).status == 200
