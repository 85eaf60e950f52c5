"""Sessions, and the socket that opens one."""

from tests.isolation.patterns import ANYBODY_KNOWN, GIVES_ACCESS, WITH_ACCESS
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "WS /api/terminal/{agent_id}/ws": Row((401, 403, 404, 404, 101, 101, 101), World.online_machine),
    "GET /api/terminal/sessions": Row(ANYBODY_KNOWN, World.session),
    "DELETE /api/terminal/sessions/{session_id}": Row(GIVES_ACCESS, World.session),
    "GET /api/sessions/{session_id}": Row(WITH_ACCESS, World.session),
    "GET /api/sessions/{session_id}/attestation": Row(WITH_ACCESS, World.session),
}
