"""Signing the ends of the audit chains: by count, by time, before an export, and at the end of the relay.

Each checkpoint goes to the file beside the database first, then into the database, then into the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
import trio

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit_chain import Head, moment
from relay.domain.audit_checkpoints import Checkpoint, read_checkpoint
from relay.domain.errors import Unavailable
from relay.domain.paging import Page, PageRequest
from relay.services.ports import AuditSigner, Checkpoints
from relay.services.records import tenant_filter
from relay.store.chained import Chains
from relay.store.errors import Duplicate
from relay.store.interface import Database

EVERY_ENTRIES = 1000
"""A chain that grew by so many is signed at once: what can be rewritten unseen, by whoever has the database alone."""
EVERY = timedelta(minutes=5)
"""A chain that grew at all is signed after this."""
NEWEST = 100
"""How many of the highest are looked at for one of an entry that is gone."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class AuditCheckpoints:
    """Makes checkpoints and finds them."""

    database: Database
    chains: Chains
    key: AuditSigner
    file: Checkpoints
    clock: Clock
    _signed: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _turn: trio.Lock = field(default_factory=trio.Lock)

    async def begin(self) -> None:
        """At a start: say loudly which trails end before what was once signed, and keep the file small."""
        await trio.to_thread.run_sync(self.file.compact)
        for tenant_id, newest in (await trio.to_thread.run_sync(self.file.newest)).items():
            head = await self.chains.head(tenant_id)
            if head.seq < newest.seq:
                log.error("audit trail ends before its newest checkpoint: cut off, or restored from an older backup",
                          tenant_id=tenant_id, ends_at=head.seq, signed_at=newest.seq)  # fmt: skip

    async def sign_due(self) -> None:
        """Sign every chain that has grown enough, or for long enough."""
        for tenant_id, head in list(self.chains.written.items()):
            seq, at = await self._last(tenant_id)
            if head.seq - seq >= EVERY_ENTRIES or (head.seq > seq and self.clock.now() - at >= EVERY):
                await self.sign(tenant_id)

    async def sign_all(self) -> None:
        """At the end: sign every chain that has grown, as far as the disk and the database let us."""
        for tenant_id in list(self.chains.written):
            try:
                await self.sign(tenant_id)
            except Exception:  # the relay ends all the same, and the next start signs; logged here, once
                log.exception("audit checkpoint failed", tenant_id=tenant_id)

    async def sign(self, tenant_id: str) -> None:
        """Sign the end of one chain, unless that is done. Raises Unavailable when the file cannot be written."""
        async with self._turn:
            head = self.chains.written.get(tenant_id) or await self.chains.head(tenant_id)
            if head.seq > (await self._last(tenant_id))[0]:
                await self._sign(tenant_id, head)

    async def _sign(self, tenant_id: str, head: Head) -> None:
        now = self.clock.now()
        bare = Checkpoint(tenant_id=tenant_id, seq=head.seq, hash=head.hash, time=moment(now), kid=self.key.kid)
        signed = replace(bare, signature=self.key.sign(bare.message))
        try:
            await trio.to_thread.run_sync(partial(self.file.append, signed))
        except OSError as error:
            raise Unavailable(f"A checkpoint of the audit log cannot be written: {error.strerror or error}") from error
        try:
            await self.database.collection("audit_checkpoints").insert_one(_document(signed))
        except Duplicate:  # an older state was restored: the file has both, and verification will say so
            log.error("audit checkpoint exists already", tenant_id=tenant_id, seq=head.seq)
        self._signed[tenant_id] = (head.seq, now)
        log.info("audit checkpoint", checkpoint=signed.shown())

    async def _last(self, tenant_id: str) -> tuple[int, datetime]:
        """The newest checkpoint's entry and when it was signed; where there is none, now counts as the time."""
        if tenant_id not in self._signed:
            found = await self.database.collection("audit_checkpoints").find_one(
                {"tenant_id": tenant_id}, sort=[("seq", -1)]
            )
            now = self.clock.now()
            at = now if found is None else min(now, datetime.fromisoformat(found["time"]))
            self._signed[tenant_id] = (0 if found is None else found["seq"], at)
        return self._signed[tenant_id]

    async def page(self, actor: Actor, tenant_id: str, paging: PageRequest) -> Page[Checkpoint]:
        """One organization's checkpoints, newest first. Raises Forbidden."""
        tenant_filter(actor, tenant_id or None)
        where = {"tenant_id": tenant_id or actor.tenant_id}
        collection = self.database.collection("audit_checkpoints")
        found = await collection.find(where, sort=[("seq", -1)], skip=paging.skip, limit=paging.limit)
        items = [read_checkpoint(each) for each in found]
        return Page(items=items, total=await collection.count(where), page=paging.page, limit=paging.limit)

    async def between(self, tenant_id: str, after: int, to: int) -> Sequence[Checkpoint]:
        """The database's checkpoints of entries after `after`, up to `to`, in order."""
        where = {"tenant_id": tenant_id, "seq": {"$gt": after, "$lte": to}}
        found = await self.database.collection("audit_checkpoints").find(where, sort=[("seq", 1)])
        return [read_checkpoint(each) for each in found]

    async def newest(self, tenant_id: str) -> Sequence[Checkpoint]:
        """The database's checkpoints of the highest entries."""
        where = {"tenant_id": tenant_id}
        found = await self.database.collection("audit_checkpoints").find(where, sort=[("seq", -1)], limit=NEWEST)
        return [read_checkpoint(each) for each in found]

    async def in_file(self, tenant_id: str) -> Sequence[Checkpoint]:
        """The file's checkpoints of one organization, in order."""
        return await trio.to_thread.run_sync(partial(self.file.of, tenant_id))


def _document(checkpoint: Checkpoint) -> dict[str, object]:
    return {"_id": f"{checkpoint.tenant_id}:{checkpoint.seq}:{checkpoint.kid}", **checkpoint.shown()}
