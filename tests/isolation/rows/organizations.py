"""The platform's organizations: for super admins only, whoever's organization it is."""

from tests.isolation.patterns import SUPER_ADMIN
from tests.isolation.row import Row
from tests.isolation.world import MARK, World

ONE = "/api/admin/organizations/{organization_id}"
CREATES = (401, 403, 403, 403, 403, 403, 201)


async def acme(world: World) -> dict[str, str]:
    """By its slug."""
    return {"organization_id": "acme"}


async def empty(world: World) -> dict[str, str]:
    """An organization nobody needs."""
    name = f"{MARK}-org-{world.number()}"
    organization, _ = await world.relay.services.accounts.create_organization(None, name=name, display_name=name)
    return {"organization_id": organization.id}


def _new(world: World) -> dict[str, str]:
    name = f"{MARK}-new-{world.number()}"
    return {"name": name, "display_name": name}


ROWS = {
    "GET /api/admin/organizations": Row(SUPER_ADMIN),
    "POST /api/admin/organizations": Row(CREATES, body=_new),
    f"GET {ONE}": Row(SUPER_ADMIN, acme),
    f"PUT {ONE}": Row(SUPER_ADMIN, empty, lambda world: {"enabled": False}),
    f"DELETE {ONE}": Row(SUPER_ADMIN, empty),
    f"GET {ONE}/stats": Row(SUPER_ADMIN, acme),
    f"GET {ONE}/users": Row(SUPER_ADMIN, acme),
    f"GET {ONE}/groups": Row(SUPER_ADMIN, acme),
}
