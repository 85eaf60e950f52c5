"""Which machines exist for an actor, and what the actor may do with one. Asked anew each time; nothing is cached."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Access, Actor, Grant, decide
from relay.domain.errors import Forbidden, NotFound
from relay.domain.groups import Group
from relay.domain.machines import Machine
from relay.services.records import find_record, one_of, read, tenant_filter
from relay.store.interface import Database, Filter

NO_MACHINE = "Machine not found"
NOT_AUTHORIZED = "Not authorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Reads grants and groups, and lets the domain decide."""

    database: Database
    clock: Clock
    admin_implicit: bool = True

    async def get(self, actor: Actor, agent_id: str) -> Machine:
        """The machine, if it exists for the actor at all. Raises NotFound."""
        return self._existing(
            actor, find_record(Machine, await self.database.collection("machines").find_one({"agent_id": agent_id}))
        )

    async def get_by_id(self, actor: Actor, machine_id: str) -> Machine:
        """As `get`, by the internal id. Raises NotFound."""
        return self._existing(actor, await self.find_machine(machine_id))

    async def find_machine(self, machine_id: str) -> Machine | None:
        """Any organization's machine by its internal id, for those who check the right themselves."""
        return find_record(Machine, await self.database.collection("machines").find_one({"_id": machine_id}))

    async def find(self, actor: Actor, machine: Machine) -> Access | None:
        """The actor's right to use this machine now, or None."""
        grants = await self.database.collection("grants").find({"machine_id": machine.id, "user_id": actor.user_id})
        groups = await self.database.collection("groups").find(
            {"tenant_id": machine.tenant_id, "member_ids": actor.user_id, "machine_ids": machine.id}
        )
        return decide(
            actor,
            machine,
            grants=[read(Grant, each) for each in grants],
            groups=[read(Group, each) for each in groups],
            now=self.clock.now(),
            admin_implicit=self.admin_implicit,
        )

    async def require_view(self, actor: Actor, machine: Machine) -> None:
        """Whether logs, sessions and details may be read: administrators, and whoever may use it. Raises Forbidden."""
        if not actor.administers(machine.tenant_id) and await self.find(actor, machine) is None:
            raise Forbidden(NOT_AUTHORIZED)

    def require_change(self, actor: Actor, machine: Machine) -> None:
        """Whether access to it may be given and taken: administrators and the owner. Raises Forbidden."""
        owns = machine.owner_id == actor.user_id and machine.tenant_id == actor.tenant_id
        if not actor.administers(machine.tenant_id) and not owns:
            raise Forbidden(NOT_AUTHORIZED)

    async def visible(self, actor: Actor, tenant_id: str | None = None) -> Filter:
        """A filter over machines: those whose details the actor may read. Raises Forbidden (foreign `tenant_id`)."""
        scope = tenant_filter(actor, tenant_id)
        if actor.is_admin:
            return scope
        return {**scope, "$or": [{"owner_id": actor.user_id}, one_of("_id", await self._granted_ids(actor))]}

    async def usable(self, actor: Actor, tenant_id: str) -> Filter:
        """A filter over machines of one organization: those the actor may use now."""
        if self.admin_implicit and actor.administers(tenant_id):
            return {"tenant_id": tenant_id}
        own = [{"owner_id": actor.user_id}, one_of("_id", await self._granted_ids(actor))]
        return {"tenant_id": actor.tenant_id, "$or": own}

    async def visible_ids(self, actor: Actor) -> Sequence[str] | None:
        """The internal ids of those machines; None where a whole organization (or all) is visible."""
        if actor.is_admin:
            return None
        found = await self.database.collection("machines").find(await self.visible(actor), projection={"_id": 1})
        return [each["_id"] for each in found]

    async def _granted_ids(self, actor: Actor) -> set[str]:
        now = self.clock.now()
        own = {"tenant_id": actor.tenant_id, "user_id": actor.user_id}
        grants = [read(Grant, each) for each in await self.database.collection("grants").find(own)]
        groups = await self.database.collection("groups").find(
            {"tenant_id": actor.tenant_id, "member_ids": actor.user_id}, projection={"machine_ids": 1}
        )
        direct = {grant.machine_id for grant in grants if grant.is_valid(now)}
        return direct.union(*(group["machine_ids"] for group in groups))

    def _existing(self, actor: Actor, machine: Machine | None) -> Machine:
        if machine is None or not actor.sees(machine.tenant_id):
            raise NotFound(NO_MACHINE)
        return machine
