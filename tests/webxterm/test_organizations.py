"""The platform's organizations over the API: making, closing and deleting them, and everything that ends with them."""

from datetime import timedelta

import pytest

from relay.store.collections import OUTLIVES_ITS_ORGANIZATION, SCHEMA
from tests.drivers import Refused, connected_agent, open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.house import PASSWORD, Client, Relay
from tests.webxterm.test_users import audited

PATH = "/api/admin/organizations"
NO_SLUG = "name must be 2 to 63 letters a-z, digits, spaces and hyphens, no hyphen at either end"
ADMIN = {
    "username": "carol", "email": "carol@example.org", "password": PASSWORD, "first_name": "Carol", "last_name": "C",
}  # fmt: skip


async def _rows(here: Relay, tenant_id: str) -> dict[str, int]:
    """What is left of an organization, by collection."""
    database, left = here.services.database, {}
    for each in SCHEMA.collections:
        if each.name not in OUTLIVES_ITS_ORGANIZATION:
            left[each.name] = await database.collection(each.name).count({"tenant_id": tenant_id})
    return {name: count for name, count in left.items() if count}


async def test_an_organization_is_made_with_its_first_administrator(tmp_path):
    async with running_relay(tmp_path) as here:
        root = await here.super_admin()
        made = await root.post(PATH, {"name": "My Company", "display_name": "My Company Inc.", "admin": ADMIN})
        assert made.status == 201, made.text
        organization = made.body["organization"]
        assert set(organization) == {
            "id", "name", "display_name", "keycloak_realm", "enabled", "user_count", "machine_count", "created_at",
        }  # fmt: skip
        assert (organization["name"], organization["keycloak_realm"]) == ("my-company", "my-company")
        assert (organization["enabled"], organization["user_count"]) == (True, 1)
        login = await here.anybody.post("/api/auth/login", {"email": "carol@example.org", "password": PASSWORD})
        assert (login.body["user"]["role"], login.body["must_reset_password"]) == ("company_admin", True)
        bare = await root.post(PATH, {"name": "bare", "display_name": "Bare", "enabled": False, "id": "0" * 24})
        assert (bare.body["organization"]["user_count"], bare.body["organization"]["enabled"]) == (0, True)
        assert bare.body["organization"]["id"] != "0" * 24
        (entry,) = await audited(here, "org_created", "my-company")
        assert entry["username"] == "root"
        assert PASSWORD not in repr(entry)
        assert len(await audited(here, "user_created", "my-company")) == 1


async def test_what_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        root = await here.super_admin()
        for body, status, text in (
            ({"display_name": "x"}, 400, "name is required"),
            ({"name": "xyz"}, 400, "display_name is required"),
            ({"name": "ab", "display_name": "x"}, 400, "name must be at least 3 characters"),
            ({"name": "no/slug", "display_name": "x"}, 400, NO_SLUG),
            ({"name": "platform", "display_name": "x"}, 400, "name is reserved: choose another one"),
            ({"name": "Acme", "display_name": "x"}, 409, "Organization already exists"),
            ({"name": "xyz", "display_name": "x", "admin": {}}, 400, "admin.username is required"),
            ({"name": "xyz", "display_name": "x", "admin": "me"}, 400, "admin must be an object"),
            ({"name": "xyz", "display_name": "x", "admin": {**ADMIN, "username": "ada"}}, 409,
             "Username already exists"),
        ):  # fmt: skip
            answer = await root.post(PATH, body)
            assert (answer.status, answer.error) == (status, text), body
        assert (await root.get(f"{PATH}/xyz")).status == 404, "nothing half made"
        assert (await root.get(f"{PATH}/No!")).error == "Invalid organization ID"
        assert (await root.get(f"{PATH}/{'0' * 24}")).error == "Organization not found"
        assert (await ada.get(PATH)).error == "Super admin access required"
        shut = await root.put(f"{PATH}/platform", {"enabled": False})
        assert (shut.status, shut.error) == (400, "The platform organization cannot be disabled")
        gone = await root.delete(f"{PATH}/platform", force="true")
        assert (gone.status, gone.error) == (400, "The platform organization cannot be deleted")


async def test_organizations_are_listed_and_read_by_id_or_slug(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        await here.organization("eve", "Beta Corp")
        await here.user(ada, "bob")
        await here.machine(ada)
        root = await here.super_admin()
        every = (await root.get(PATH)).body
        assert [each["name"] for each in every["organizations"]] == ["acme", "beta-corp"]
        assert (every["organizations"][0]["user_count"], every["organizations"][0]["machine_count"]) == (2, 1)
        assert [each["name"] for each in (await root.get(PATH, search="corp")).body["organizations"]] == ["beta-corp"]
        second = (await root.get(PATH, page=2, limit=1)).body
        assert ([each["name"] for each in second["organizations"]], second["total_pages"]) == (["beta-corp"], 2)
        acme = every["organizations"][0]
        for key in ("acme", acme["id"]):
            assert (await root.get(f"{PATH}/{key}")).body == {"organization": acme}
        renamed = await root.put(f"{PATH}/acme", {"display_name": "Acme & Sons", "name": "x", "tenant_id": "x"})
        assert (renamed.body["organization"]["display_name"], renamed.body["organization"]["name"]) == (
            "Acme & Sons", "acme",
        )  # fmt: skip


async def test_figures_users_and_groups(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        root = await here.super_admin()
        await ada.post("/api/groups", {"name": "Web", "member_ids": [bob.actor.user_id]})
        await here.machine(ada, "offline")
        async with here.agent(ada) as agent, open_terminal(here.running.url, agent.agent_id, ada.token):
            yesterday = here.clock.now() - timedelta(days=1)
            await here.services.database.collection("sessions").insert_one(
                {"_id": "old", "tenant_id": "acme", "machine_id": "m", "status": "closed", "started_at": yesterday}
            )
            stats = await root.get(f"{PATH}/acme/stats")
            assert stats.body == {
                "stats": {
                    "user_count": 2, "machine_count": 2, "online_machine_count": 1, "group_count": 1,
                    "session_count_today": 1,
                }
            }  # fmt: skip
        users = (await root.get(f"{PATH}/acme/users")).body
        assert set(users["users"][0]) == {"id", "username", "email", "role", "enabled"}
        assert ([each["username"] for each in users["users"]], users["total"]) == (["ada", "bob"], 2)
        groups = (await root.get(f"{PATH}/acme/groups")).body
        assert [(each["name"], each["member_count"]) for each in groups["groups"]] == [("Web", 1)]
        assert set(groups["groups"][0]) == {"id", "name", "member_count"}


async def _login_is_closed(here: Relay, name: str) -> bool:
    answer = await here.anybody.post("/api/auth/login", {"username": name, "password": PASSWORD})
    return (answer.status, answer.error) == (403, "Organization is disabled")


async def test_disabling_ends_logins_tokens_shells_and_agents_at_once(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        eve = await here.organization("eve", "beta")
        root = await here.super_admin()
        pending = await here.machine(ada, "pending")
        async with (
            here.agent(ada) as agent,
            here.agent(eve, "other") as other,
            open_terminal(here.running.url, agent.agent_id, ada.token) as theirs,
            open_terminal(here.running.url, agent.agent_id, root.token) as mine,
            open_terminal(here.running.url, other.agent_id, eve.token) as elsewhere,
        ):
            shells = list(agent.shells.values())
            answer = await root.put(f"{PATH}/acme", {"enabled": False})
            assert (answer.status, answer.body["organization"]["enabled"]) == (200, False)
            assert (await closed_in_time(theirs))[0] == 4401
            assert await closed_in_time(mine) == (4410, "organization disabled")
            assert not here.running.hub.is_connected(agent.agent_id)
            assert here.running.hub.is_connected(other.agent_id)
            await elsewhere.type("on")
            await elsewhere.until_text("on")
            assert sorted(each.hung_up for each in shells) == ["login ended", "organization disabled"]
        refused = await ada.get("/api/users/me")
        assert (refused.status, refused.error) == (403, "Organization is disabled")
        assert await _login_is_closed(here, "ada")
        async with connected_agent_is_refused(here, agent):
            pass
        enrolling = await here.anybody.post(
            "/api/agent/register", {"token": pending.registration_token, "public_key": "A" * 43}
        )
        assert (enrolling.status, enrolling.error) == (401, "Invalid or expired registration token")
        opened = await root.put(f"{PATH}/acme", {"enabled": True})
        assert opened.body["organization"]["enabled"] is True
        assert (await ada.get("/api/users/me")).error == "Invalid or expired token"
        again = await here.client("ada")
        assert (await again.get("/api/users/me")).status == 200
        async with connected_agent(here.running.url, agent):
            assert here.running.hub.is_connected(agent.agent_id)
        assert [each["details"]["enabled"] for each in await audited(here, "org_updated")] == [False, True]


async def test_only_an_empty_organization_goes_without_force(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        root = await here.super_admin()
        refused = await root.delete(f"{PATH}/acme")
        assert (refused.status, refused.error) == (409, "Cannot delete organization with existing users")
        assert (await ada.get("/api/users/me")).status == 200
        await root.post(PATH, {"name": "bare", "display_name": "Bare"})
        gone = await root.delete(f"{PATH}/bare")
        assert (gone.status, gone.body) == (200, {"message": "Organization deleted successfully"})
        assert (await root.get(f"{PATH}/bare")).status == 404
        assert (await root.delete(f"{PATH}/bare")).status == 404


async def _fill(here: Relay, ada: Client, agent_id: str) -> None:
    """Something in every corner that the API reaches."""
    bob = await here.user(ada, "bob")
    await ada.post(f"/api/machines/{agent_id}/access/grant", {"user_id": bob.actor.user_id})
    await ada.post("/api/groups", {"name": "Web", "member_ids": [bob.actor.user_id], "machine_ids": [agent_id]})
    await here.machine(ada, "pending")
    assert (await ada.post(f"/api/machines/{agent_id}/command", {"command": "id", "wait": True})).status == 200


async def test_force_takes_everything_but_the_audit_log(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        eve = await here.organization("eve", "beta")
        root = await here.super_admin()
        async with here.agent(ada) as agent, open_terminal(here.running.url, agent.agent_id, ada.token) as term:
            await _fill(here, ada, agent.agent_id)
            before = await _rows(here, "beta")
            assert (await root.delete(f"{PATH}/acme", force="true")).status == 200
            await closed_in_time(term)
            assert not here.running.hub.is_connected(agent.agent_id)
        assert await _rows(here, "beta") == before
        here.clock.advance(61)
        await here.services.upkeep.sweep()
        assert await _rows(here, "acme") == {}
        assert (await ada.get("/api/users/me")).error == "User not found"
        assert (await eve.get("/api/users/me")).status == 200
        login = await here.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})
        assert (login.status, login.error) == (401, "Invalid credentials")
        (entry,) = await audited(here, "org_deleted")
        assert (entry["severity"], entry["details"]["machines"]) == ("critical", 2)
        assert len(await audited(here, "user_created")) == 1, "audit rows survive"


async def test_nobody_inherits_the_audit_log_of_a_deleted_organization(tmp_path):
    async with running_relay(tmp_path) as here:
        await here.organization("ada", "acme")
        root = await here.super_admin()
        assert (await root.delete(f"{PATH}/acme", force="true")).status == 200
        again = await root.post(PATH, {"name": "acme", "display_name": "Acme"})
        assert (again.status, again.error) == (409, "Organization already exists")
        signup = {**ADMIN, "organization_name": "Acme", "company_name": "Acme"}
        assert (await here.anybody.post("/api/auth/signup", signup)).error == "Organization already exists"


class connected_agent_is_refused:  # noqa: N801  reads as the context manager it stands beside
    """The agent is sent away before it is connected."""

    def __init__(self, here: Relay, agent) -> None:
        self._here, self._agent = here, agent

    async def __aenter__(self) -> None:
        with pytest.raises((AssertionError, RuntimeError, Refused)):
            async with connected_agent(self._here.running.url, self._agent):
                pass

    async def __aexit__(self, *ending: object) -> None:
        assert not self._here.running.hub.is_connected(self._agent.agent_id)
