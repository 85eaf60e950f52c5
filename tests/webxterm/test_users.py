"""Changing and deleting people over the API: every field, every refusal, and what ends with it."""

import trio

from relay.services.user_changes import GOES_WITH_THE_USER
from tests.drivers import open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.house import PASSWORD, Client, Relay

LAST = "Cannot demote or disable the last admin"


async def audited(here: Relay, action: str, tenant_id: str = "acme") -> list[dict]:
    """The entries of an action, the oldest first."""
    audit = here.services.database.collection("audit")
    return await audit.find({"tenant_id": tenant_id, "action": action}, sort=[("timestamp", 1), ("_id", 1)])


def path(client: Client) -> str:
    return f"/api/users/{client.actor.user_id}"


async def test_every_field_of_a_user_is_changed(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        for name in ("Web", "Db"):
            assert (await ada.post("/api/groups", {"name": name})).status == 201
        change = {
            "first_name": "Robert", "last_name": "Tables", "email": "Robert@example.org", "role": "company_admin",
            "machine_role": "allow_sudo", "groups": ["web", "DB"], "tenant_id": "beta", "username": "mallory",
            "id": "0" * 24, "email_verified": True,
        }  # fmt: skip
        answer = await ada.put(path(bob), change)
        assert answer.status == 200, answer.text
        user = answer.body["user"]
        expected = {
            "first_name": "Robert", "last_name": "Tables", "email": "Robert@example.org", "role": "company_admin",
            "machine_role": "allow_sudo", "groups": ["Db", "Web"], "tenant_id": "acme", "username": "bob",
            "id": bob.actor.user_id, "email_verified": False, "enabled": True,
        }  # fmt: skip
        assert {name: user[name] for name in expected} == expected
        again = await ada.put(path(bob), {"groups": ["Web"]})
        assert again.body["user"]["groups"] == ["Web"]
        (role,) = await audited(here, "role_changed")
        assert (role["details"]["old_role"], role["details"]["new_role"]) == ("user", "company_admin")
        assert (role["details"]["old_machine_role"], role["details"]["new_machine_role"]) == ("", "allow_sudo")
        first, second = await audited(here, "user_updated")
        assert first["details"]["fields"] == "first_name, last_name, email, role, machine_role, groups"
        assert second["details"]["fields"] == "groups"
        assert len(await audited(here, "group_member_added")) == 2
        assert [each["details"]["name"] for each in await audited(here, "group_member_removed")] == ["Db"]


async def test_what_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        for change, status, text in (
            ({"role": "super_admin"}, 400, "role must be company_admin or user"),
            ({"role": "king"}, 400, "role must be company_admin or user"),
            ({"machine_role": "root"}, 400, "machine_role must be sudo or non-sudo"),
            ({"groups": ["nobody"]}, 400, "Group not found: nobody"),
            ({"email": "ada@EXAMPLE.org"}, 409, "Email already exists in this organization"),
            ({"email": "no address"}, 400, "email must be a valid email address"),
            ({"first_name": " "}, 400, "first_name is required"),
            ({"password": "short"}, 400, "password must be at least 8 characters"),
            ({"enabled": "no"}, 400, "enabled must be true or false"),
        ):
            answer = await ada.put(path(bob), change)
            assert (answer.status, answer.error) == (status, text), change
        assert (await ada.put("/api/users/xyz", {})).error == "Invalid user ID"
        missing = await ada.put(f"/api/users/{'0' * 24}", {})
        assert (missing.status, missing.error) == (404, "User not found")
        own = await ada.put(path(ada), {"password": "a new password"})
        assert (own.status, own.error) == (400, "password: change your own with /api/profile/reset-password")
        assert await audited(here, "user_updated") == []


async def test_the_last_admin_stays(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        root = await here.super_admin()
        for change in ({"role": "user"}, {"enabled": False}):
            answer = await ada.put(path(ada), change)
            assert (answer.status, answer.error) == (409, LAST)
        assert (await ada.post(f"{path(ada)}/roles", {"roles": ["user"]})).error == LAST
        gone = await root.delete(path(ada))
        assert (gone.status, gone.error) == (409, "Cannot delete the last admin")
        shut = await here.user(ada, "shut", role="company_admin")
        assert (await ada.put(path(shut), {"enabled": False})).status == 200
        assert (await ada.put(path(ada), {"role": "user"})).error == LAST
        assert (await root.put(path(root), {"enabled": False})).error == LAST
        assert (await ada.put(path(shut), {"enabled": True})).status == 200
        assert (await ada.put(path(ada), {"role": "user"})).status == 200


async def test_case_42_two_admins_who_demote_each_other_leave_one(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob", role="company_admin")
        statuses = []

        async def demote(by: Client, whom: Client) -> None:
            statuses.append((await by.put(path(whom), {"role": "user"})).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(demote, ada, bob)
            nursery.start_soon(demote, bob, ada)
        assert statuses.count(200) == 1, statuses
        assert set(statuses) <= {200, 403, 409}


async def test_disabling_ends_tokens_and_shells_and_enabling_revives_none(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        async with here.agent(ada) as agent:
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                assert (await ada.put(path(bob), {"enabled": False})).body["user"]["enabled"] is False
                assert (await closed_in_time(term))[0] == 4401
            refused = await bob.get("/api/users/me")
            assert (refused.status, refused.error) == (401, "This account is disabled")
            login = await here.anybody.post("/api/auth/login", {"email": "bob@example.org", "password": PASSWORD})
            assert (login.status, login.error) == (403, "Account is disabled")
            assert (await ada.put(path(bob), {"enabled": True})).status == 200
            assert (await bob.get("/api/users/me")).error == "Invalid or expired token"
            assert (await (await here.client("bob")).get("/api/users/me")).status == 200


async def test_demotion_closes_what_ran_by_administration(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob", role="company_admin")
        async with here.agent(ada) as agent, open_terminal(here.running.url, agent.agent_id, bob.token) as term:
            assert (await ada.post(f"{path(bob)}/roles", {"roles": ["user"]})).status == 200
            assert await closed_in_time(term) == (4403, "access revoked")
            refused = await bob.get("/api/users")
            assert (refused.status, refused.error) == (403, "Admin access required")


async def test_leaving_a_group_closes_what_ran_by_it(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        async with here.agent(ada) as agent:
            await ada.post(
                "/api/groups", {"name": "web", "machine_ids": [agent.agent_id], "member_ids": [bob.actor.user_id]}
            )
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                assert (await ada.put(path(bob), {"groups": []})).status == 200
                assert await closed_in_time(term) == (4403, "access revoked")


async def test_a_new_password_ends_every_login(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        assert (await ada.put(path(bob), {"password": "battery staple"})).status == 200
        assert (await bob.get("/api/users/me")).status == 401
        login = await here.anybody.post("/api/auth/login", {"username": "bob", "password": "battery staple"})
        assert (login.status, login.body["must_reset_password"]) == (200, True)
        (entry,) = await audited(here, "password_changed")
        assert (entry["user_id"], entry["resource_id"]) == (ada.actor.user_id, bob.actor.user_id)
        assert "battery staple" not in repr(await audited(here, "user_updated"))


async def test_a_deleted_user_leaves_nothing_behind(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob", role="company_admin")
        async with here.agent(bob) as agent:
            machine = f"/api/machines/{agent.agent_id}"
            await ada.post(f"{machine}/access/grant", {"user_id": bob.actor.user_id})
            group = await ada.post("/api/groups", {"name": "web", "member_ids": [bob.actor.user_id]})
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                gone = await ada.delete(path(bob))
                assert (gone.status, gone.body) == (200, {"message": "User deleted successfully"})
                assert (await closed_in_time(term))[0] == 4401
            assert (await bob.get("/api/users/me")).error == "User not found"
            assert (await ada.get(path(bob))).status == 404
            assert (await ada.delete(path(bob))).status == 404
            assert (await ada.get(machine)).body["machine"]["owner_id"] == ada.actor.user_id
            assert (await ada.get(f"{machine}/access/users")).body["users"] == []
            members = await ada.get(f"/api/groups/{group.body['group']['id']}/members")
            assert members.body["members"] == []
            assert await here.services.database.collection("grants").find({"tenant_id": "acme"}) == []
            (entry,) = await audited(here, "user_deleted")
            assert (entry["resource_id"], entry["details"]["username"]) == (bob.actor.user_id, "bob")
            assert (await here.user(ada, "bob")).token


async def test_no_credential_outlives_its_account(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        own = {"tenant_id": "acme", "user_id": bob.actor.user_id}
        for name in GOES_WITH_THE_USER:
            await here.services.database.collection(name).insert_one({"_id": f"bobs-{name}", "machine_id": "m", **own})
        assert (await ada.delete(path(bob))).status == 200
        for name in GOES_WITH_THE_USER:
            assert await here.services.database.collection(name).count(own) == 0, name


async def test_a_renamed_group_is_shown_on_its_people_by_its_new_name(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        made = await ada.post("/api/groups", {"name": "web", "member_ids": [bob.actor.user_id]})
        await ada.post("/api/groups", {"name": "db"})
        group = f"/api/groups/{made.body['group']['id']}"
        clash = await ada.put(group, {"name": "DB"})
        assert (clash.status, clash.error) == (409, "Group already exists")
        assert (await ada.put(group, {"name": "Front"})).status == 200
        assert (await ada.get(path(bob))).body["user"]["groups"] == ["Front"]
        assert (await bob.get("/api/users/me")).body["user"]["groups"] == ["Front"]


async def test_who_cannot_be_deleted(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        root = await here.super_admin()
        own = await ada.delete(path(ada))
        assert (own.status, own.error) == (403, "Cannot delete your own account")
        await here.services.accounts.create_super_admin(username="boss", email="boss@example.org", password=PASSWORD)
        boss = await here.client("boss")
        mighty = await root.delete(path(boss))
        assert (mighty.status, mighty.error) == (403, "Cannot delete super admin")
        assert (await ada.delete(path(boss))).status == 404


async def test_roles_are_shown_and_given(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        root = await here.super_admin()
        every = (await bob.get("/api/roles")).body
        assert [each["name"] for each in every["roles"]] == ["super_admin", "company_admin", "user", "sudo", "non-sudo"]
        assert every["total"] == 5
        assert [each["description"] for each in every["roles"][:3]] == [
            "Platform-level administrator", "Organization administrator", "Standard user",
        ]  # fmt: skip
        assert set(every["roles"][0]) == {"id", "name", "display_name", "description", "type", "permissions"}
        for kind, count in (("portal", 3), ("machine", 2)):
            found = (await bob.get(f"/api/roles/{kind}")).body
            assert ({each["type"] for each in found["roles"]}, found["total"]) == ({kind}, count)
        shown = await bob.get(f"{path(bob)}/roles")
        assert shown.body == {"roles": ["user"], "portal_role": "user", "machine_role": ""}
        given = await ada.post(f"{path(bob)}/roles", {"roles": ["company_admin", "sudo"]})
        assert (given.status, given.body) == (200, {"message": "Roles assigned successfully"})
        assert (await ada.get(path(bob))).body["user"]["machine_role"] == "sudo"
        assert len(await audited(here, "role_changed")) == 1
        for client, roles, status, text in (
            (ada, ["king"], 400, "Invalid role: king"),
            (ada, ["sudo"], 400, "roles must name exactly one of super_admin, company_admin and user"),
            (ada, ["user", "company_admin"], 400, "roles must name exactly one of super_admin, company_admin and user"),
            (ada, ["user", "sudo", "non-sudo"], 400, "roles must name at most one machine role"),
            (ada, [], 400, "roles is required"),
            (ada, ["super_admin"], 403, "Cannot assign super admin role"),
            (root, ["super_admin"], 400, "A super admin is made with `fairlead admin create-superadmin` only"),
        ):
            answer = await client.post(f"{path(bob)}/roles", {"roles": roles})
            assert (answer.status, answer.error) == (status, text), roles
        assert (await root.post(f"{path(root)}/roles", {"roles": ["user"]})).status == 400


async def test_a_list_is_searched_filtered_and_paged(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for name in ("bob", "carol", "dave"):
            await here.user(ada, name)
        carol = await here.client("carol")
        assert (await ada.put(path(carol), {"enabled": False})).status == 200
        for query, names in (
            ({"search": "AR"}, ["carol"]),
            ({"search": "b"}, ["bob"]),
            ({"role": "company_admin"}, ["ada"]),
            ({"enabled": "false"}, ["carol"]),
            ({"enabled": "true", "role": "user"}, ["bob", "dave"]),
            ({"page": 2, "limit": 3}, ["dave"]),
        ):
            answer = await ada.get("/api/users", **query)
            assert [each["username"] for each in answer.body["users"]] == names, query
        assert answer.body["total"] == 4
        assert answer.body["total_pages"] == 2


async def test_a_new_user_is_in_the_named_groups(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        await ada.post("/api/groups", {"name": "Web Team"})
        body = {
            "username": "bob", "email": "bob@example.org", "password": PASSWORD, "first_name": "B", "last_name": "B",
        }  # fmt: skip
        unknown = await ada.post("/api/users", {**body, "groups": ["Web Team", "nobody"]})
        assert (unknown.status, unknown.error) == (400, "Group not found: nobody")
        made = await ada.post("/api/users", {**body, "groups": ["web team"]})
        assert (made.status, made.body["user"]["groups"]) == (201, ["Web Team"])
        assert len(await audited(here, "group_member_added")) == 1
