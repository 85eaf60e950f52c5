"""Attack case 11 on the routes about people: what nobody may set is ignored or refused, wherever it is sent."""

from tests.drivers import running_relay
from tests.isolation.patterns import new_user
from tests.isolation.rows.uploads import PIXEL
from tests.isolation.world import world_of

EXTRA = {
    "id": "0" * 24, "_id": "0" * 24, "role": "super_admin", "is_admin": True, "is_super_admin": True,
    "owner_id": "x", "author_id": "x", "author_username": "root", "user_id": "x", "api_key": "fl_ak_x",
    "api_key_hash": "x", "password_hash": "x", "token_generation": 0, "must_reset_password": False,
    "email_verified": True, "created_at": "2000-01-01T00:00:00Z", "last_login": None, "version": 9,
    "keycloak_realm": "x", "user_count": 9, "fix_count": 9, "accepted_fix_id": "x", "likes": 9, "accepted": True,
    "purged": True, "upload_quota_bytes": 1, "member_count": 9, "avatar_url": "https://evil.example/x.png",
}  # fmt: skip


async def stored(world, collection: str, identity: str) -> dict:
    return await world.relay.services.database.collection(collection).find_one({"_id": identity})


async def test_case_11_a_user_changes_nothing_that_is_not_named(tmp_path):
    async with running_relay(tmp_path) as home, world_of(home) as world:
        user = world.people["user"]
        path = f"/api/users/{user.actor.user_id}"
        before = await stored(world, "users", user.actor.user_id)
        for ask, body in ((user.put, EXTRA), (user.put, {"role": "company_admin"}), (user.put, {"enabled": True})):
            assert (await ask(path, body)).status == 403
        assert (await user.post(f"{path}/roles", {"roles": ["company_admin"]})).status == 403
        assert await stored(world, "users", user.actor.user_id) == before
        avatar = await user.post("/api/profile/upload-avatar", {**EXTRA, "avatar_url": ""})
        assert avatar.status == 200
        after = await stored(world, "users", user.actor.user_id)
        assert {name for name in after if after[name] != before.get(name)} <= {"updated_at", "avatar_url"}


async def test_case_11_an_administrator_sets_only_what_administrators_set(tmp_path):
    async with running_relay(tmp_path) as home, world_of(home) as world:
        admin, user = world.admin, world.people["user"]
        path = f"/api/users/{user.actor.user_id}"
        before = await stored(world, "users", user.actor.user_id)
        body = {name: value for name, value in EXTRA.items() if name != "role"}
        assert (await admin.put(path, {**body, "tenant_id": "beta", "first_name": "New"})).status == 200
        after = await stored(world, "users", user.actor.user_id)
        assert {name for name in after if after[name] != before[name]} <= {"updated_at", "first_name"}
        for refused in ({"role": "super_admin"}, {"groups": ["beta-group"]}):
            assert (await admin.put(path, refused)).status == 400
        made = await admin.post("/api/users", {**EXTRA, **new_user(world), "role": "user"})
        found = await stored(world, "users", made.body["user"]["id"])
        assert (found["_id"] != "0" * 24, found["tenant_id"], found["must_reset_password"]) == (True, "acme", True)
        assert (found["email_verified"], found["avatar_url"], found["role"]) == (False, None, "user")
        assert found["api_key_hash"] != "x"
        foreign = await admin.post("/api/users", {**new_user(world), "tenant_id": "beta"})
        assert (foreign.status, foreign.error) == (403, "Access denied to this tenant")


async def test_case_11_groups_organizations_and_the_community_too(tmp_path):
    async with running_relay(tmp_path) as home, world_of(home) as world:
        admin, root = world.admin, world.people["super_admin"]
        group = (await admin.post("/api/groups", {"name": "g", **EXTRA})).body["group"]
        body = {**EXTRA, "tenant_id": "beta", "member_ids": [admin.actor.user_id], "machine_ids": ["x"]}
        changed = (await admin.put(f"/api/groups/{group['id']}", body)).body["group"]
        assert (changed["id"], changed["tenant_id"], changed["member_count"]) == (group["id"], "acme", 0)
        organizations = "/api/admin/organizations"
        made = (await root.post(organizations, {"name": "fresh", "display_name": "F", "enabled": False, **EXTRA})).body
        assert (made["organization"]["enabled"], made["organization"]["user_count"]) == (True, 0)
        renamed = (await root.put(f"{organizations}/fresh", {**EXTRA, "name": "acme"})).body["organization"]
        assert (renamed["name"], renamed["id"]) == ("fresh", made["organization"]["id"])
        issue = (await admin.post("/api/community/issues", {"title": "t", "description": "d", **EXTRA})).body["issue"]
        assert (issue["author_username"], issue["fix_count"], issue["accepted_fix_id"]) == ("acme-admin", 0, None)
        again = (await admin.put(f"/api/community/issues/{issue['id']}", {**EXTRA, "tenant_id": "beta"})).body["issue"]
        assert (again["tenant_id"], again["author_id"]) == ("acme", admin.actor.user_id)
        fix = (await admin.post(f"/api/community/issues/{issue['id']}/fixes", {"content": "c", **EXTRA})).body["fix"]
        assert (fix["likes"], fix["accepted"], fix["author_username"]) == (0, False, "acme-admin")


async def test_case_11_a_form_sets_nothing_beside_its_file(tmp_path):
    async with running_relay(tmp_path) as home, world_of(home) as world:
        user = world.people["user"]
        before = await stored(world, "users", user.actor.user_id)
        answer = await user.http.post(
            "/api/profile/upload-avatar",
            data={"role": "super_admin", "tenant_id": "beta", "avatar_url": "https://evil.example/"},
            files={"file": ("x.png", PIXEL, "image/png")},
            headers={"authorization": f"Bearer {user.token}"},
        )
        assert "/uploads/avatar_" in answer.json()["avatar_url"]
        after = await stored(world, "users", user.actor.user_id)
        assert {name for name in after if after[name] != before[name]} <= {"updated_at", "avatar_url"}
