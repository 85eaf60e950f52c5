"""The command log and the sessions of a machine."""

from tests.isolation.patterns import ANYBODY_KNOWN, WITH_ACCESS
from tests.isolation.row import Row
from tests.isolation.world import MARK, World


async def logged(world: World) -> dict[str, str]:
    """A command of Acme's administrator in the log of a machine."""
    machine = await world.machine()
    await world.insert(
        "commands",
        {
            "_id": f"{world.number():024x}", **machine, "machine_name": f"{MARK}-machine", "command": f"{MARK}-ls",
            "user_id": world.admin.actor.user_id, "username": "acme-admin", "timestamp": world.relay.clock.now(),
            "success": True, "exit_code": 0, "duration_ms": 1, "source": "ui", "session_id": None, "method": "api",
            "confidence": "high",
        },
    )  # fmt: skip
    return machine


ROWS = {
    "GET /api/logs/search": Row(ANYBODY_KNOWN, logged, query={"q": "e-ls"}),
    "GET /api/machines/{agent_id}/logs": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/logs/search": Row(WITH_ACCESS, World.machine, query={"q": "x"}),
    "GET /api/machines/{agent_id}/sessions": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/sessions/active": Row(WITH_ACCESS, World.machine),
}
