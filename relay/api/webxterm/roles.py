"""`/api/roles*` and `/api/users/{user_id}/roles`: what roles there are, who has which, giving them."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import word
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Message
from relay.domain.access import Permission
from relay.domain.roles import MACHINE_ROLES, PORTAL_ROLES, ROLE_NAMES, RoleCard, choose_roles


class RoleView(Struct, kw_only=True):
    """A role; `type` is `portal` or `machine`."""

    id: str
    name: str
    display_name: str
    description: str
    type: str
    permissions: list[str]


class RoleList(Struct):
    """Roles, the mightiest first."""

    roles: list[RoleView]
    total: int


class UserRoles(Struct):
    """A user's portal role, as a list and by itself, and the machine role in the spelling it was given."""

    roles: list[str]
    portal_role: str
    machine_role: str


class AssignRoles(Struct, kw_only=True):
    """Exactly one portal role, at most one machine role; without one the machine role stays as it is."""

    roles: Annotated[list[Annotated[str, word(*ROLE_NAMES)]], Meta(min_length=1, max_length=10)]


def _listed(cards: tuple[RoleCard, ...]) -> RoleList:
    views = [
        RoleView(
            id=str(card.name),
            name=str(card.name),
            display_name=card.display_name,
            description=card.description,
            type=card.type,
            permissions=list(card.permissions),
        )
        for card in cards
    ]
    return RoleList(roles=views, total=len(views))


async def list_roles(call: Call[Nothing]) -> RoleList:
    return _listed(PORTAL_ROLES + MACHINE_ROLES)


async def list_portal_roles(call: Call[Nothing]) -> RoleList:
    return _listed(PORTAL_ROLES)


async def list_machine_roles(call: Call[Nothing]) -> RoleList:
    return _listed(MACHINE_ROLES)


async def get_user_roles(call: Call[Nothing]) -> UserRoles:
    user = (await call.services.users.get(call.actor, call.path["user_id"])).user
    return UserRoles(roles=[str(user.role)], portal_role=str(user.role), machine_role=user.machine_role)


async def assign_user_roles(call: Call[AssignRoles]) -> Message:
    await call.services.user_changes.assign(call.actor, call.path["user_id"], choose_roles(call.body.roles))
    return Message("Roles assigned successfully")


ROUTES = (
    Route("GET", "/api/roles", permission=Permission.AUTHENTICATED, view=list_roles, answer=RoleList,
          summary="All roles"),
    Route("GET", "/api/roles/portal", permission=Permission.AUTHENTICATED, view=list_portal_roles, answer=RoleList,
          summary="The portal roles"),
    Route("GET", "/api/roles/machine", permission=Permission.AUTHENTICATED, view=list_machine_roles, answer=RoleList,
          summary="The machine roles"),
    Route("GET", "/api/users/{user_id}/roles", permission=Permission.AUTHENTICATED, view=get_user_roles,
          answer=UserRoles, summary="A user's roles: one's own, or as administrator anybody's"),
    Route("POST", "/api/users/{user_id}/roles", permission=Permission.MANAGE_USERS, view=assign_user_roles,
          body=AssignRoles, answer=Message, summary="Give a user roles", refusals=(409,)),
)  # fmt: skip
