"""Which machines a run is for: as they are named, and no other than the person may use."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.domain.access import Actor
from relay.domain.errors import Invalid, NotFound
from relay.domain.machines import Machine
from relay.domain.names import is_object_id
from relay.domain.runs import RunRequest
from relay.services.records import batched_ids, read
from relay.services.rights import NO_MACHINE, Rights
from relay.services.tenants import tenant_for
from relay.store.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTargets:
    """Resolves names, tags and groups at the moment a run is asked for. Rights are decided again as each is sent."""

    database: Database
    rights: Rights
    most: int

    async def resolve(self, actor: Actor, wanted: RunRequest) -> Sequence[Machine]:
        """The machines, by name; all of one organization. Raises Invalid, Forbidden, NotFound."""
        found = await (self._named(actor, wanted.agent_ids) if wanted.agent_ids else self._usable(actor, wanted))
        if not found:
            raise Invalid("no machine that you may use is meant by that")
        if len(found) > self.most:
            raise Invalid(f"a run may have at most {self.most} machines, and {len(found)} are meant by that")
        if len({machine.tenant_id for machine in found}) > 1:
            raise Invalid("the machines of a run must be of one organization")
        return sorted(found, key=lambda machine: (machine.name.casefold(), machine.id))

    async def _named(self, actor: Actor, agent_ids: Sequence[str]) -> list[Machine]:
        """Each must exist for the actor; one without a right is refused later, on its own lane."""
        found: dict[str, Machine] = {}
        for chunk in batched_ids(agent_ids):
            documents = await self.database.collection("machines").find({"agent_id": {"$in": list(chunk)}})
            found |= {each["agent_id"]: read(Machine, each) for each in documents}
        for agent_id in agent_ids:
            if agent_id not in found or not actor.sees(found[agent_id].tenant_id):
                raise NotFound(f"{NO_MACHINE}: {agent_id}")
        return list(found.values())

    async def _usable(self, actor: Actor, wanted: RunRequest) -> list[Machine]:
        tenant_id = await tenant_for(self.database, actor, wanted.tenant_id)
        usable = await self.rights.usable(actor, tenant_id)
        machines = self.database.collection("machines")
        if wanted.tags:
            where = {"$and": [{"tenant_id": tenant_id}, usable, {"tags": {"$all": list(wanted.tags)}}]}
            return [read(Machine, each) for each in await machines.find(where)]
        found: list[Machine] = []
        for chunk in batched_ids(await self._group(tenant_id, wanted.group_id)):
            where = {"$and": [{"_id": {"$in": list(chunk)}, "tenant_id": tenant_id}, usable]}
            found += [read(Machine, each) for each in await machines.find(where)]
        return found

    async def _group(self, tenant_id: str, group_id: str) -> Sequence[str]:
        if not is_object_id(group_id):
            raise Invalid("group_id must be a group's id")
        where = {"_id": group_id, "tenant_id": tenant_id}
        group = await self.database.collection("groups").find_one(where, projection={"machine_ids": 1})
        if group is None:
            raise NotFound("Group not found")
        machine_ids: Sequence[str] = group["machine_ids"]
        return machine_ids
