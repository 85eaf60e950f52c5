"""`/api/machines/{agent_id}/access/*`: who may use a machine, giving it and taking it back."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import LAST_YEAR, Counts, MachineRoleName, Message, PageQuery, counts, moment
from relay.domain.access import Permission
from relay.domain.errors import Invalid
from relay.services.access import AccessEntry

UserId = Annotated[str, line(0, 24)]
Username = Annotated[str, line(0, 50)]


class AccessView(Struct, kw_only=True):
    """One way one person may use the machine."""

    user_id: str
    username: str
    email: str
    role: str
    machine_role: str
    via: str
    group_id: str | None
    granted_by: str | None
    granted_at: str | None
    expires_at: str | None


class AccessList(Counts, kw_only=True):
    """Grants and group access; not those who may as administrators."""

    users: list[AccessView]


class GrantBody(Struct, kw_only=True):
    """To whom (id or user name), as what, until when."""

    user_id: UserId = ""
    username: Username = ""
    machine_role: MachineRoleName | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class RevokeBody(Struct, kw_only=True):
    """From whom."""

    user_id: UserId = ""
    username: Username = ""


def access_view(entry: AccessEntry) -> AccessView:
    """One row."""
    grant = entry.grant
    return AccessView(
        user_id=entry.user.id,
        username=entry.user.username,
        email=entry.user.email,
        role=str(entry.user.role),
        machine_role=entry.machine_role,
        via=str(entry.via),
        group_id=entry.group_id,
        granted_by=grant.granted_by if grant else None,
        granted_at=moment(grant.granted_at) if grant else None,
        expires_at=moment(grant.expires_at) if grant else None,
    )


async def list_access(call: Call[Nothing]) -> AccessList:
    query: PageQuery = call.query
    page = await call.services.access.list_users(call.actor, call.path["agent_id"], query.wanted())
    return AccessList(users=[access_view(each) for each in page.items], **counts(page))


async def grant_access(call: Call[GrantBody]) -> Message:
    body = call.body
    if body.expires_at is not None and not 1970 < body.expires_at.year <= LAST_YEAR:
        raise Invalid("expires_at must be a time before the year 3000")
    await call.services.access.grant(
        call.actor,
        call.path["agent_id"],
        user_id=body.user_id,
        username=body.username,
        machine_role=body.machine_role,
        expires_at=body.expires_at,
    )
    return Message("Access granted")


async def revoke_access(call: Call[RevokeBody]) -> Message:
    body = call.body
    await call.services.access.revoke(call.actor, call.path["agent_id"], user_id=body.user_id, username=body.username)
    return Message("Access revoked")


ROUTES = (
    Route("GET", "/api/machines/{agent_id}/access/users", permission=Permission.VIEW_MACHINES, view=list_access,
          query=PageQuery, answer=AccessList, summary="Who may use a machine"),
    Route("POST", "/api/machines/{agent_id}/access/grant", permission=Permission.USE_MACHINES, view=grant_access,
          body=GrantBody, answer=Message, summary="Give a user access"),
    Route("POST", "/api/machines/{agent_id}/access/revoke", permission=Permission.USE_MACHINES, view=revoke_access,
          body=RevokeBody, answer=Message, summary="Take a user's grant back"),
)  # fmt: skip
