"""Audit exports: one organization's entries as CSV or as JSON lines that can be verified elsewhere, page by page.

An entry says who exported what before the first byte goes out. Memory is that of one page.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.audit_chain import CHAIN, FIRST, Head, entry_of, moment
from relay.domain.audit_checkpoints import Checkpoint
from relay.domain.audit_export import ExportLines, end_line, end_message
from relay.domain.csv_cells import csv_line
from relay.domain.errors import Invalid
from relay.services.audit import Audit
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.services.audit_log import AuditFilter, AuditLog
from relay.services.ports import AuditSigner
from relay.services.records import tenant_filter
from relay.store.chained import Chains
from relay.store.interface import Database, Document, Filter, Sort

PAGE_ROWS = 500
EDGE_ROWS = 2000
"""Entries near an edge of time may be in another order by number than by time: as many as can wait to be written."""
COLUMNS = (
    "seq", "timestamp", "id", "tenant_id", "action", "category", "severity", "status", "username", "user_id",
    "resource", "resource_id", "ip_address", "source", "user_agent", "details", "prev_hash", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which numbers of the chain an export may hold, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditExports:
    """Makes exports."""

    database: Database
    log: AuditLog
    audit: Audit
    chains: Chains
    checkpoints: AuditCheckpoints
    key: AuditSigner
    clock: Clock

    async def export(self, actor: Actor, wanted: AuditFilter, tenant_id: str, form: str) -> AsyncIterator[bytes]:
        """The bytes of an export, as they are asked for. Raises Invalid, Forbidden."""
        if actor.is_super_admin and not tenant_id:
            raise Invalid("tenant_id is required for an export")
        scope = tenant_filter(actor, tenant_id or None)
        tenant_id = tenant_id or actor.tenant_id
        conditions = await self.log.conditions(scope, wanted)
        await self._record(actor, wanted, tenant_id, form)
        await self.checkpoints.sign(tenant_id)
        stretch = await self._stretch(tenant_id, wanted)
        chained = _chained(tenant_id, conditions if wanted.shown() else {})
        earlier = {"tenant_id": tenant_id, **conditions, "chain": None}
        if form == "csv":
            return self._csv(earlier, chained, stretch)
        return self._lines(tenant_id, wanted, earlier, chained, stretch)

    async def _record(self, actor: Actor, wanted: AuditFilter, tenant_id: str, form: str) -> None:
        span = {name: moment(at) for name, at in (("from", wanted.since), ("to", wanted.until)) if at is not None}
        details = {"format": form, **wanted.shown(), **span}
        await self.audit.record(
            actor, Action.AUDIT_EXPORTED, "organization", resource_id=tenant_id, tenant_id=tenant_id, asked=details
        )

    async def _stretch(self, tenant_id: str, wanted: AuditFilter) -> Stretch:
        """From the first to the last entry in the time asked for, so that what lies between is unbroken."""
        end = await self.chains.head(tenant_id)
        if not wanted.bounds:
            return Stretch(1, end.seq)
        ahead = await self._edge(tenant_id, wanted, 1)
        behind = await self._edge(tenant_id, wanted, -1)
        return Stretch(min(ahead), min(max(behind), end.seq)) if ahead and behind else Stretch(1, 0)

    async def _edge(self, tenant_id: str, wanted: AuditFilter, direction: int) -> list[int]:
        where = {"tenant_id": tenant_id, "timestamp": wanted.bounds}
        found = await self.database.collection("audit").find(
            where, sort=[("timestamp", direction)], limit=EDGE_ROWS, projection={"seq": 1}
        )
        return [each["seq"] for each in found if each.get("seq") is not None]

    async def _csv(self, earlier: Filter, chained: Filter, stretch: Stretch) -> AsyncIterator[bytes]:
        yield csv_line(COLUMNS)
        skip, after = 0, stretch.first - 1
        while page := await self._earlier(earlier, skip):
            yield b"".join(map(_csv_row, page))
            skip += len(page)
        while page := await self._page(chained, after, stretch.last):
            yield b"".join(map(_csv_row, page))
            after = page[-1]["seq"]

    async def _lines(
        self, tenant_id: str, wanted: AuditFilter, earlier: Filter, chained: Filter, stretch: Stretch
    ) -> AsyncIterator[bytes]:
        lines = ExportLines(await self._header(tenant_id, wanted, stretch), self.key.kid)
        yield lines.begin()
        skip, after = 0, stretch.first - 1
        while page := await self._earlier(earlier, skip):
            yield b"".join(lines.aside("earlier", _earlier_entry(each)) for each in page)
            skip += len(page)
        while page := await self._page(chained, after, stretch.last):
            signed = {each.seq: each for each in await self.checkpoints.between(tenant_id, after, page[-1]["seq"])}
            yield b"".join(_with_checkpoint(lines, each, signed.get(each["seq"])) for each in page)
            after = page[-1]["seq"]
        end = lines.end()
        yield end_line(end, self.key.sign(end_message(end)))

    async def _header(self, tenant_id: str, wanted: AuditFilter, stretch: Stretch) -> dict[str, Any]:
        before = Head(0, FIRST)
        if stretch.first > 1:
            where = {"tenant_id": tenant_id, "chain": CHAIN, "seq": stretch.first - 1}
            found = await self.database.collection("audit").find_one(where)
            before = Head(stretch.first - 1, found["hash"] if found else FIRST)
        return {
            "tenant_id": tenant_id,
            "first_seq": stretch.first,
            "prev_hash": before.hash,
            "filters": wanted.shown(),
            "from": None if wanted.since is None else moment(wanted.since),
            "to": None if wanted.until is None else moment(wanted.until),
            "exported_at": moment(self.clock.now()),
            "keys": [dict(each) for each in self.key.published],
        }

    async def _page(self, where: Filter, after: int, last: int) -> list[Document]:
        return await self._find({**where, "seq": {"$gt": after, "$lte": last}}, [("seq", 1)])

    async def _earlier(self, where: Filter, skip: int) -> list[Document]:
        """Entries older than the chain; there are some only where a relay without one has run."""
        return await self._find(where, [("timestamp", 1), ("_id", 1)], skip)

    async def _find(self, where: Filter, sort: Sort, skip: int = 0) -> list[Document]:
        return await self.database.collection("audit").find(where, sort=sort, skip=skip, limit=PAGE_ROWS)


def _chained(tenant_id: str, conditions: Filter) -> Filter:
    """Entries of the chain in its order: the conditions stand in a branch of their own, where no index is sought for
    them, because each page must be read in the order of the numbers."""
    return {"tenant_id": tenant_id, "chain": CHAIN, **({"$or": [conditions]} if conditions else {})}


def _with_checkpoint(lines: ExportLines, document: Document, checkpoint: Checkpoint | None) -> bytes:
    line = _entry_line(lines, document)
    return line if checkpoint is None else line + lines.aside("checkpoint", checkpoint.shown())


def _entry_line(lines: ExportLines, document: Document) -> bytes:
    try:
        return lines.entry(entry_of(document), document["hash"])
    except (KeyError, TypeError, ValueError, AttributeError):
        # Somebody has been at the database: the export says so, and verification stops here.
        return lines.aside("damaged", {"id": str(document["_id"]), "seq": str(document.get("seq"))})


def _earlier_entry(document: Document) -> dict[str, Any]:
    texts = {name: value for name, value in document.items() if isinstance(value, str) and name != "_id"}
    details = json.dumps(document["details"], default=str)
    return {**texts, "id": document["_id"], "timestamp": moment(document["timestamp"]), "details": details}


def _csv_row(document: Document) -> bytes:
    shown = {
        **document,
        "id": document["_id"],
        "timestamp": moment(document["timestamp"]),
        "details": json.dumps(document.get("details"), ensure_ascii=False, sort_keys=True, default=str),
    }
    return csv_line(shown.get(name) for name in COLUMNS)
