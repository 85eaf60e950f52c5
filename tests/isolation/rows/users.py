"""People of an organization, and their roles."""

from tests.isolation.patterns import ADMINS, ANYBODY_KNOWN, CHANGES, CREATES, new_user
from tests.isolation.row import Row
from tests.isolation.world import MARK, World

ONE_PERSON = (401, 403, 404, 404, 403, 200, 200)
"""The person, or an administrator."""


async def somebody(world: World) -> dict[str, str]:
    """A new person of Acme, whom nobody needs any more."""
    name = f"{MARK}-somebody-{world.number()}"
    answer = await world.admin.post("/api/users", {**new_user(world), "username": name})
    return {"user_id": answer.body["user"]["id"]}


ROWS = {
    "GET /api/users/me": Row(ANYBODY_KNOWN),
    "GET /api/users": Row(ADMINS),
    "GET /api/users/{user_id}": Row(ONE_PERSON, World.person),
    "POST /api/users": Row(CREATES, body=new_user),
    "PUT /api/users/{user_id}": Row(CHANGES, somebody, lambda world: {"first_name": "New"}),
    "DELETE /api/users/{user_id}": Row(CHANGES, somebody),
    "GET /api/users/{user_id}/roles": Row(ONE_PERSON, World.person),
    "POST /api/users/{user_id}/roles": Row(CHANGES, somebody, lambda world: {"roles": ["user"]}),
    "GET /api/roles": Row(ANYBODY_KNOWN),
    "GET /api/roles/portal": Row(ANYBODY_KNOWN),
    "GET /api/roles/machine": Row(ANYBODY_KNOWN),
}
