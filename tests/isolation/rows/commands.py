"""Commands, and what came of them."""

from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "POST /api/machines/{agent_id}/command": Row(
        (401, 403, 404, 404, 503, 503, 503), World.machine, lambda world: {"command": "id"}
    ),
    "GET /api/machines/{agent_id}/commands/{command_id}": Row((401, 403, 404, 404, 403, 200, 200), World.command),
}
