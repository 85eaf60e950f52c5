"""Where a new thing goes: into the organization of whoever makes it, or the one a super admin names."""

from relay.domain.access import Actor
from relay.domain.accounts import PLATFORM
from relay.domain.errors import Forbidden, Invalid, NotFound
from relay.store.interface import Database


async def tenant_for(database: Database, actor: Actor, asked: str = "") -> str:
    """The tenant id. Raises Forbidden for a foreign one; a super admin must name one that exists."""
    if not actor.is_super_admin:
        if asked and asked != actor.tenant_id:
            raise Forbidden("Access denied to this tenant")
        return actor.tenant_id
    if not asked or asked == PLATFORM:
        raise Invalid("tenant_id is required")
    if await database.collection("organizations").find_one({"name": asked}) is None:
        raise NotFound("Organization not found")
    return asked
