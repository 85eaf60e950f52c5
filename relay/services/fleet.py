"""What agents report, written down: who is there, how loaded, which commands ran, how shells ended.

Listens to the hub. Times are the relay's: a machine's clock could claim anything.
"""

import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

from protocol.messages import CommandLogged, Exited, Heartbeat
from relay.clock import Clock
from relay.domain.accounts import Source
from relay.domain.commands import MAX_COMMAND_CHARS, MAX_CWD_CHARS, CommandRecord, Confidence, Method
from relay.domain.machines import Machine, Metrics
from relay.domain.names import plain
from relay.domain.terminals import SessionStatus, TerminalSession
from relay.ids import Ids
from relay.services.agent_facts import facts_of, public_key_bytes
from relay.services.attestations import LogFollower, Taken, Verify, broken_log
from relay.services.audit import Audit
from relay.services.backlog import NOT_NOW, Backlog
from relay.services.live import Live
from relay.services.ports import Writer
from relay.services.records import find_record, to_document
from relay.store.interface import Database
from relay.terminal.ending import MACHINE_GONE, NOT_PROVEN, TERMINATED, CloseReason
from relay.terminal.errors import AgentRejected
from relay.terminal.hub import Hub
from relay.terminal.ports import AgentFacts, KnownAgent
from relay.terminal.session import Session

E = TypeVar("E", bound=StrEnum)

MAX_LOGGED_COMMANDS = 20_000
"""Rows of one session: more than a person types, and what a hostile machine can fill the disk with."""

MAX_SIGNATURE_CHARS = 100
LONGEST_COMMAND = timedelta(days=1)
"""A duration claimed beyond it is cut: no session lives longer."""


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The hub's listener, and the one who knows which agents there are. `hub` is set once the hub exists.

    `logged` counts log rows for as long as their session is anywhere, also while its shell is being hung up;
    `followers` holds their attestation, `keys` the keys of the agents that have called since the start.
    """

    database: Database
    writer: Writer
    live: Live
    clock: Clock
    ids: Ids
    verify: Verify
    hub: Hub | None = None
    logged: WeakKeyDictionary[Session, int] = field(default_factory=WeakKeyDictionary)
    backlog: Backlog = field(default_factory=Backlog)
    keys: dict[str, bytes] = field(default_factory=dict)
    followers: WeakKeyDictionary[Session, LogFollower] = field(default_factory=WeakKeyDictionary)

    async def find_agent(self, agent_id: str) -> KnownAgent:
        """Whose machine this agent serves. Raises AgentRejected: 4404 its machine was deleted, 4401 never enrolled."""
        machine = find_record(Machine, await self.database.collection("machines").find_one({"agent_id": agent_id}))
        if machine is None:
            if await self.database.collection("deleted_agents").find_one({"_id": agent_id}):
                raise AgentRejected("machine deleted", MACHINE_GONE)
            raise AgentRejected("unknown agent", NOT_PROVEN)
        if not machine.is_enrolled or not await self._is_open(machine.tenant_id):
            raise AgentRejected("unknown agent", NOT_PROVEN)
        key = self.keys[agent_id] = public_key_bytes(machine.public_key)
        return KnownAgent(
            agent_id=agent_id,
            machine_id=machine.id,
            tenant_id=machine.tenant_id,
            name=machine.name,
            public_key=key,
        )

    async def _is_open(self, tenant_id: str) -> bool:
        found = await self.database.collection("organizations").find_one({"name": tenant_id})
        return found is not None and bool(found["enabled"])

    async def recover(self) -> None:
        """After a start: no agent is connected yet and no shell of an earlier run can still be reached."""
        now = self.clock.now()
        everywhere = {"tenant_id": {"$gte": ""}}
        await self.database.collection("machines").update_many(
            {**everywhere, "is_connected": True}, {"$set": {"is_connected": False, "disconnected_at": now}}
        )
        ended = {"status": str(SessionStatus.CLOSED), "ended_at": now, "close_reason": "relay restarted"}
        await self.database.collection("sessions").update_many(
            {**everywhere, "status": str(SessionStatus.ACTIVE)}, {"$set": ended}
        )

    async def agent_connected(self, agent_id: str, facts: AgentFacts) -> None:
        """A proven agent: its facts, afresh. One whose machine or organization ended meanwhile is sent away."""
        now = self.clock.now()
        stated = {**facts_of(facts.proof), "agent_version": plain(facts.agent_version, 40)}
        connected = {**stated, "is_connected": True, "connected_at": now, "updated_at": now}

        async def write() -> None:
            result = await self.database.collection("machines").update_one({"agent_id": agent_id}, {"$set": connected})
            if not result.matched and self.hub is not None:
                await self.hub.disconnect_agent(agent_id, MACHINE_GONE, "machine deleted")
            elif self.hub is not None and not await self._is_open(facts.agent.tenant_id):
                await self.hub.disconnect_agent(agent_id, NOT_PROVEN, "organization disabled")

        await self.backlog.do(write)

    async def agent_disconnected(self, agent_id: str) -> None:
        """The link is gone; the status follows after its grace."""
        gone = {"is_connected": False, "disconnected_at": self.clock.now()}
        machines = self.database.collection("machines")
        await self.backlog.do(partial(machines.update_one, {"agent_id": agent_id}, {"$set": gone}))

    async def heartbeat(self, agent_id: str, heartbeat: Heartbeat) -> None:
        """The newest figures replace the last; while the store takes nothing they are passed over."""
        beat = {"metrics": to_metrics(heartbeat), "last_heartbeat": self.clock.now()}
        with suppress(*NOT_NOW):
            await self.database.collection("machines").update_one({"agent_id": agent_id}, {"$set": beat})
            await self.backlog.catch_up()

    async def session_ended(self, session: Session, reason: CloseReason) -> None:
        """The row of a session that is over."""
        self.live.sessions.pop(session.session_id, None)
        ended = {
            "status": str(SessionStatus.CLOSED),
            "ended_at": self.clock.now(),
            "close_reason": plain(reason.text, 200),
            "exit_code": reason.exit_code,
        }
        sessions = self.database.collection("sessions")
        await self.backlog.do(partial(sessions.update_one, {"_id": session.session_id}, {"$set": ended}))

    async def command_logged(self, session: Session, command: CommandLogged) -> None:
        """A line of the command log; also from a shell that is just being hung up."""
        row = await self._row(session.session_id)
        if row is None or not self._has_room(session):
            return
        follower = self._follower(session, row)
        was_broken = follower.is_broken
        taken = follower.take(command)
        if taken is None:
            return
        if taken.fault and not was_broken:
            await self._note_fault(row, taken.fault)
        record = to_command(command, row, record_id=self.ids.object_id(), now=self.clock.now(), taken=taken)
        sessions = self.database.collection("sessions")
        await self.backlog.do(partial(self.writer.write, "commands", to_document(record)))
        await self.backlog.do(partial(sessions.update_one, {"_id": row.id}, {"$inc": {"command_count": 1}}))

    async def command_log_closed(self, session: Session, exited: Exited) -> None:
        """The agent's word on how many rows there were: kept with the session, whether it fits or not."""
        row = await self._row(session.session_id)
        if row is None:
            return
        follower = self._follower(session, row)
        fault = follower.close(exited)
        if fault and not follower.is_broken:
            await self._note_fault(row, fault)
        closing = {"seq": exited.log_seq, "signature": exited.log_signature[:MAX_SIGNATURE_CHARS], "fault": fault}
        sessions = self.database.collection("sessions")
        await self.backlog.do(partial(sessions.update_one, {"_id": row.id}, {"$set": {"command_log": closing}}))

    def _follower(self, session: Session, row: TerminalSession) -> LogFollower:
        if session not in self.followers:
            key = self.keys.get(row.agent_id, b"")
            self.followers[session] = LogFollower(agent_id=row.agent_id, session_id=row.id, key=key, verify=self.verify)
        return self.followers[session]

    async def _note_fault(self, row: TerminalSession, fault: str) -> None:
        """A log that does not fit what the machine signed is somebody's to look at."""
        entry = broken_log(row.tenant_id, row.agent_id, fault, at=self.clock.now(), session_id=row.id)
        audit = Audit(writer=self.writer, clock=self.clock, ids=self.ids)
        await self.backlog.do(partial(audit.write, entry))

    def _has_room(self, session: Session) -> bool:
        """Whether the session may log another row; one that may not is over, so that nothing runs unlogged."""
        self.logged[session] = self.logged.get(session, 0) + 1
        if self.logged[session] <= MAX_LOGGED_COMMANDS:
            return True
        session.close("its command log is full", TERMINATED)
        return False

    async def _row(self, session_id: str) -> TerminalSession | None:
        live = self.live.sessions.get(session_id)
        if live is not None:
            return live.row
        return find_record(TerminalSession, await self.database.collection("sessions").find_one({"_id": session_id}))


def to_metrics(heartbeat: Heartbeat) -> dict[str, float | None]:
    """A heartbeat's figures; a percentage beyond 0 to 100 or a negative number is no figure."""
    names = Metrics.__dataclass_fields__
    return {name: _figure(getattr(heartbeat, name), 100.0 if name.endswith("percent") else 1e18) for name in names}


def _figure(value: float | None, most: float) -> float | None:
    return value if value is not None and math.isfinite(value) and 0 <= value <= most else None


def to_command(
    command: CommandLogged, row: TerminalSession, *, record_id: str, now: datetime, taken: Taken
) -> CommandRecord:
    """The log's row. The text is kept as it was, bounded; when it started is reckoned back from now."""
    duration_ms = None if command.duration_ms is None else max(0, command.duration_ms)
    duration = min(timedelta(milliseconds=duration_ms or 0), LONGEST_COMMAND)
    return CommandRecord(
        id=record_id,
        tenant_id=row.tenant_id,
        machine_id=row.machine_id,
        agent_id=row.agent_id,
        machine_name=row.machine_name,
        user_id=row.user_id,
        username=row.username,
        command=command.line[:MAX_COMMAND_CHARS],
        timestamp=max(row.started_at, now - duration),
        success=None if command.exit_code is None else command.exit_code == 0,
        exit_code=command.exit_code,
        duration_ms=None if duration_ms is None else int(duration.total_seconds() * 1000),
        source=Source(row.source),
        session_id=row.id,
        method=_known(Method, command.method, Method.KEYSTROKES),
        confidence=_known(Confidence, command.confidence, Confidence.LOW),
        ip_address=row.ip_address,
        browser=row.browser,
        os=row.os,
        cwd=plain(command.cwd, MAX_CWD_CHARS),
        attested=taken.attested,
        statement=taken.statement,
    )


def _known(kind: type[E], name: str, otherwise: E) -> E:
    return kind(name) if name in set(kind) else otherwise
