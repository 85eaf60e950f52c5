"""Whether a session's command log, as it is stored, is what its machine signed: row by row, with the machine's key."""

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.messages import CommandLogged, Exited
from relay.domain.access import Actor
from relay.domain.commands import Attested, CommandRecord
from relay.domain.machines import Machine
from relay.domain.paging import page_request
from relay.domain.terminals import TerminalSession
from relay.services.agent_facts import public_key_bytes
from relay.services.attestations import LogFollower, Verify
from relay.services.history import History
from relay.services.records import find_record, read
from relay.store.interface import Database

AT_ONCE = 200
"""Rows in memory, of some 10 KiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAttestation:
    """What was found. Rows up to `signed_to` are covered by a signature; `is_closed`: so is the end."""

    rows: int
    signed_to: int
    is_closed: bool
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAttestations:
    """Verifies; changes nothing."""

    database: Database
    history: History
    verify: Verify

    async def check(self, actor: Actor, session_id: str) -> SessionAttestation:
        """For whoever may read the session. Raises NotFound, Forbidden."""
        session, _ = await self.history.session(actor, session_id, page_request(1, 1))
        key = await self._key(session)
        if key is None:
            return SessionAttestation(rows=0, signed_to=0, is_closed=False, fault="the machine is gone, and its key")
        follower = LogFollower(agent_id=session.agent_id, session_id=session.id, key=key, verify=self.verify)
        rows, signed_to, fault = 0, 0, ""
        for ids in _portions(await self._ids(session)):
            for record in await self._records(session, ids):
                rows += 1
                fault = fault or _fault(follower, record)
                if not fault and record.attested is Attested.SIGNED:
                    signed_to = follower.seq
        closing = await self._closing(session)
        if closing is not None and not fault:
            fault = follower.close(closing)
            signed_to = signed_to if fault else follower.seq
        return SessionAttestation(rows=rows, signed_to=signed_to, is_closed=closing is not None, fault=fault)

    async def _key(self, session: TerminalSession) -> bytes | None:
        where = {"_id": session.machine_id, "tenant_id": session.tenant_id}
        machine = find_record(Machine, await self.database.collection("machines").find_one(where))
        return public_key_bytes(machine.public_key) if machine is not None and machine.is_enrolled else None

    async def _ids(self, session: TerminalSession) -> Sequence[str]:
        """All rows of the session in the machine's order: as many as a session may log, by their ids alone."""
        where = {"session_id": session.id, "tenant_id": session.tenant_id}
        found = await self.database.collection("commands").find(where, projection={"statement.seq": 1})
        return [each["_id"] for each in sorted(found, key=_seq)]

    async def _records(self, session: TerminalSession, ids: Sequence[str]) -> list[CommandRecord]:
        where = {"_id": {"$in": list(ids)}, "tenant_id": session.tenant_id}
        found = {each["_id"]: each for each in await self.database.collection("commands").find(where)}
        return [read(CommandRecord, found[each]) for each in ids if each in found]

    async def _closing(self, session: TerminalSession) -> Exited | None:
        found = await self.database.collection("sessions").find_one({"_id": session.id}, projection={"command_log": 1})
        closing = None if found is None else found.get("command_log")
        return None if closing is None else Exited(code=0, log_seq=closing["seq"], log_signature=closing["signature"])


def _portions(ids: Sequence[str]) -> list[Sequence[str]]:
    """Portions that fit into memory whatever the rows hold."""
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _seq(document: dict[str, object]) -> int:
    statement = document.get("statement")
    return int(statement["seq"]) if isinstance(statement, dict) else 0


def _fault(follower: LogFollower, record: CommandRecord) -> str:
    """What is wrong with a row, put together again as the machine had sent it."""
    said = record.statement
    if said is None:
        return "a row without the machine's word"
    taken = follower.take(
        CommandLogged(
            line=record.command,
            exit_code=record.exit_code,
            started_at_ms=said.started_at_ms,
            duration_ms=said.duration_ms,
            cwd=said.cwd,
            method=str(record.method),
            confidence=str(record.confidence),
            seq=said.seq,
            previous=said.previous,
            signature=said.signature,
        )
    )
    return "a row twice" if taken is None else taken.fault
