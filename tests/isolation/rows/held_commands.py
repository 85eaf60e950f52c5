"""Held commands."""

from datetime import timedelta

from tests.isolation.patterns import ANYBODY_KNOWN
from tests.isolation.row import Row
from tests.isolation.world import MARK, World

DECIDES = (401, 403, 404, 404, 403, 200, 200)
"""Administrators and the owner, and nobody on their own: `granted` has asked."""


async def held(world: World) -> dict[str, str]:
    """A command of `granted` that waits on the machine that is online."""
    held_id, now = f"{world.number():024x}", world.relay.clock.now()
    machine = await world.relay.services.commands.rights.get(world.admin.actor, world.online_agent_id)
    await world.insert(
        "held_commands",
        {
            "_id": held_id, "machine_id": machine.id, "agent_id": machine.agent_id, "machine_name": machine.name,
            "user_id": world.granted_id, "username": f"{MARK}-granted", "source": "ui", "ip_address": "",
            "user_agent": "", "login_id": "l", "token_generation": 0, "command_id": f"{world.number():024x}",
            "command": f"{MARK}-command", "timeout_s": 30, "group_id": "g", "rule_id": "", "pattern": "",
            "status": "pending", "created_at": now, "pending_until": now + timedelta(hours=1),
            "purge_at": now + timedelta(hours=2),
        },
    )  # fmt: skip
    return {"held_id": held_id}


ROWS = {
    "GET /api/held-commands": Row(ANYBODY_KNOWN, held),
    "POST /api/held-commands/{held_id}/approve": Row(DECIDES, held),
    "POST /api/held-commands/{held_id}/deny": Row(DECIDES, held),
}
