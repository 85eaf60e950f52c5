"""What agents attest about their command rows, held against the rows: who signed, what is missing, what does not fit.

An agent can only speak for its own machine's sessions: the digests begin with its id and the session's, and its key is
the one it proved when it connected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from protocol.attestation import done_statement, end_statement, log_start, row_digest, row_statement
from protocol.errors import RemoteProtocolError
from protocol.handshake import SIGNATURE_BYTES, decode_bytes, encode_bytes
from protocol.messages import CommandDone, CommandLogged, Exited, RunCommand
from relay.domain.audit import Action, AuditEntry
from relay.domain.commands import MAX_COMMAND_CHARS, MAX_CWD_CHARS, Attested, Statement

DIGEST_BYTES = 32

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) → whether it made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A row as it was attested; `fault` says what a person should look at."""

    attested: Attested
    statement: Statement | None = None
    fault: str = ""


class LogFollower:
    """One session's log, row by row as the agent sends it."""

    def __init__(self, *, agent_id: str, session_id: str, key: bytes, verify: Verify) -> None:
        self._key = key
        self._verify = verify
        self._digest = log_start(agent_id, session_id)
        self.seq = 0
        self.is_broken = False

    def take(self, row: CommandLogged) -> Taken | None:
        """What the row is worth; None for one that came again after a lost link."""
        if row.seq == 0:
            return self._broken("a row without its place in the log") if self.seq else Taken(attested=Attested.UNSIGNED)
        try:
            previous = decode_bytes(row.previous, size=DIGEST_BYTES)
        except RemoteProtocolError:
            return self._broken("a row with a malformed place in the log")
        digest = row_digest(previous, row)
        if row.seq == self.seq and digest == self._digest:
            return None
        if fault := self._misfit(row, previous, digest):
            return self._broken(fault)
        missing, self.seq, self._digest = row.seq - self.seq - 1, row.seq, digest
        return Taken(
            attested=Attested.SIGNED if row.signature else Attested.CHAINED,
            statement=_statement(row, missing),
            fault=f"{missing} rows before number {row.seq} are missing" if missing else "",
        )

    def _misfit(self, row: CommandLogged, previous: bytes, digest: bytes) -> str:
        if row.seq <= self.seq:
            return f"row {row.seq} came after row {self.seq}"
        if row.seq == self.seq + 1 and previous != self._digest:
            return f"row {row.seq} does not follow the row before it"
        if len(row.line) > MAX_COMMAND_CHARS or len(row.cwd) > MAX_CWD_CHARS:
            return f"row {row.seq} is longer than rows are"
        if row.signature and not self._is_signed(row.signature, row_statement(digest)):
            return f"the signature of row {row.seq} is wrong"
        return ""

    def close(self, exited: Exited) -> str:
        """What is wrong with the end of the log; nothing when it is whole and signed."""
        if not self._is_signed(exited.log_signature, end_statement(exited.log_seq, self._digest)):
            if exited.log_seq != self.seq:
                return f"the machine logged {exited.log_seq} rows, the last one here is number {self.seq}"
            return "the signature of the log's end is wrong"
        return ""

    def _is_signed(self, signature: str, statement: bytes) -> bool:
        return is_signed(self._verify, self._key, signature, statement)

    def _broken(self, fault: str) -> Taken:
        self.is_broken = True
        return Taken(attested=Attested.BROKEN, fault=fault)

    @property
    def digest(self) -> str:
        """As it stands after the last row."""
        return encode_bytes(self._digest)


def is_signed(verify: Verify, key: bytes, signature: str, statement: bytes) -> bool:
    """Whether this key signed; False for what is no signature."""
    try:
        return verify(key, decode_bytes(signature, size=SIGNATURE_BYTES), statement)
    except RemoteProtocolError:
        return False


def attested_done(verify: Verify, key: bytes, agent_id: str, run: RunCommand, done: CommandDone) -> Taken:
    """What the end of a command sent over the API is worth."""
    if not done.signature:
        return Taken(attested=Attested.UNSIGNED)
    if not is_signed(verify, key, done.signature, done_statement(agent_id, run, done)):
        return Taken(attested=Attested.BROKEN, fault="the signature of the command's end is wrong")
    statement = Statement(
        seq=0,
        previous="",
        signature=done.signature,
        started_at_ms=done.started_at_ms,
        duration_ms=done.duration_ms,
        cwd="",
        timed_out=done.timed_out,
        truncated=done.truncated,
    )
    return Taken(attested=Attested.SIGNED, statement=statement)


def broken_log(tenant_id: str, agent_id: str, fault: str, *, at: datetime, **more: str) -> AuditEntry:
    """The entry about what a machine's agent attested wrongly."""
    return AuditEntry(
        tenant_id=tenant_id,
        action=Action.AGENT_LOG_BROKEN,
        resource="machine",
        resource_id=agent_id,
        timestamp=at,
        status="failure",
        details={"reason": fault, **more},
    )


def _statement(row: CommandLogged, missing: int) -> Statement:
    return Statement(
        seq=row.seq,
        previous=row.previous,
        signature=row.signature,
        started_at_ms=row.started_at_ms,
        duration_ms=row.duration_ms,
        cwd=row.cwd,
        missing_before=missing,
    )
