"""Issues and fixes: any member of the organization reads and writes; author and administrators change."""

from tests.isolation.patterns import ANYBODY_KNOWN, GIVES_ACCESS, READS_IN_ORG
from tests.isolation.row import Row
from tests.isolation.world import MARK, World

WRITES = (401, 201, 404, 404, 201, 201, 201)
STARTS = (401, 201, 201, 201, 201, 201, 400)
ONE = "/api/community/issues/{issue_id}"
FIX = f"{ONE}/fixes/{{fix_id}}"


async def issue(world: World) -> dict[str, str]:
    """An issue of Acme's administrator."""
    answer = await world.admin.post("/api/community/issues", _issue(world))
    return {"issue_id": answer.body["issue"]["id"]}


async def fix(world: World) -> dict[str, str]:
    """A fix of such an issue."""
    values = await issue(world)
    answer = await world.admin.post(f"/api/community/issues/{values['issue_id']}/fixes", {"content": MARK})
    return {**values, "fix_id": answer.body["fix"]["fix_id"]}


def _issue(world: World) -> dict[str, str]:
    return {"title": f"{MARK}-issue-{world.number()}", "description": MARK}


def _new(world: World) -> dict[str, str]:
    return {"title": f"issue-{world.number()}", "description": "x"}


ROWS = {
    "GET /api/community/issues": Row(ANYBODY_KNOWN, issue),
    "POST /api/community/issues": Row(STARTS, body=_new),
    f"GET {ONE}": Row(READS_IN_ORG, issue),
    f"PUT {ONE}": Row(GIVES_ACCESS, issue, lambda world: {"status": "closed"}),
    f"DELETE {ONE}": Row(GIVES_ACCESS, issue),
    f"GET {ONE}/fixes": Row(READS_IN_ORG, fix),
    f"POST {ONE}/fixes": Row(WRITES, issue, lambda world: {"content": "x"}),
    f"POST {FIX}/like": Row(READS_IN_ORG, fix),
    f"DELETE {FIX}/like": Row(READS_IN_ORG, fix),
    f"POST {FIX}/accept": Row(GIVES_ACCESS, fix),
}
