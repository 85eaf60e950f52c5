"""Commands, and what came of them."""

from datetime import timedelta

from tests.isolation.patterns import ANYBODY_KNOWN
from tests.isolation.row import Row
from tests.isolation.world import MARK, World


async def run(world: World) -> dict[str, str]:
    """A run of Acme's administrator that has ended."""
    run_id, now = f"{world.number():024x}", world.relay.clock.now()
    await world.insert(
        "runs",
        {
            "_id": run_id, "user_id": world.admin.actor.user_id, "username": "acme-admin", "sender": {},
            "command": f"{MARK}-ls", "timeout_s": 1, "batch_size": 1, "stop_at_error_percent": None,
            "queue_until": None, "status": "finished", "total": 0, "counts": {}, "version": 1, "created_at": now,
            "expires_at": now + timedelta(days=1),
        },
    )  # fmt: skip
    return {"run_id": run_id}


RUNS = (401, 403, 404, 404, 403, 200, 200)

ROWS = {
    "POST /api/commands": Row(
        (401, 202, 404, 404, 202, 202, 202),
        World.machine,
        lambda world: {"command": "id", "agent_ids": [world.online_agent_id]},
    ),  # each machine refuses on its own lane
    "GET /api/commands": Row(ANYBODY_KNOWN, run),
    "GET /api/commands/{run_id}": Row(RUNS, run),
    "POST /api/commands/{run_id}/cancel": Row(RUNS, run),
    "POST /api/machines/{agent_id}/command": Row(
        (401, 403, 404, 404, 503, 503, 503), World.machine, lambda world: {"command": "id"}
    ),
    "GET /api/machines/{agent_id}/commands/{command_id}": Row((401, 403, 404, 404, 403, 200, 200), World.command),
}
