"""The frame's own routes: nobody needs to be known, and none of them names an organization."""

from tests.isolation.patterns import same
from tests.isolation.row import Row

ROWS = {
    "GET /health": Row(same(200)),
    "GET /api/health": Row(same(200)),
    "GET /ready": Row(same(200)),
    "GET /metrics": Row(same(200)),
    "GET /api/openapi.json": Row(same(200)),
    "GET /install.sh": Row(same(200)),
    "GET /agent.pyz": Row(same(200)),
    "GET /agent.pyz.sha256": Row(same(200)),
}
