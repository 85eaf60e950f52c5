"""Search in the command log of all machines one may see, newest first, and exports of what is found.

Each request reads a bounded number of rows and says where it stopped, so that no question costs more than another and
no answer is silently incomplete. Where a person sees some machines only, they are asked for in portions and merged.
"""

import heapq
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.commands import CommandRecord
from relay.domain.csv_cells import csv_line
from relay.domain.json_text import tamed
from relay.domain.log_search import Found, LogSearch, Place
from relay.services.audit import Audit
from relay.services.records import containing, read, tenant_filter
from relay.services.rights import Rights
from relay.store.interface import Database, Document, Filter, Newest

EXAMINE_ROWS = 10_000
"""Rows one request reads at most where no index knows the answer: some tenths of a second."""
MACHINES_AT_ONCE = 250
EXPORT_ROWS = 500
COLUMNS = (
    "timestamp", "machine_name", "agent_id", "username", "user_id", "command", "exit_code", "success", "duration_ms",
    "source", "session_id", "cwd", "method", "confidence", "attested", "ip_address", "id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearches:
    """Finds rows; writes none."""

    database: Database
    rights: Rights
    audit: Audit

    async def find(self, actor: Actor, wanted: LogSearch, after: Place | None, limit: int) -> Found:
        """One page. Raises Invalid, NotFound, Forbidden."""
        scopes = await self._scopes(actor, wanted)
        where = _conditions(wanted, after)
        examine = max(EXAMINE_ROWS // max(len(scopes), 1), limit)
        pages = [await self._newest({**scope, **where}, limit + 1, examine) for scope in scopes]
        return _merged(pages, limit)

    async def export(self, actor: Actor, wanted: LogSearch, after: Place | None, *, form: str) -> AsyncIterator[bytes]:
        """Everything that is found, as CSV or JSON lines, page by page; who exports it is written down first.

        Raises Invalid, NotFound, Forbidden before the first part.
        """
        first = await self.find(actor, wanted, after, EXPORT_ROWS)
        tenant_id = wanted.tenant_id or actor.tenant_id
        asked = {"format": form, **wanted.shown()}
        await self.audit.record(
            actor, Action.COMMANDS_EXPORTED, "machine", resource_id=wanted.agent_id, tenant_id=tenant_id, asked=asked
        )
        return self._parts(actor, wanted, first, form)

    async def _parts(self, actor: Actor, wanted: LogSearch, page: Found, form: str) -> AsyncIterator[bytes]:
        if form == "csv":
            yield csv_line(COLUMNS)
        line = _csv_row if form == "csv" else _json_line
        while True:
            yield b"".join(line(each) for each in page.rows)
            if page.next is None:
                return
            page = await self.find(actor, wanted, page.next, EXPORT_ROWS)

    async def _newest(self, where: Filter, limit: int, examine: int) -> Newest:
        rows = self.database.collection("commands")
        return await rows.newest(where, "timestamp", limit=limit, examine=examine)

    async def _scopes(self, actor: Actor, wanted: LogSearch) -> Sequence[Filter]:
        """Filters that together cover the machines asked for, as far as the actor may see them."""
        tenant = tenant_filter(actor, wanted.tenant_id or None)
        if wanted.agent_id:
            machine = await self.rights.get(actor, wanted.agent_id)
            await self.rights.require_view(actor, machine)
            return [{"tenant_id": machine.tenant_id, "machine_id": machine.id}] if _has(machine.tags, wanted) else []
        if actor.is_admin and not wanted.tag:
            return [tenant]
        visible = await self.rights.visible(actor, wanted.tenant_id or None)
        where = {"$and": [visible, {"tags": wanted.tag}]} if wanted.tag else visible
        found = await self.database.collection("machines").find(where, projection={"_id": 1})
        ids = sorted(each["_id"] for each in found)
        starts = range(0, len(ids), MACHINES_AT_ONCE)
        return [{**tenant, "machine_id": {"$in": ids[start : start + MACHINES_AT_ONCE]}} for start in starts]


def _has(tags: Sequence[str], wanted: LogSearch) -> bool:
    return not wanted.tag or wanted.tag in tags


def _conditions(wanted: LogSearch, after: Place | None) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(wanted, name) for name in ("user_id", "source") if getattr(wanted, name)}
    found |= {name: getattr(wanted, name) for name in ("exit_code", "success") if getattr(wanted, name) is not None}
    if wanted.text:
        found["command"] = containing(wanted.text, field="q")
    until = min((at for at in (wanted.until, after.at if after else None) if at is not None), default=None)
    bounds = {operator: at for operator, at in (("$gte", wanted.since), ("$lte", until)) if at is not None}
    if bounds:
        found["timestamp"] = bounds
    if after is not None:
        found["$or"] = [{"timestamp": {"$lt": after.at}}, {"timestamp": after.at, "_id": {"$lt": after.id}}]
    return found


def _merged(pages: Sequence[Newest], limit: int) -> Found:
    """The latest rows of all portions, no older than where the first of them stopped reading."""
    floor = max((page.stopped_at for page in pages if page.stopped_at is not None), default=None)
    together = heapq.merge(*(page.documents for page in pages), key=_key, reverse=True)
    sure = (each for each in together if floor is None or each["timestamp"] >= floor)
    rows = [read(CommandRecord, each) for each in islice(sure, limit + 1)]
    if len(rows) > limit:
        return Found(rows=rows[:limit], next=Place(at=rows[limit - 1].timestamp, id=rows[limit - 1].id))
    return Found(rows=rows, next=None if floor is None else Place(at=floor))


def _key(document: Document) -> tuple[datetime, str]:
    return document["timestamp"], document["_id"]


def _csv_row(record: CommandRecord) -> bytes:
    return csv_line(_said(record, name) for name in COLUMNS)


def _json_line(record: CommandRecord) -> bytes:
    """ASCII throughout: what moves a cursor or ends a line somewhere is written out."""
    return tamed(json.dumps({name: _said(record, name) for name in COLUMNS}).encode()) + b"\n"


def _said(record: CommandRecord, name: str) -> str | int | bool | None:
    value = getattr(record, name)
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
