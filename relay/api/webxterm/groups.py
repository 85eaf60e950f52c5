"""`/api/groups*`: groups, their members and their machines."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line, text
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import (
    Counts,
    MachineRoleName,
    Message,
    Name,
    PageQuery,
    Search,
    Tenant,
    counts,
    timestamp,
)
from relay.domain.access import Permission
from relay.domain.groups import MAX_MEMBERS, Group
from relay.services.groups import NewGroup

Id = Annotated[str, line(0, 64)]
IdList = Annotated[list[Id], Meta(max_length=MAX_MEMBERS)]
Description = Annotated[str, text(0, 500)]


class GroupView(Struct, kw_only=True):
    """A group."""

    id: str
    name: str
    description: str
    machine_role: str
    member_count: int
    machine_count: int
    tenant_id: str
    created_at: str
    updated_at: str


class GroupAnswer(Struct):
    """One group."""

    group: GroupView


class GroupList(Counts, kw_only=True):
    """Groups by name."""

    groups: list[GroupView]


class GroupQuery(PageQuery, kw_only=True):
    """Which groups; `tenant_id` is for super admins."""

    search: Search = ""
    tenant_id: Tenant = ""


class CreateGroup(Struct, kw_only=True):
    """A new group; `machine_ids` are agent ids or internal ids."""

    name: Name
    description: Description = ""
    machine_role: MachineRoleName = "non-sudo"
    member_ids: IdList = []
    machine_ids: IdList = []
    tenant_id: Tenant = ""


class UpdateGroup(Struct, kw_only=True):
    """What to change."""

    name: Name | None = None
    description: Description | None = None
    machine_role: MachineRoleName | None = None


class MemberView(Struct, kw_only=True):
    """A member."""

    user_id: str
    username: str
    email: str
    role: str


class MemberList(Counts, kw_only=True):
    """Members by user name."""

    members: list[MemberView]


class GroupMachineView(Struct, kw_only=True):
    """A machine of a group."""

    agent_id: str
    name: str
    status: str


class GroupMachineList(Counts, kw_only=True):
    """Machines by name."""

    machines: list[GroupMachineView]


class AddMembers(Struct, kw_only=True):
    """One user, or several."""

    user_id: Id = ""
    user_ids: IdList = []


class RemoveMember(Struct, kw_only=True):
    """The user to take out; may also stand in the query, because some clients drop the body of a DELETE."""

    user_id: Id = ""


class AddMachines(Struct, kw_only=True):
    """Agent ids or internal ids."""

    machine_ids: Annotated[list[Id], Meta(min_length=1, max_length=MAX_MEMBERS)]


def group_view(group: Group) -> GroupView:
    """A group with its counts."""
    return GroupView(
        id=group.id,
        name=group.name,
        description=group.description,
        machine_role=group.machine_role,
        member_count=len(group.member_ids),
        machine_count=len(group.machine_ids),
        tenant_id=group.tenant_id,
        created_at=timestamp(group.created_at),
        updated_at=timestamp(group.updated_at),
    )


async def list_groups(call: Call[Nothing]) -> GroupList:
    query: GroupQuery = call.query
    page = await call.services.groups.list_visible(
        call.actor, query.wanted(), search=query.search, tenant_id=query.tenant_id
    )
    return GroupList(groups=[group_view(each) for each in page.items], **counts(page))


async def get_group(call: Call[Nothing]) -> GroupAnswer:
    return GroupAnswer(group_view(await call.services.groups.get(call.actor, call.path["group_id"])))


async def create_group(call: Call[CreateGroup]) -> GroupAnswer:
    body = call.body
    group = await call.services.groups.create(
        call.actor,
        NewGroup(
            name=body.name,
            description=body.description,
            machine_role=body.machine_role,
            member_ids=body.member_ids,
            machine_ids=body.machine_ids,
            tenant_id=body.tenant_id,
        ),
    )
    return GroupAnswer(group_view(group))


async def update_group(call: Call[UpdateGroup]) -> GroupAnswer:
    body = call.body
    group = await call.services.groups.update(
        call.actor,
        call.path["group_id"],
        name=body.name,
        description=body.description,
        machine_role=body.machine_role,
    )
    return GroupAnswer(group_view(group))


async def delete_group(call: Call[Nothing]) -> Message:
    await call.services.groups.delete(call.actor, call.path["group_id"])
    return Message("Group deleted successfully")


async def list_group_members(call: Call[Nothing]) -> MemberList:
    query: PageQuery = call.query
    page = await call.services.groups.members(call.actor, call.path["group_id"], query.wanted())
    members = [
        MemberView(user_id=each.id, username=each.username, email=each.email, role=str(each.role))
        for each in page.items
    ]
    return MemberList(members=members, **counts(page))


async def add_group_members(call: Call[AddMembers]) -> Message:
    wanted = [each for each in (call.body.user_id, *call.body.user_ids) if each]
    await call.services.groups.add_members(call.actor, call.path["group_id"], wanted)
    return Message("Member added to group")


async def remove_group_member(call: Call[RemoveMember]) -> Message:
    query: RemoveMember = call.query
    user_id = call.body.user_id or query.user_id
    await call.services.groups.remove_member(call.actor, call.path["group_id"], user_id)
    return Message("Member removed from group")


async def list_group_machines(call: Call[Nothing]) -> GroupMachineList:
    query: PageQuery = call.query
    page = await call.services.groups.machines(call.actor, call.path["group_id"], query.wanted())
    machines = [
        GroupMachineView(agent_id=each.agent_id, name=each.name, status=str(call.services.presence.status(each)))
        for each in page.items
    ]
    return GroupMachineList(machines=machines, **counts(page))


async def add_group_machines(call: Call[AddMachines]) -> Message:
    await call.services.groups.add_machines(call.actor, call.path["group_id"], call.body.machine_ids)
    return Message("Machines added to group")


async def remove_group_machine(call: Call[Nothing]) -> Message:
    await call.services.groups.remove_machine(call.actor, call.path["group_id"], call.path["machine_id"])
    return Message("Machine removed from group")


ROUTES = (
    Route("GET", "/api/groups", permission=Permission.AUTHENTICATED, view=list_groups, query=GroupQuery,
          answer=GroupList, summary="The organization's groups"),
    Route("POST", "/api/groups", permission=Permission.MANAGE_GROUPS, view=create_group, body=CreateGroup,
          answer=GroupAnswer, status=201, summary="Add a group", refusals=(404, 409)),
    Route("GET", "/api/groups/{group_id}", permission=Permission.AUTHENTICATED, view=get_group, answer=GroupAnswer,
          summary="One group"),
    Route("PUT", "/api/groups/{group_id}", permission=Permission.MANAGE_GROUPS, view=update_group, body=UpdateGroup,
          answer=GroupAnswer, summary="Rename or describe a group", refusals=(409,)),
    Route("DELETE", "/api/groups/{group_id}", permission=Permission.MANAGE_GROUPS, view=delete_group, answer=Message,
          summary="Delete a group and the access it gave"),
    Route("GET", "/api/groups/{group_id}/members", permission=Permission.AUTHENTICATED, view=list_group_members,
          query=PageQuery, answer=MemberList, summary="A group's members"),
    Route("POST", "/api/groups/{group_id}/members", permission=Permission.MANAGE_GROUPS, view=add_group_members,
          body=AddMembers, answer=Message, summary="Put users into a group"),
    Route("DELETE", "/api/groups/{group_id}/members", permission=Permission.MANAGE_GROUPS, view=remove_group_member,
          body=RemoveMember, query=RemoveMember, answer=Message, summary="Take a user out of a group"),
    Route("GET", "/api/groups/{group_id}/machines", permission=Permission.AUTHENTICATED, view=list_group_machines,
          query=PageQuery, answer=GroupMachineList, summary="A group's machines"),
    Route("POST", "/api/groups/{group_id}/machines", permission=Permission.MANAGE_GROUPS, view=add_group_machines,
          body=AddMachines, answer=Message, summary="Put machines into a group"),
    Route("DELETE", "/api/groups/{group_id}/machines/{machine_id}", permission=Permission.MANAGE_GROUPS,
          view=remove_group_machine, answer=Message, summary="Take a machine out of a group"),
)  # fmt: skip
