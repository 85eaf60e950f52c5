"""Shells: opening one by right, listing, closing. What flows through them is the data plane's affair."""

from dataclasses import dataclass, replace

import trio

from relay.clock import Clock
from relay.domain.access import Access, Actor
from relay.domain.audit import Action
from relay.domain.clients import browser_of, os_of, source_of_session
from relay.domain.errors import Forbidden, MachinePending, NotFound, Refusal, Unavailable
from relay.domain.machines import Machine
from relay.domain.paging import Page, PageRequest
from relay.domain.terminals import SessionStatus, TerminalSession, check_session_id, check_size
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.live import Live, LiveSession
from relay.services.ports import Writer
from relay.services.recheck import LiveRecheck
from relay.services.records import find_page, find_record, tenant_filter, to_document
from relay.services.rights import NOT_AUTHORIZED, Rights
from relay.store.errors import Duplicate
from relay.store.interface import Database
from relay.terminal.ending import SHELL_EXITED, TERMINATED
from relay.terminal.errors import OpenRefused
from relay.terminal.hub import Hub
from relay.terminal.session import Session, SessionOpening

NO_SESSION = "Session not found"
RECORD_LIMIT_S = 5.0
"""How long closing a session waits for its row to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A live shell, new or taken up again."""

    session: Session
    machine: Machine
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminals:
    """Opens, lists and closes shells."""

    database: Database
    rights: Rights
    live: Live
    recheck: LiveRecheck
    hub: Hub
    audit: Audit
    writer: Writer
    clock: Clock
    ids: Ids

    async def open(
        self,
        actor: Actor,
        agent_id: str,
        *,
        session_id: str = "",
        source: str = "",
        cols: int = 80,
        rows: int = 24,
        resume: bool = False,
    ) -> Opened:
        """A shell on the machine; with `resume`, the actor's own live one of that id, else a new one.

        A session id that was used before is not used again: the new shell has an id of its own.
        Raises Invalid, NotFound, Forbidden, MachinePending, Unavailable, TooMany.
        """
        check_size(cols, rows)
        wanted = check_session_id(session_id) if session_id else ""
        machine = await self.rights.get(actor, agent_id)
        access = await self._require_use(actor, machine)
        earlier = await self._find_row(wanted) if wanted else None
        if earlier is not None and earlier.user_id != actor.user_id:
            await self._record(actor, Action.ACCESS_DENIED, machine, status="failure")
            raise Forbidden(NOT_AUTHORIZED)
        found = self._resumable(wanted, actor, machine) if resume else None
        if found is not None:
            self._hand_over(found, actor)
            return Opened(session=found, machine=machine, resumed=True)
        self._require_agent(machine)
        fresh = "" if earlier else wanted
        row = self._row(actor, machine, access, session_id=fresh, source=source, cols=cols, rows=rows)
        session = await self._start(actor, machine, access, row)
        return Opened(session=session, machine=machine, resumed=False)

    async def list_active(self, actor: Actor, paging: PageRequest) -> Page[TerminalSession]:
        """Open sessions, newest first: one's own, or for administrators those of the organization."""
        where = {**tenant_filter(actor), "status": str(SessionStatus.ACTIVE)}
        if not actor.is_admin:
            where["user_id"] = actor.user_id
        sessions = self.database.collection("sessions")
        return await find_page(sessions, where, TerminalSession, paging, sort=[("started_at", -1)])

    async def close(self, actor: Actor, session_id: str) -> None:
        """End a shell: one's own, or as administrator anybody's. Raises NotFound, Forbidden."""
        row = await self._find_row(session_id)
        if row is None or not actor.sees(row.tenant_id) or row.status is SessionStatus.CLOSED:
            raise NotFound(NO_SESSION)
        own = row.user_id == actor.user_id
        if not own and not actor.administers(row.tenant_id):
            raise Forbidden(NOT_AUTHORIZED)
        session = self.hub.find_session(session_id)
        if session is None:
            await self._mark_closed(row.id, "agent lost")
        else:
            session.close("closed by its user" if own else "terminated by an administrator", _code(own))
            with trio.move_on_after(RECORD_LIMIT_S):
                await session.wait_recorded()
        await self.audit.record(
            actor,
            Action.SESSION_CLOSED,
            "session",
            resource_id=row.id,
            tenant_id=row.tenant_id,
            agent_id=row.agent_id,
            username=row.username,
        )

    async def _require_use(self, actor: Actor, machine: Machine) -> Access:
        access = await self.rights.find(actor, machine)
        if access is not None:
            return access
        await self._record(actor, Action.ACCESS_DENIED, machine, status="failure")
        raise Forbidden(NOT_AUTHORIZED)

    def _require_agent(self, machine: Machine) -> None:
        if not machine.is_enrolled:
            raise MachinePending("Machine is pending: its agent has not enrolled yet")
        if not self.hub.is_connected(machine.agent_id):
            raise Unavailable("Machine is offline")

    def _resumable(self, session_id: str, actor: Actor, machine: Machine) -> Session | None:
        session = self.hub.find_session(session_id) if session_id else None
        if session is None or session.reason is not None or session.agent_id != machine.agent_id:
            return None
        return session if session.user_id == actor.user_id else None

    def _hand_over(self, session: Session, actor: Actor) -> None:
        """Whoever takes a shell up again holds it: it ends with that login from now on."""
        live = self.live.sessions.get(session.session_id)
        if live is not None:
            self.live.sessions[session.session_id] = replace(live, actor=actor)

    def _row(
        self, actor: Actor, machine: Machine, access: Access, *, session_id: str, source: str, cols: int, rows: int
    ) -> TerminalSession:
        return TerminalSession(
            id=session_id or f"session-{self.ids.object_id()}",
            tenant_id=machine.tenant_id,
            machine_id=machine.id,
            agent_id=machine.agent_id,
            machine_name=machine.name,
            user_id=actor.user_id,
            username=actor.username,
            login_tenant_id=actor.tenant_id,
            source=source_of_session(source, actor.source, session_id),
            status=SessionStatus.ACTIVE,
            started_at=self.clock.now(),
            browser=browser_of(actor.user_agent),
            os=os_of(actor.user_agent),
            ip_address=actor.ip_address,
            cols=cols,
            rows=rows,
            via=str(access.via),
            sudo=access.sudo,
        )

    async def _start(self, actor: Actor, machine: Machine, access: Access, row: TerminalSession) -> Session:
        """Recorded first, opened second: no shell without its row and its audit entry."""
        try:
            await self.writer.write("sessions", to_document(row))
        except Duplicate as error:
            raise Forbidden(NOT_AUTHORIZED) from error  # somebody took the id since it was looked up
        self.live.sessions[row.id] = LiveSession(row=row, actor=actor, access=access)
        try:
            await self._record(actor, Action.MACHINE_ACCESS, machine, session_id=row.id, via=str(access.via))
            session = await self.hub.open_session(machine.agent_id, _opening(actor, row))
        except BaseException as error:
            self.live.sessions.pop(row.id, None)
            with trio.CancelScope(shield=True):
                await self._mark_closed(row.id, error.text if isinstance(error, Refusal) else "not opened")
            if isinstance(error, OpenRefused) and await self.rights.find(actor, machine) is None:
                raise Forbidden(NOT_AUTHORIZED) from error  # it was the lost right that ended it
            raise
        await self.recheck.session(row.id)  # the right may have gone while the machine was asked
        return session

    async def _find_row(self, session_id: str) -> TerminalSession | None:
        return find_record(TerminalSession, await self.database.collection("sessions").find_one({"_id": session_id}))

    async def _mark_closed(self, session_id: str, reason: str) -> None:
        ended = {"status": str(SessionStatus.CLOSED), "ended_at": self.clock.now(), "close_reason": reason}
        await self.database.collection("sessions").update_one({"_id": session_id}, {"$set": ended})

    async def _record(
        self, actor: Actor, action: Action, machine: Machine, *, status: str = "success", **details: str
    ) -> None:
        await self.audit.record(
            actor,
            action,
            "session",
            resource_id=machine.agent_id,
            tenant_id=machine.tenant_id,
            status=status,
            machine_name=machine.name,
            **details,
        )


def _code(own: bool) -> int:
    return SHELL_EXITED if own else TERMINATED


def _opening(actor: Actor, row: TerminalSession) -> SessionOpening:
    return SessionOpening(
        session_id=row.id,
        tenant_id=row.tenant_id,
        machine_id=row.machine_id,
        machine_name=row.machine_name,
        user_id=row.user_id,
        username=row.username,
        source=str(row.source),
        cols=row.cols,
        rows=row.rows,
        sudo=row.sudo,
        token_id=actor.token_id,
    )
