"""Streaming the audit trails to one receiver: each entry at least once, in the order of its chain, whatever happens.

How far the receiver has got is stored for each organization, after it has taken a batch. A receiver that is away delays
nobody: entries wait where they are, in the database, and nothing is kept in memory but one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import trio

from relay.domain.audit_chain import CHAIN
from relay.domain.audit_checkpoints import Checkpoint
from relay.domain.audit_stream import Message
from relay.outbound.receivers import Receiver
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.services.audit_start import AuditStart
from relay.store.chained import Chains
from relay.store.interface import Database, Document

BATCH_ROWS = 200
LOOK_S = 10.0
"""Checkpoints, and entries of another relay on the same database, come without a word: look so often."""


@dataclass(slots=True)
class Cursor:
    """How far one organization's trail has been taken: entries and checkpoints, by their numbers."""

    seq: int = 0
    checkpoint_seq: int = 0


@dataclass(slots=True, kw_only=True)
class AuditStream:
    """One receiver's stream. `name` stands for the receiver in the store: another one begins at the beginning."""

    name: str
    database: Database
    chains: Chains
    checkpoints: AuditCheckpoints
    start: AuditStart
    receiver: Receiver
    message: Message
    _cursors: dict[str, Cursor] = field(default_factory=dict)
    _next_look: float = float("-inf")

    async def deliver(self) -> int:
        """Send everything the receiver does not have yet, a batch of each organization in turn; how much it was.

        Raises Unreceived.
        """
        delivered = 0
        pending = await self._pending()
        while pending:
            counts = {tenant_id: await self._deliver_batch(tenant_id) for tenant_id in pending}
            pending = [tenant_id for tenant_id, count in counts.items() if count]
            delivered += sum(counts.values())
        return delivered

    async def wait(self) -> None:
        """Until there is something to send, or might be."""
        with trio.move_on_after(LOOK_S):
            while not self._behind():
                await self.chains.moved.park()

    async def _pending(self) -> Sequence[str]:
        """All organizations now and then; in between those whose trail is known to have grown."""
        if trio.current_time() < self._next_look:
            return self._behind()
        self._next_look = trio.current_time() + LOOK_S
        return await self.start.tenants()

    def _behind(self) -> list[str]:
        nothing = Cursor()
        return [name for name, head in self.chains.written.items() if head.seq > self._cursors.get(name, nothing).seq]

    async def _deliver_batch(self, tenant_id: str) -> int:
        cursor = await self._cursor(tenant_id)
        entries = await self._entries(tenant_id, cursor.seq)
        reached = entries[-1]["seq"] if entries else cursor.seq
        checkpoints = await self._checkpoints(tenant_id, cursor, reached)
        messages = [*map(self.message, entries), *map(self.message, checkpoints)]
        if messages:
            await self.receiver.send(messages)
            signed = checkpoints[-1].seq if checkpoints else cursor.checkpoint_seq
            await self._keep(tenant_id, Cursor(reached, signed))
        return len(messages)

    async def _entries(self, tenant_id: str, after: int) -> list[Document]:
        where = {"tenant_id": tenant_id, "chain": CHAIN, "seq": {"$gt": after}}
        return await self.database.collection("audit").find(where, sort=[("seq", 1)], limit=BATCH_ROWS)

    async def _checkpoints(self, tenant_id: str, cursor: Cursor, reached: int) -> Sequence[Checkpoint]:
        """Those of entries that have been sent by then, so that a receiver never hears of an entry it lacks."""
        if reached <= cursor.checkpoint_seq:
            return ()
        return (await self.checkpoints.between(tenant_id, cursor.checkpoint_seq, reached))[:BATCH_ROWS]

    async def _cursor(self, tenant_id: str) -> Cursor:
        if tenant_id not in self._cursors:
            found = await self.database.collection("audit_cursors").find_one({"_id": self._id(tenant_id)})
            stored = Cursor() if found is None else Cursor(found["seq"], found["checkpoint_seq"])
            self._cursors[tenant_id] = stored
        return self._cursors[tenant_id]

    async def _keep(self, tenant_id: str, cursor: Cursor) -> None:
        changed: dict[str, Any] = {"seq": cursor.seq, "checkpoint_seq": cursor.checkpoint_seq, "tenant_id": tenant_id}
        collection = self.database.collection("audit_cursors")
        await collection.update_one({"_id": self._id(tenant_id)}, {"$set": changed}, upsert=True)
        self._cursors[tenant_id] = cursor

    def _id(self, tenant_id: str) -> str:
        return f"{self.name}|{tenant_id}"
