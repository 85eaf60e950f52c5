"""Whether an organization's audit trail is what was written: the chain, and every checkpoint there is of it.

Reads page by page in the order of the chain, and checks in a worker thread, so that neither memory nor the terminals
notice how long the trail is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import trio

from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.audit_chain import CHAIN, ChainCheck, Fault, Head, Kind
from relay.domain.audit_checkpoints import Checkpoint, CheckpointCheck
from relay.domain.errors import TooMany
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.services.ports import AuditSigner
from relay.services.records import tenant_filter
from relay.store.chained import Chains
from relay.store.interface import Database, Document

PAGE_ROWS = 500
QUIET_TRIES = 10
"""How often to look for a moment between two writes, to count what stands outside the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What verification found. `earlier` entries are older than the chain and not covered by it."""

    tenant_id: str
    rows: int
    checkpoints: int
    head: Head
    earlier: int
    fault: Fault | None


class _Trail:
    """One verification under way; its methods run in a worker thread."""

    def __init__(self, key: AuditSigner, in_file: Iterable[Checkpoint]) -> None:
        self.chain = ChainCheck()
        self.signed = CheckpointCheck(key.verify)
        self.fault: Fault | None = None
        self.earlier = 0
        self._in_file: dict[int, set[Checkpoint]] = defaultdict(set)
        for each in in_file:
            self._in_file[each.seq].add(each)

    def page(self, documents: Sequence[Document], checkpoints: Iterable[Checkpoint]) -> None:
        """Check entries and the checkpoints of these entries."""
        at: dict[int, set[Checkpoint]] = defaultdict(set)
        for each in checkpoints:
            at[each.seq].add(each)
        for document in documents:
            self.chain.documents([document])
            self.fault = self.chain.fault
            if self.fault is None:
                self._compare(at.get(document["seq"], set()) | self._in_file.get(document["seq"], set()))
            if self.fault is not None:
                return
            if document["seq"] == 1 and document["action"] == Action.AUDIT_CHAIN_STARTED:
                self.earlier = document["details"].get("earlier_entries", 0)

    def _compare(self, checkpoints: Iterable[Checkpoint]) -> None:
        for each in checkpoints:
            self.fault = self.fault or self.signed.compare(each, self.chain.head)

    def end(self, beyond: Iterable[Checkpoint], outside: int | None) -> None:
        """After the last entry: checkpoints of later ones, and entries outside the chain."""
        later = [each for seq, found in self._in_file.items() if seq > self.chain.head.seq for each in found]
        ahead = sorted({*beyond, *later}, key=lambda each: each.seq, reverse=True)
        self.fault = self.fault or self.signed.beyond(ahead, self.chain.head) or _strangers(outside, self.earlier)


def _strangers(outside: int | None, earlier: int) -> Fault | None:
    if outside is None or outside == earlier:
        return None
    if outside > earlier:
        text = f"Entries outside the chain: {outside - earlier}, which this relay did not write"
        return Fault(position=0, kind=Kind.EDITED, text=text)
    text = f"Entries from before the chain: {earlier - outside} are missing"
    return Fault(position=0, kind=Kind.DELETED, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerification:
    """Verifies. One at a time for each organization."""

    database: Database
    chains: Chains
    checkpoints: AuditCheckpoints
    key: AuditSigner
    running: set[str] = field(default_factory=set)

    async def verify(self, actor: Actor, tenant_id: str = "") -> Report:
        """Check the whole trail of an organization. Raises Forbidden, TooMany."""
        tenant_filter(actor, tenant_id or None)
        tenant_id = tenant_id or actor.tenant_id
        if tenant_id in self.running:
            raise TooMany("This audit trail is being verified already", 5)
        self.running.add(tenant_id)
        try:
            return await self._verify(tenant_id)
        finally:
            self.running.discard(tenant_id)

    async def _verify(self, tenant_id: str) -> Report:
        # Checkpoints first: one that is signed meanwhile, of an entry written meanwhile, must not look like a cut.
        trail = _Trail(self.key, await self.checkpoints.in_file(tenant_id))
        newest = await self.checkpoints.newest(tenant_id)
        outside, end = await self._outside(tenant_id)
        after = 0
        while trail.fault is None and (documents := await self._page(tenant_id, after, end.seq)):
            last = documents[-1]["seq"]
            signed = await self.checkpoints.between(tenant_id, after, last)
            await trio.to_thread.run_sync(partial(trail.page, documents, signed))
            after = last
        if trail.fault is None:
            trail.end([each for each in newest if each.seq > end.seq], outside)
        return Report(
            tenant_id=tenant_id,
            rows=trail.chain.rows,
            checkpoints=trail.signed.sound,
            head=trail.chain.head,
            earlier=trail.earlier,
            fault=trail.fault,
        )

    async def _page(self, tenant_id: str, after: int, to: int) -> list[Document]:
        where = {"tenant_id": tenant_id, "chain": CHAIN, "seq": {"$gt": after, "$lte": to}}
        return await self.database.collection("audit").find(where, sort=[("seq", 1)], limit=PAGE_ROWS)

    async def _outside(self, tenant_id: str) -> tuple[int | None, Head]:
        """How many entries are not in the chain, and the chain's end; None when it never was still for a moment."""
        head = await self.chains.head(tenant_id)
        for _ in range(QUIET_TRIES):
            total = await self.database.collection("audit").count({"tenant_id": tenant_id})
            again = await self.chains.head(tenant_id)
            if again == head:
                return total - head.seq, head
            head = again
        return None, head
