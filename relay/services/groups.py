"""Groups: everybody in the organization may read them; administrators change them, and access follows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import User
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Invalid, NotFound
from relay.domain.groups import MAX_MEMBERS, Group
from relay.domain.machines import Machine
from relay.domain.names import check_drawable, check_machine_role, check_name, folded, is_object_id
from relay.domain.paging import Page, PageRequest, page_of
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.ports import Recheck
from relay.services.records import batched_ids, containing, find_page, find_record, read, tenant_filter, to_document
from relay.services.tenants import tenant_for
from relay.store.errors import Duplicate
from relay.store.interface import Database

NO_GROUP = "Group not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """What a group is made of. Members are user ids; machines are agent ids or internal ids."""

    name: str
    description: str = ""
    machine_role: str = "non-sudo"
    member_ids: Sequence[str] = ()
    machine_ids: Sequence[str] = ()
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Use cases on groups and their two sides."""

    database: Database
    audit: Audit
    recheck: Recheck
    clock: Clock
    ids: Ids

    async def list_visible(
        self, actor: Actor, paging: PageRequest, *, search: str = "", tenant_id: str = ""
    ) -> Page[Group]:
        """The organization's groups, by name. Raises Forbidden, Invalid."""
        where: dict[str, Any] = dict(tenant_filter(actor, tenant_id))
        if search:
            where["name"] = containing(search)
        return await find_page(self._groups, where, Group, paging, sort=[("name_folded", 1)])

    async def get(self, actor: Actor, group_id: str) -> Group:
        """One group. Raises Invalid, NotFound."""
        if not is_object_id(group_id):
            raise Invalid("Invalid group ID")
        group = find_record(Group, await self._groups.find_one({"_id": group_id}))
        if group is None or not actor.sees(group.tenant_id):
            raise NotFound(NO_GROUP)
        return group

    async def create(self, actor: Actor, new: NewGroup) -> Group:
        """A group in the actor's organization. Raises Invalid, NotFound, Conflict."""
        tenant_id = await tenant_for(self.database, actor, new.tenant_id)
        now = self.clock.now()
        group = Group(
            id=self.ids.object_id(),
            tenant_id=tenant_id,
            name=check_name(new.name, field="name"),
            description=check_drawable(new.description.strip(), field="description"),
            machine_role=check_machine_role(new.machine_role),
            member_ids=tuple([user.id for user in await self._users(tenant_id, new.member_ids)]),
            machine_ids=tuple([machine.id for machine in await self._machines(tenant_id, new.machine_ids)]),
            created_at=now,
            updated_at=now,
        )
        try:
            await self._groups.insert_one(to_document(group, name_folded=folded(group.name)))
        except Duplicate as error:
            raise Conflict("Group already exists") from error
        await self._record(actor, Action.GROUP_CREATED, group)
        return group

    async def update(
        self,
        actor: Actor,
        group_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        machine_role: str | None = None,
    ) -> Group:
        """Rename or describe it, or change what its members may do. Raises Invalid, NotFound, Conflict."""
        group = await self.get(actor, group_id)
        changes: dict[str, Any] = {"updated_at": self.clock.now()}
        if name is not None:
            changes["name"] = check_name(name, field="name")
            changes["name_folded"] = folded(changes["name"])
        if description is not None:
            changes["description"] = check_drawable(description.strip(), field="description")
        if machine_role is not None:
            changes["machine_role"] = check_machine_role(machine_role)
        try:
            document = await self._groups.find_one_and_update({"_id": group.id}, {"$set": changes})
        except Duplicate as error:
            raise Conflict("Group already exists") from error
        if document is None:
            raise NotFound(NO_GROUP)
        await self.recheck(group.tenant_id)
        changed = read(Group, document)
        roles = {"old_machine_role": group.machine_role, "new_machine_role": changed.machine_role}
        await self._record(actor, Action.GROUP_UPDATED, group, new_name=changed.name, **roles)
        return changed

    async def delete(self, actor: Actor, group_id: str) -> None:
        """Take the group away, and the access it gave. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        if not await self._groups.delete_one({"_id": group.id}):
            raise NotFound(NO_GROUP)
        await self.recheck(group.tenant_id)
        await self._record(actor, Action.GROUP_DELETED, group)

    async def members(self, actor: Actor, group_id: str, paging: PageRequest) -> Page[User]:
        """Its users, by name. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        return page_of(await self._users(group.tenant_id, group.member_ids, strict=False), paging)

    async def machines(self, actor: Actor, group_id: str, paging: PageRequest) -> Page[Machine]:
        """Its machines, by name. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        return page_of(await self._machines(group.tenant_id, group.machine_ids, strict=False), paging)

    async def add_members(self, actor: Actor, group_id: str, user_ids: Sequence[str]) -> None:
        """Put users in; all or none, twice is once. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        if not user_ids:
            raise Invalid("user_id is required")
        users = await self._users(group.tenant_id, user_ids)
        await self._add(group, "member_ids", [user.id for user in users])
        for user in users:
            await self._record(actor, Action.GROUP_MEMBER_ADDED, group, user_id=user.id, username=user.username)

    async def remove_member(self, actor: Actor, group_id: str, user_id: str) -> None:
        """Take a user out, and the access that came with it. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        if not user_id:
            raise Invalid("user_id is required")
        if not await self._pull(group, "member_ids", user_id):
            raise NotFound("User not in group")
        await self._record(actor, Action.GROUP_MEMBER_REMOVED, group, user_id=user_id)

    async def add_machines(self, actor: Actor, group_id: str, machine_ids: Sequence[str]) -> None:
        """Put machines in; all or none, twice is once. Raises Invalid, NotFound naming the first unknown one."""
        group = await self.get(actor, group_id)
        if not machine_ids:
            raise Invalid("machine_ids is required")
        machines = await self._machines(group.tenant_id, machine_ids)
        await self._add(group, "machine_ids", [machine.id for machine in machines])
        for machine in machines:
            await self._record(actor, Action.GROUP_MACHINE_ADDED, group, agent_id=machine.agent_id)

    async def remove_machine(self, actor: Actor, group_id: str, machine_id: str) -> None:
        """Take a machine out, and the access that came with it. Raises Invalid, NotFound."""
        group = await self.get(actor, group_id)
        found = await self._machines(group.tenant_id, [machine_id], strict=False)
        if not found or not await self._pull(group, "machine_ids", found[0].id):
            raise NotFound("Machine not in group")
        await self._record(actor, Action.GROUP_MACHINE_REMOVED, group, agent_id=found[0].agent_id)

    @property
    def _groups(self) -> Any:
        return self.database.collection("groups")

    async def _add(self, group: Group, side: str, ids: Sequence[str]) -> None:
        held = len(set(getattr(group, side)) | set(ids))
        if held > MAX_MEMBERS:
            raise Invalid(f"a group has at most {MAX_MEMBERS} members and machines each")
        update = {"$addToSet": {side: {"$each": list(ids)}}, "$set": {"updated_at": self.clock.now()}}
        result = await self._groups.update_one({"_id": group.id}, update)
        if not result.matched:
            raise NotFound(NO_GROUP)

    async def _pull(self, group: Group, side: str, member: str) -> bool:
        """Whether it was in; access has followed when this returns."""
        holding = {"_id": group.id, side: member}
        update = {"$pull": {side: member}, "$set": {"updated_at": self.clock.now()}}
        result = await self._groups.update_one(holding, update)
        await self.recheck(group.tenant_id)
        return bool(result.matched)

    async def _users(self, tenant_id: str, user_ids: Sequence[str], *, strict: bool = True) -> list[User]:
        """Users of the organization, by name. `strict` raises NotFound when one is not there."""
        users: list[User] = []
        for chunk in batched_ids(user_ids):
            where = {"_id": {"$in": list(chunk)}, "tenant_id": tenant_id}
            users += [read(User, each) for each in await self.database.collection("users").find(where)]
        if strict and len(users) < len(set(user_ids)):
            raise NotFound("User not found")
        return sorted(users, key=lambda user: folded(user.username))

    async def _machines(self, tenant_id: str, names: Sequence[str], *, strict: bool = True) -> list[Machine]:
        """Machines of the organization by agent id or internal id, by name. `strict` raises NotFound naming one."""
        machines: list[Machine] = []
        for chunk in batched_ids(names):
            where = {
                "tenant_id": tenant_id,
                "$or": [{"_id": {"$in": list(chunk)}}, {"agent_id": {"$in": list(chunk)}}],
            }
            machines += [read(Machine, each) for each in await self.database.collection("machines").find(where)]
        known = {machine.id for machine in machines} | {machine.agent_id for machine in machines}
        missing = [name for name in names if name not in known]
        if strict and missing:
            raise NotFound(f"Machine not found: {missing[0][:64]}")
        return sorted({machine.id: machine for machine in machines}.values(), key=lambda each: folded(each.name))

    async def _record(self, actor: Actor, action: Action, group: Group, **details: str) -> None:
        await self.audit.record(
            actor, action, "group", resource_id=group.id, tenant_id=group.tenant_id, name=group.name, **details
        )
