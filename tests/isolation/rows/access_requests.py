"""Requests for access."""

from datetime import timedelta

from tests.isolation.patterns import ANYBODY_KNOWN
from tests.isolation.row import Row
from tests.isolation.rows.held_commands import DECIDES
from tests.isolation.world import MARK, World


async def requested(world: World) -> dict[str, str]:
    """A request of `granted` for a machine."""
    machine, now = await world.machine(), world.relay.clock.now()
    request_id = f"{world.number():024x}"
    await world.insert(
        "access_requests",
        {
            "_id": request_id, "machine_id": machine["machine_id"], "agent_id": machine["agent_id"],
            "machine_name": f"{MARK}-machine", "user_id": world.granted_id, "username": f"{MARK}-granted",
            "reason": "r", "machine_role": "sudo", "duration_minutes": 5, "status": "pending", "created_at": now,
            "pending_until": now + timedelta(hours=1), "purge_at": now + timedelta(hours=2),
        },
    )  # fmt: skip
    return {**machine, "request_id": request_id}


def asked(world: World) -> dict[str, object]:
    """For the machine that is online."""
    return {"agent_id": world.online_agent_id, "reason": "r", "duration_minutes": 5}


ROWS = {
    "GET /api/access-requests": Row(ANYBODY_KNOWN, requested),
    "GET /api/access-requests/machines": Row(ANYBODY_KNOWN, requested),
    "POST /api/access-requests": Row((401, 201, 404, 404, 409, 409, 409), body=asked),
    "POST /api/access-requests/{request_id}/approve": Row(DECIDES, requested),
    "POST /api/access-requests/{request_id}/deny": Row(DECIDES, requested),
    "POST /api/access-requests/{request_id}/cancel": Row((401, 403, 404, 404, 200, 403, 403), requested),
    "GET /api/machines/{agent_id}/access/explain": Row((401, 200, 404, 404, 200, 200, 200), World.machine),
    "GET /api/users/{user_id}/access": Row((401, 403, 404, 404, 403, 200, 200), World.person),
}
