"""Attack case 11: fields that nobody may set are ignored or refused, wherever they are sent."""

from tests.isolation.patterns import new_user
from tests.isolation.rows.auth import new_organization
from tests.isolation.world import world_of
from tests.webxterm.house import relay


async def test_case_11_fields_nobody_may_set_are_ignored(tmp_path):
    async with relay(tmp_path) as home, world_of(home) as world:
        extra = {
            "tenant_id": "", "role": "super_admin", "is_admin": True, "owner_id": "x", "enabled": False,
            "email_verified": True, "id": "0" * 24, "group_ids": ["x"],
        }  # fmt: skip
        signed_up = await home.anybody.post("/api/auth/signup", {**new_organization(world), **extra})
        assert signed_up.status == 201
        entry = await home.services.users.get(world.people["super_admin"].actor, signed_up.body["user_id"])
        assert (str(entry.user.role), entry.user.enabled, entry.user.email_verified) == ("company_admin", True, False)
        made = await world.admin.post("/api/machines", {"name": "m", **extra})
        assert made.body["machine"]["owner_id"] == world.admin.actor.user_id
        assert made.body["machine"]["tenant_id"] == "acme"
        assert (await world.admin.post("/api/users", {**new_user(world), "role": "super_admin"})).status == 400
        refused = await world.admin.post("/api/machines", {"name": "n", "tenant_id": "beta"})
        assert (refused.status, refused.error) == (403, "Access denied to this tenant")
