"""`/api/admin/organizations*`: the platform's organizations, for super admins."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import Email, line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.auth import NewPassword
from relay.api.webxterm.common import SLUGGABLE, Counts, Message, Name, PageQuery, Search, Username, counts, timestamp
from relay.domain.access import Permission
from relay.domain.accounts import Role
from relay.services.accounts import NewUser
from relay.services.organizations import OrganizationEntry


class OrganizationView(Struct, kw_only=True):
    """An organization; `name` is its slug, `keycloak_realm` the same under an older name."""

    id: str
    name: str
    display_name: str
    keycloak_realm: str
    enabled: bool
    user_count: int
    machine_count: int
    created_at: str


class OrganizationAnswer(Struct):
    """One organization."""

    organization: OrganizationView


class OrganizationList(Counts, kw_only=True):
    """Organizations by slug."""

    organizations: list[OrganizationView]


class OrganizationQuery(PageQuery, kw_only=True):
    """Which organizations."""

    search: Search = ""


class FirstAdmin(Struct, kw_only=True):
    """The first administrator of a new organization."""

    username: Username
    email: Email
    password: NewPassword
    first_name: Name
    last_name: Name


class CreateOrganization(Struct, kw_only=True):
    """A new organization; the slug is made of `name`."""

    name: Annotated[str, line(3, 100, told=SLUGGABLE)]
    display_name: Name
    admin: FirstAdmin | None = None


class UpdateOrganization(Struct, kw_only=True):
    """What to change."""

    display_name: Name | None = None
    enabled: bool | None = None


class DeleteOrganization(Struct, kw_only=True):
    """With `force`, everything in it goes too."""

    force: bool = False


class OrganizationFigures(Struct, kw_only=True):
    """What is in it."""

    user_count: int
    machine_count: int
    online_machine_count: int
    group_count: int
    session_count_today: int


class OrganizationStats(Struct):
    """An organization's figures."""

    stats: OrganizationFigures


class MemberOfOrganization(Struct, kw_only=True):
    """A user, briefly."""

    id: str
    username: str
    email: str
    role: str
    enabled: bool


class OrganizationUsers(Counts, kw_only=True):
    """Users by user name."""

    users: list[MemberOfOrganization]


class GroupOfOrganization(Struct, kw_only=True):
    """A group, briefly."""

    id: str
    name: str
    member_count: int


class OrganizationGroups(Counts, kw_only=True):
    """Groups by name."""

    groups: list[GroupOfOrganization]


def organization_view(entry: OrganizationEntry) -> OrganizationView:
    """A list's row."""
    organization = entry.organization
    return OrganizationView(
        id=organization.id,
        name=organization.name,
        display_name=organization.display_name,
        keycloak_realm=organization.name,
        enabled=organization.enabled,
        user_count=entry.user_count,
        machine_count=entry.machine_count,
        created_at=timestamp(organization.created_at),
    )


async def list_organizations(call: Call[Nothing]) -> OrganizationList:
    query: OrganizationQuery = call.query
    page = await call.services.organizations.list_all(query.wanted(), search=query.search)
    return OrganizationList(organizations=[organization_view(each) for each in page.items], **counts(page))


async def create_organization(call: Call[CreateOrganization]) -> OrganizationAnswer:
    body = call.body
    entry = await call.services.organizations.create(
        call.actor, name=body.name, display_name=body.display_name, admin=_first_admin(body.admin)
    )
    return OrganizationAnswer(organization_view(entry))


def _first_admin(admin: FirstAdmin | None) -> NewUser | None:
    if admin is None:
        return None
    return NewUser(
        username=admin.username,
        email=admin.email,
        password=admin.password,
        first_name=admin.first_name,
        last_name=admin.last_name,
        role=Role.COMPANY_ADMIN,
        must_reset_password=True,
    )


async def get_organization(call: Call[Nothing]) -> OrganizationAnswer:
    return OrganizationAnswer(organization_view(await call.services.organizations.get(call.path["organization_id"])))


async def update_organization(call: Call[UpdateOrganization]) -> OrganizationAnswer:
    entry = await call.services.organizations.update(
        call.actor, call.path["organization_id"], display_name=call.body.display_name, enabled=call.body.enabled
    )
    return OrganizationAnswer(organization_view(entry))


async def delete_organization(call: Call[Nothing]) -> Message:
    query: DeleteOrganization = call.query
    await call.services.organizations.delete(call.actor, call.path["organization_id"], force=query.force)
    return Message("Organization deleted successfully")


async def get_organization_stats(call: Call[Nothing]) -> OrganizationStats:
    stats = await call.services.organizations.stats(call.path["organization_id"])
    return OrganizationStats(
        OrganizationFigures(
            user_count=stats.user_count,
            machine_count=stats.machine_count,
            online_machine_count=stats.online_machine_count,
            group_count=stats.group_count,
            session_count_today=stats.session_count_today,
        )
    )


async def list_organization_users(call: Call[Nothing]) -> OrganizationUsers:
    query: PageQuery = call.query
    page = await call.services.organizations.list_users(call.path["organization_id"], query.wanted())
    users = [
        MemberOfOrganization(
            id=each.id, username=each.username, email=each.email, role=str(each.role), enabled=each.enabled
        )
        for each in page.items
    ]
    return OrganizationUsers(users=users, **counts(page))


async def list_organization_groups(call: Call[Nothing]) -> OrganizationGroups:
    query: PageQuery = call.query
    page = await call.services.organizations.list_groups(call.path["organization_id"], query.wanted())
    groups = [GroupOfOrganization(id=each.id, name=each.name, member_count=len(each.member_ids)) for each in page.items]
    return OrganizationGroups(groups=groups, **counts(page))


_ONE = "/api/admin/organizations/{organization_id}"
_RIGHT = Permission.MANAGE_ORGANIZATIONS

ROUTES = (
    Route("GET", "/api/admin/organizations", permission=_RIGHT, view=list_organizations, query=OrganizationQuery,
          answer=OrganizationList, summary="All organizations"),
    Route("POST", "/api/admin/organizations", permission=_RIGHT, view=create_organization, body=CreateOrganization,
          answer=OrganizationAnswer, status=201, summary="Add an organization, with or without its first administrator",
          refusals=(409,)),
    Route("GET", _ONE, permission=_RIGHT, view=get_organization, answer=OrganizationAnswer,
          summary="One organization, by id or slug"),
    Route("PUT", _ONE, permission=_RIGHT, view=update_organization, body=UpdateOrganization,
          answer=OrganizationAnswer, summary="Rename an organization, close it, open it again"),
    Route("DELETE", _ONE, permission=_RIGHT, view=delete_organization, query=DeleteOrganization, answer=Message,
          summary="Delete an organization for good", refusals=(409,)),
    Route("GET", f"{_ONE}/stats", permission=_RIGHT, view=get_organization_stats, answer=OrganizationStats,
          summary="An organization's figures"),
    Route("GET", f"{_ONE}/users", permission=_RIGHT, view=list_organization_users, query=PageQuery,
          answer=OrganizationUsers, summary="An organization's users"),
    Route("GET", f"{_ONE}/groups", permission=_RIGHT, view=list_organization_groups, query=PageQuery,
          answer=OrganizationGroups, summary="An organization's groups"),
)  # fmt: skip
