"""Logging in with an identity provider: public, and none is configured where the matrix asks."""

from tests.isolation.patterns import same
from tests.isolation.row import Row
from tests.isolation.world import World


async def unknown(world: World) -> dict[str, str]:
    return {"provider": "nobody"}


ROWS = {
    "GET /api/auth/oidc/providers": Row(same(200)),
    "GET /api/auth/oidc/microsoft": Row(same(501)),
    "GET /api/auth/oidc/github": Row(same(501)),
    "GET /api/auth/oidc/{provider}": Row(same(404), unknown),
    "GET /api/auth/oidc/{provider}/callback": Row(same(404), unknown),
}
