"""Grants."""

from tests.isolation.patterns import GIVES_ACCESS, WITH_ACCESS, grantee
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/machines/{agent_id}/access/users": Row(WITH_ACCESS, World.machine),
    "POST /api/machines/{agent_id}/access/grant": Row(GIVES_ACCESS, World.machine, grantee),
    "POST /api/machines/{agent_id}/access/revoke": Row(GIVES_ACCESS, World.machine, grantee),
}
