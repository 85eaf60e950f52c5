"""Groups."""

from tests.isolation.patterns import ANYBODY_KNOWN, CHANGES, CREATES, READS_IN_ORG, grantee, member
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/groups": Row(ANYBODY_KNOWN, World.group),
    "POST /api/groups": Row(CREATES, body=lambda world: {"name": f"g-{world.number()}"}),
    "GET /api/groups/{group_id}": Row(READS_IN_ORG, World.group),
    "PUT /api/groups/{group_id}": Row(CHANGES, World.group, lambda world: {"description": "x"}),
    "DELETE /api/groups/{group_id}": Row(CHANGES, World.group),
    "GET /api/groups/{group_id}/members": Row(READS_IN_ORG, World.group),
    "POST /api/groups/{group_id}/members": Row(CHANGES, World.group, grantee),
    "DELETE /api/groups/{group_id}/members": Row(CHANGES, World.group, member),
    "GET /api/groups/{group_id}/machines": Row(READS_IN_ORG, World.group),
    "POST /api/groups/{group_id}/machines": Row(
        CHANGES, World.group, lambda world: {"machine_ids": [world.online_agent_id]}
    ),
    "DELETE /api/groups/{group_id}/machines/{machine_id}": Row(CHANGES, World.group),
    "GET /api/groups/{group_id}/command-rules": Row(READS_IN_ORG, World.group),
    "PUT /api/groups/{group_id}/command-rules": Row(
        CHANGES, World.group, lambda world: {"rules": [{"action": "deny", "pattern": "rm *"}]}
    ),
}
