"""What requests for access and held commands share: which of them one sees, and that each is settled exactly once."""

from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.approvals import ApprovalStatus, Step, moved
from relay.domain.errors import Invalid, NotFound
from relay.domain.names import is_object_id
from relay.services.records import EVERY_TENANT, one_of, tenant_filter
from relay.store.interface import Database, Document, Filter, SyncDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """One collection of them; `thing` is its noun in refusals."""

    database: Database
    clock: Clock
    collection: str
    thing: str

    async def get(self, actor: Actor, ident: str) -> Document:
        """One that exists for the actor. Raises Invalid, NotFound."""
        if not is_object_id(ident):
            raise Invalid(f"Invalid {self.thing} ID")
        found = await self.database.collection(self.collection).find_one({"_id": ident})
        if found is None or not actor.sees(found["tenant_id"]):
            raise NotFound(f"{self.thing.capitalize()} not found")
        return found

    async def visible(self, actor: Actor, *, status: str = "", mine: bool = False) -> Filter:
        """A filter: one's own, those for machines one owns, and for administrators all of the organization's."""
        if status and status not in set(ApprovalStatus):
            raise Invalid("status must be pending, approved, denied, cancelled or expired")
        where: dict[str, Any] = {**tenant_filter(actor), **({"status": status} if status else {})}
        if mine:
            return {**where, "user_id": actor.user_id}
        if actor.is_admin:
            return where
        owned = await self.database.collection("machines").find(
            {"tenant_id": actor.tenant_id, "owner_id": actor.user_id}, projection={"_id": 1}
        )
        return {**where, "$or": [{"user_id": actor.user_id}, one_of("machine_id", [each["_id"] for each in owned])]}

    def settle(self, database: SyncDatabase, ident: str, step: Step, changes: Document) -> Document:
        """Inside a transaction: take the step if nobody was faster. Raises NotFound, Conflict."""
        rows, now = database.collection(self.collection), self.clock.now()
        found = rows.find_one({"_id": ident})
        if found is None:
            raise NotFound(f"{self.thing.capitalize()} not found")
        was = ApprovalStatus(found["status"])
        status = moved(was, step, pending_until=found["pending_until"], now=now)
        update = {"$set": {**changes, "status": status.value, "decided_at": now}}
        settled = rows.find_one_and_update({"_id": ident, "status": was.value}, update)
        if settled is None:
            raise NotFound(f"{self.thing.capitalize()} not found")
        return settled

    async def settle_alone(self, ident: str, step: Step, changes: Document) -> Document:
        """As `settle`, in a transaction of its own."""
        return await self.database.transact(lambda database: self.settle(database, ident, step, changes))

    async def overdue(self) -> list[Document]:
        """Those that nobody decided on in time, of every organization."""
        where = {**EVERY_TENANT, "status": ApprovalStatus.PENDING.value, "pending_until": {"$lte": self.clock.now()}}
        return await self.database.collection(self.collection).find(where, limit=1000)


def decided_by(actor: Actor, note: str) -> Document:
    """Who decided, and what they said."""
    return {"decided_by": actor.user_id, "decided_by_username": actor.username, "decision_note": note}
