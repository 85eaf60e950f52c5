"""One's own account."""

from tests.isolation.patterns import known
from tests.isolation.row import Row

ROWS = {
    "POST /api/profile/reset-password": Row(
        known(400), body=lambda world: {"current_password": "x", "new_password": "new password"}
    ),
    "GET /api/profile": Row(known(200)),
    "POST /api/profile/regenerate-api-key": Row(known(200)),
}
