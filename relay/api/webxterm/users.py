"""`/api/users*`: oneself, the organization's people, a new one, changing and deleting one."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import Email, line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.auth import NewPassword, OwnUser, own_user
from relay.api.webxterm.common import (
    Counts,
    GivenRole,
    MachineRoleName,
    Message,
    Name,
    PageQuery,
    Search,
    Tenant,
    Username,
    counts,
    moment,
    timestamp,
)
from relay.domain.access import Permission
from relay.domain.accounts import FIRST_STEPS
from relay.services.accounts import NewUser
from relay.services.user_changes import UserChange
from relay.services.users import UserEntry


class UserView(Struct, kw_only=True):
    """A user as others see it; never with the account key."""

    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    role: str
    machine_role: str
    groups: list[str]
    enabled: bool
    email_verified: bool
    tenant_id: str
    tenant_name: str
    created_at: str
    last_login: str | None


class MeAnswer(Struct):
    """Oneself."""

    user: OwnUser


class UserAnswer(Struct):
    """One user."""

    user: UserView


class UserList(Counts, kw_only=True):
    """Users by user name."""

    users: list[UserView]


class UserQuery(PageQuery, kw_only=True):
    """Which users; `tenant_id` is for super admins."""

    search: Search = ""
    role: Annotated[str, line(0, 20)] = ""
    enabled: bool | None = None
    tenant_id: Tenant = ""


class CreateUser(Struct, kw_only=True):
    """A new account. `groups` are names."""

    username: Username
    email: Email
    password: NewPassword
    first_name: Name
    last_name: Name
    role: GivenRole = "user"
    machine_role: MachineRoleName = ""
    groups: Annotated[list[Annotated[str, line(1, 100)]], Meta(max_length=100)] = []
    tenant_id: Tenant = ""


class UpdateUser(Struct, kw_only=True):
    """What to change. `groups` are the names of all groups the user is to be in."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    password: NewPassword | None = None
    role: GivenRole | None = None
    machine_role: MachineRoleName | None = None
    groups: Annotated[list[Annotated[str, line(1, 100)]], Meta(max_length=100)] | None = None
    enabled: bool | None = None


def user_view(entry: UserEntry) -> UserView:
    """A list's row."""
    user = entry.user
    return UserView(
        id=user.id,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        role=str(user.role),
        machine_role=user.machine_role,
        groups=list(entry.groups),
        enabled=user.enabled,
        email_verified=user.email_verified,
        tenant_id=user.tenant_id,
        tenant_name=entry.tenant_name,
        created_at=timestamp(user.created_at),
        last_login=moment(user.last_login),
    )


async def get_me(call: Call[Nothing]) -> MeAnswer:
    account = await call.services.users.me(call.actor)
    api_key = await call.services.auth.api_key(call.actor.user_id)
    return MeAnswer(own_user(account, list(call.actor.groups), api_key))


async def list_users(call: Call[Nothing]) -> UserList:
    query: UserQuery = call.query
    page = await call.services.users.list_visible(
        call.actor,
        query.wanted(),
        search=query.search,
        role=query.role,
        enabled=query.enabled,
        tenant_id=query.tenant_id,
    )
    return UserList(users=[user_view(each) for each in page.items], **counts(page))


async def get_user(call: Call[Nothing]) -> UserAnswer:
    return UserAnswer(user_view(await call.services.users.get(call.actor, call.path["user_id"])))


async def create_user(call: Call[CreateUser]) -> UserAnswer:
    body = call.body
    new = NewUser(
        username=body.username,
        email=body.email,
        password=body.password,
        first_name=body.first_name,
        last_name=body.last_name,
        machine_role=body.machine_role,
    )
    entry = await call.services.users.create(
        call.actor, new, role=body.role or "user", groups=body.groups, tenant_id=body.tenant_id
    )
    return UserAnswer(user_view(entry))


async def update_user(call: Call[UpdateUser]) -> UserAnswer:
    body = call.body
    change = UserChange(
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email,
        password=body.password,
        role=body.role,
        machine_role=body.machine_role,
        groups=body.groups,
        enabled=body.enabled,
    )
    return UserAnswer(user_view(await call.services.user_changes.update(call.actor, call.path["user_id"], change)))


async def delete_user(call: Call[Nothing]) -> Message:
    await call.services.user_changes.delete(call.actor, call.path["user_id"])
    return Message("User deleted successfully")


ROUTES = (
    Route("GET", "/api/users/me", permission=Permission.VIEW_OWN_PROFILE, view=get_me, answer=MeAnswer,
          summary="Oneself", may_lack=FIRST_STEPS),
    Route("GET", "/api/users", permission=Permission.MANAGE_USERS, view=list_users, query=UserQuery, answer=UserList,
          summary="The organization's users"),
    Route("GET", "/api/users/{user_id}", permission=Permission.AUTHENTICATED, view=get_user, answer=UserAnswer,
          summary="One user: oneself, or as administrator anybody"),
    Route("POST", "/api/users", permission=Permission.MANAGE_USERS, view=create_user, body=CreateUser,
          answer=UserAnswer, status=201, summary="Add a user", refusals=(404, 409)),
    Route("PUT", "/api/users/{user_id}", permission=Permission.MANAGE_USERS, view=update_user, body=UpdateUser,
          answer=UserAnswer, summary="Change a user, or close the account", refusals=(409,)),
    Route("DELETE", "/api/users/{user_id}", permission=Permission.MANAGE_USERS, view=delete_user, answer=Message,
          summary="Delete a user; their machines pass to whoever deletes", refusals=(409,)),
)  # fmt: skip
