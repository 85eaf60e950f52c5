"""The audit log: an organization's administrators read their own, and nobody another's."""

from tests.isolation.patterns import ADMINS, same
from tests.isolation.row import Row

OWN = (401, 403, 403, 403, 403, 200, 200)
"""What is asked for by the organization's name: a foreign administrator is told so, as the API's documents want it."""
NAMED = {"tenant_id": "acme"}

ROWS = {
    "GET /api/audit": Row(OWN, query=NAMED),
    "GET /api/audit/tenants": Row(ADMINS),
    "GET /api/audit/verify": Row(OWN, query=NAMED),
    "GET /api/audit/checkpoints": Row(OWN, query=NAMED),
    "GET /.well-known/jwks.json": Row(same(200)),
}
