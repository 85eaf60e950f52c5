"""What was done: the command log and the sessions of the past, read by those who may see the machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relay.domain.access import Actor
from relay.domain.commands import CommandRecord
from relay.domain.errors import Forbidden, Invalid, NotFound
from relay.domain.paging import Page, PageRequest
from relay.domain.terminals import SessionStatus, TerminalSession
from relay.services.records import containing, find_page, find_record, one_of, read, tenant_filter
from relay.services.rights import NOT_AUTHORIZED, Rights
from relay.store.interface import Database, Filter

ACTIVITY_LIMIT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which rows of a machine's command log. Bounds of time are inclusive."""

    user_id: str = ""
    source: str = ""
    session_id: str = ""
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = field(default="")

    def where(self) -> Filter:
        """The filter. Raises Invalid when the text is too long."""
        found: dict[str, Any] = {
            name: getattr(self, name) for name in ("user_id", "source", "session_id") if getattr(self, name)
        }
        if self.success is not None:
            found["success"] = self.success
        bounds = {operator: at for operator, at in (("$gte", self.since), ("$lte", self.until)) if at is not None}
        if bounds:
            found["timestamp"] = bounds
        if self.text:
            found["command"] = containing(self.text, field="q")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Reads rows; writes none."""

    database: Database
    rights: Rights

    async def commands(
        self, actor: Actor, agent_id: str, wanted: LogFilter, paging: PageRequest
    ) -> Page[CommandRecord]:
        """A machine's command log, newest first. Raises NotFound, Forbidden, Invalid."""
        machine = await self.rights.get(actor, agent_id)
        await self.rights.require_view(actor, machine)
        where = {"tenant_id": machine.tenant_id, "machine_id": machine.id, **wanted.where()}
        rows = self.database.collection("commands")
        return await find_page(rows, where, CommandRecord, paging, sort=[("timestamp", -1)])

    async def search(self, actor: Actor, agent_id: str, wanted: LogFilter, paging: PageRequest) -> Page[CommandRecord]:
        """As `commands`; a text is required. Raises NotFound, Forbidden, Invalid."""
        if not wanted.text.strip():
            raise Invalid("q is required")
        return await self.commands(actor, agent_id, wanted, paging)

    async def sessions(
        self, actor: Actor, agent_id: str, paging: PageRequest, *, active: bool = False
    ) -> Page[TerminalSession]:
        """A machine's sessions, newest first. Raises NotFound, Forbidden."""
        machine = await self.rights.get(actor, agent_id)
        await self.rights.require_view(actor, machine)
        where = {"tenant_id": machine.tenant_id, "machine_id": machine.id}
        if active:
            where["status"] = str(SessionStatus.ACTIVE)
        rows = self.database.collection("sessions")
        return await find_page(rows, where, TerminalSession, paging, sort=[("started_at", -1)])

    async def session(
        self, actor: Actor, session_id: str, paging: PageRequest
    ) -> tuple[TerminalSession, Page[CommandRecord]]:
        """One session and its commands, oldest first: for its person and who may see the machine.

        Raises NotFound, Forbidden.
        """
        row = find_record(TerminalSession, await self.database.collection("sessions").find_one({"_id": session_id}))
        if row is None or not actor.sees(row.tenant_id):
            raise NotFound("Session not found")
        if row.user_id != actor.user_id and not await self._may_view(actor, row):
            raise Forbidden(NOT_AUTHORIZED)
        where = {"session_id": session_id, "tenant_id": row.tenant_id}
        rows = self.database.collection("commands")
        return row, await find_page(rows, where, CommandRecord, paging, sort=[("timestamp", 1)])

    async def recent(self, actor: Actor) -> Sequence[CommandRecord]:
        """The last commands on the machines one may see, newest first."""
        where = dict(tenant_filter(actor))
        machine_ids = await self.rights.visible_ids(actor)
        if machine_ids is not None:
            where |= one_of("machine_id", machine_ids)
        rows = self.database.collection("commands")
        found = await rows.find(where, sort=[("timestamp", -1)], limit=ACTIVITY_LIMIT)
        return [read(CommandRecord, each) for each in found]

    async def _may_view(self, actor: Actor, row: TerminalSession) -> bool:
        if actor.administers(row.tenant_id):
            return True
        machine = await self.rights.find_machine(row.machine_id)
        return machine is not None and await self.rights.find(actor, machine) is not None
