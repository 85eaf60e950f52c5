"""The command log and the sessions of a machine."""

from tests.isolation.patterns import WITH_ACCESS
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/machines/{agent_id}/logs": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/logs/search": Row(WITH_ACCESS, World.machine, query={"q": "x"}),
    "GET /api/machines/{agent_id}/sessions": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/sessions/active": Row(WITH_ACCESS, World.machine),
}
