"""Machines: adding one, finding those one may see, taking one away with everything that hangs on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, Invalid, NotFound
from relay.domain.machines import Machine, Status
from relay.domain.names import check_drawable, check_linux_user, check_name, folded
from relay.domain.paging import Page, PageRequest
from relay.domain.tokens import ENROLMENT_PREFIX, digest
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.ports import Recheck
from relay.services.presence import Presence
from relay.services.records import containing, find_page, to_document
from relay.services.rights import Rights
from relay.services.tenants import tenant_for
from relay.store.errors import Duplicate
from relay.store.interface import Database, SyncDatabase
from relay.terminal.ending import MACHINE_GONE
from relay.terminal.hub import Hub

MAX_TAGS = 20
MAX_METADATA = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMachine:
    """What a person says of a machine before its agent exists."""

    name: str
    description: str = ""
    linux_user: str = ""
    tags: Sequence[str] = ()
    metadata: Mapping[str, str] | None = None
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A pending machine and the one-time token its agent enrols with; the token is shown once and stored hashed."""

    machine: Machine
    registration_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Use cases on machines."""

    database: Database
    rights: Rights
    presence: Presence
    hub: Hub
    audit: Audit
    recheck: Recheck
    clock: Clock
    ids: Ids
    enrolment_lifetime: timedelta = timedelta(hours=24)

    async def create(self, actor: Actor, new: NewMachine) -> Created:
        """A pending machine in the actor's organization. Raises Invalid, Forbidden, NotFound, Conflict."""
        tenant_id = await tenant_for(self.database, actor, new.tenant_id)
        machine = self._pending(actor, tenant_id, new)
        token = self.ids.token(ENROLMENT_PREFIX)
        expires_at = self.clock.now() + self.enrolment_lifetime
        enrolment = {
            "_id": self.ids.object_id(),
            "tenant_id": tenant_id,
            "machine_id": machine.id,
            "token_hash": digest(token),
            "state": "open",
            "created_by": actor.user_id,
            "created_at": self.clock.now(),
            "expires_at": expires_at,
        }

        def insert(database: SyncDatabase) -> None:
            document = to_document(machine, name_folded=folded(machine.name))
            database.collection("machines").insert_one(document)
            database.collection("enrolment_tokens").insert_one(enrolment)

        try:
            await self.database.transact(insert)
        except Duplicate as error:
            raise Conflict("Machine with this name already exists") from error
        await self._record(actor, Action.MACHINE_CREATED, machine)
        return Created(machine=machine, registration_token=token, expires_at=expires_at)

    async def list_visible(
        self,
        actor: Actor,
        paging: PageRequest,
        *,
        status: str = "",
        search: str = "",
        tag: str = "",
        tenant_id: str = "",
    ) -> Page[Machine]:
        """The machines the actor may see, by name. Raises Invalid, Forbidden."""
        parts = [await self.rights.visible(actor, tenant_id)]
        if status:
            parts.append(self.presence.where(_status(status)))
        if search:
            parts.append({"$or": [{"name": containing(search)}, {"description": containing(search)}]})
        if tag:
            parts.append({"tags": tag})
        machines = self.database.collection("machines")
        return await find_page(machines, {"$and": parts}, Machine, paging, sort=[("name_folded", 1)])

    async def get(self, actor: Actor, agent_id: str) -> Machine:
        """One machine by its agent id. Raises NotFound, Forbidden."""
        machine = await self.rights.get(actor, agent_id)
        await self.rights.require_view(actor, machine)
        return machine

    async def get_by_id(self, actor: Actor, machine_id: str) -> Machine:
        """One machine by its internal id. Raises NotFound, Forbidden."""
        machine = await self.rights.get_by_id(actor, machine_id)
        await self.rights.require_view(actor, machine)
        return machine

    async def group_ids(self, machines: Sequence[Machine]) -> Mapping[str, Sequence[str]]:
        """The groups of each machine, by the machine's internal id."""
        found: dict[str, list[str]] = {machine.id: [] for machine in machines}
        for tenant_id in {machine.tenant_id for machine in machines}:
            groups = await self.database.collection("groups").find(
                {"tenant_id": tenant_id}, projection={"machine_ids": 1}
            )
            for group in groups:
                for machine_id in found.keys() & set(group["machine_ids"]):
                    found[machine_id].append(group["_id"])
        return found

    async def delete(self, actor: Actor, agent_id: str) -> None:
        """Take a machine away: its credential, shells, grants and places in groups. Logs stay.

        Raises NotFound, Forbidden.
        """
        machine = await self.rights.get(actor, agent_id)
        if not actor.administers(machine.tenant_id):
            raise Forbidden("Admin access required")
        tombstone = {"_id": machine.agent_id, "tenant_id": machine.tenant_id, "deleted_at": self.clock.now()}

        def remove(database: SyncDatabase) -> bool:
            if not database.collection("machines").delete_one({"_id": machine.id}):
                return False
            database.collection("deleted_agents").insert_one(tombstone)
            database.collection("grants").delete_many({"machine_id": machine.id})
            mine = {"tenant_id": machine.tenant_id, "machine_id": machine.id}
            database.collection("enrolment_tokens").delete_many(mine)
            holding = {"tenant_id": machine.tenant_id, "machine_ids": machine.id}
            database.collection("groups").update_many(holding, {"$pull": {"machine_ids": machine.id}})
            return True

        if not await self.database.transact(remove):
            raise NotFound("Machine not found")  # two deleted it at once
        await self.recheck(machine.tenant_id)
        await self.hub.disconnect_agent(machine.agent_id, MACHINE_GONE, "machine deleted")
        await self._record(actor, Action.MACHINE_DELETED, machine)

    def _pending(self, actor: Actor, tenant_id: str, new: NewMachine) -> Machine:
        now = self.clock.now()
        return Machine(
            id=self.ids.object_id(),
            agent_id=self.ids.agent_id(),
            tenant_id=tenant_id,
            name=check_name(new.name, field="name"),
            description=check_drawable(new.description.strip(), field="description"),
            linux_user=check_linux_user(new.linux_user),
            tags=_check_tags(new.tags),
            metadata=check_metadata(new.metadata or {}),
            owner_id=actor.user_id,
            created_at=now,
            updated_at=now,
        )

    async def _record(self, actor: Actor, action: Action, machine: Machine) -> None:
        await self.audit.record(
            actor, action, "machine", resource_id=machine.agent_id, tenant_id=machine.tenant_id, name=machine.name
        )


def _status(name: str) -> Status:
    if name not in set(Status):
        raise Invalid("status must be pending, online or offline")
    return Status(name)


def _check_tags(tags: Sequence[str]) -> tuple[str, ...]:
    if len(tags) > MAX_TAGS:
        raise Invalid(f"tags must be at most {MAX_TAGS}")
    return tuple(dict.fromkeys(check_name(tag, field="tags", maximum=50) for tag in tags))


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """A small map of texts. Raises Invalid."""
    if len(metadata) > MAX_METADATA:
        raise Invalid(f"metadata must have at most {MAX_METADATA} entries")
    for name, value in metadata.items():
        check_name(name, field="metadata", maximum=64)
        check_drawable(value, field="metadata")
    return dict(metadata)
