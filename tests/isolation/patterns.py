"""Statuses that many rows share, in the order of COLUMNS; and bodies that several nouns need."""

from tests.isolation.people import COLUMNS
from tests.isolation.world import World
from tests.webxterm.house import PASSWORD


def same(status: int) -> tuple[int, ...]:
    """Everybody is answered alike."""
    return (status,) * len(COLUMNS)


def known(status: int) -> tuple[int, ...]:
    """Everybody who is known is answered alike."""
    return (401, *(status,) * (len(COLUMNS) - 1))


# nobody, user, foreign_user, foreign_admin, granted, admin, super_admin
ANYBODY_KNOWN = known(200)
"""One's own things, or a list of what one may see."""
ADMINS = (401, 403, 403, 200, 403, 200, 200)
"""Administration of the own organization."""
CREATES = (401, 403, 403, 201, 403, 201, 400)
"""The same, for a new thing: a super admin has to say in which organization."""
CHANGES = (401, 403, 403, 404, 403, 200, 200)
"""Administration of one thing of Acme."""
READS_IN_ORG = (401, 200, 404, 404, 200, 200, 200)
"""Any member of Acme."""
WITH_ACCESS = (401, 403, 404, 404, 200, 200, 200)
"""Who has access to the machine."""
GIVES_ACCESS = (401, 403, 404, 404, 403, 200, 200)
"""Decided at the thing itself, by who administers it or owns it."""
SUPER_ADMIN = (401, 403, 403, 403, 403, 403, 200)
"""The platform."""


def new_user(world: World) -> dict[str, str]:
    """Somebody to be made."""
    name = f"u-{world.number()}"
    return {
        "username": name, "email": f"{name}@example.org", "password": PASSWORD, "first_name": "U", "last_name": "U",
    }  # fmt: skip


def grantee(world: World) -> dict[str, str]:
    """A person of Acme."""
    return {"user_id": world.granted_id}


def member(world: World) -> dict[str, str]:
    """The member of `World.group`."""
    return {"user_id": world.admin.actor.user_id}
