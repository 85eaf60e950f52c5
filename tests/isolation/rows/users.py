"""People of an organization."""

from tests.isolation.patterns import ADMINS, ANYBODY_KNOWN, CREATES, new_user
from tests.isolation.row import Row
from tests.isolation.world import World

ROWS = {
    "GET /api/users/me": Row(ANYBODY_KNOWN),
    "GET /api/users": Row(ADMINS),
    "GET /api/users/{user_id}": Row((401, 403, 404, 404, 403, 200, 200), World.person),
    "POST /api/users": Row(CREATES, body=new_user),
}
