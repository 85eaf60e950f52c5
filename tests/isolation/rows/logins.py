"""One's own logins."""

from tests.isolation.patterns import known
from tests.isolation.row import Row
from tests.isolation.world import World


async def login(world: World) -> dict[str, str]:
    """A login of Acme's administrator, who asks with another."""
    return {"login_id": (await world.relay.client("acme-admin")).actor.login_id}


ROWS = {
    "GET /api/profile/logins": Row(known(200)),
    "DELETE /api/profile/logins/{login_id}": Row((401, 404, 404, 404, 404, 200, 404), login),
}
