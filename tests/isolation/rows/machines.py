"""Machines."""

from tests.isolation.patterns import ANYBODY_KNOWN, CHANGES, CREATES, WITH_ACCESS
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/machines": Row(ANYBODY_KNOWN, World.machine),
    "POST /api/machines": Row(CREATES, body=lambda world: {"name": f"m-{world.number()}"}),
    "GET /api/machines/by-id/{machine_id}": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}": Row(WITH_ACCESS, World.machine),
    "DELETE /api/machines/{agent_id}": Row(CHANGES, World.machine),
}
