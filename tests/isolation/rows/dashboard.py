"""What the first page shows."""

from tests.isolation.patterns import ANYBODY_KNOWN
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/dashboard/stats": Row(ANYBODY_KNOWN),
    "GET /api/dashboard/recent-machines": Row(ANYBODY_KNOWN, World.machine),
    "GET /api/dashboard/recent-activity": Row(ANYBODY_KNOWN),
}
