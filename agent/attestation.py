"""The agent's word for the commands it reports: signatures, and how many of them the machine can afford.

A signature in pure Python costs about a millisecond of CPU. People do not notice; a flood of commands would. So
signatures come out of a small budget, and a row that gets none is covered by the next one that does: its digest is in
that row's.
"""

from collections.abc import Callable
from dataclasses import replace

from protocol.attestation import done_statement, end_statement, log_start, row_digest, row_statement
from protocol.handshake import decode_bytes, encode_bytes
from protocol.messages import CommandDone, CommandLogged, RunCommand

SIGNATURES_PER_S = 10.0
"""Lasting rate: one hundredth of a core."""
BURST = 40
"""Signatures at once after a quiet time."""
DIGEST_BYTES = 32


class Attestor:
    """Signs for this machine, within the budget. `now` gives seconds that only grow."""

    def __init__(self, agent_id: str, sign: Callable[[bytes], bytes], now: Callable[[], float]) -> None:
        self._agent_id = agent_id
        self._sign = sign
        self._now = now
        self._budget = float(BURST)
        self._at = now()

    def log(self, session_id: str) -> "LogAttestation":
        """The attestation of a new shell's log."""
        return LogAttestation(self, log_start(self._agent_id, session_id))

    def done(self, run: RunCommand, done: CommandDone) -> CommandDone:
        """A command's end with its signature; starting the command has cost more than that."""
        return replace(done, signature=self.sign(done_statement(self._agent_id, run, done)))

    def may_sign(self) -> bool:
        """Take one signature out of the budget, if there is one."""
        now = self._now()
        self._budget = min(BURST, self._budget + (now - self._at) * SIGNATURES_PER_S)
        self._at = now
        if self._budget < 1:
            return False
        self._budget -= 1
        return True

    def sign(self, statement: bytes) -> str:
        """As it travels."""
        return encode_bytes(self._sign(statement))


class LogAttestation:
    """Links the rows of one shell's log in the order in which they came to be."""

    def __init__(self, attestor: Attestor, start: bytes) -> None:
        self._attestor = attestor
        self._seq = 0
        self._digest = start

    def link(self, row: CommandLogged) -> CommandLogged:
        """The row with its place in the log."""
        self._seq += 1
        linked = replace(row, seq=self._seq, previous=encode_bytes(self._digest))
        self._digest = row_digest(self._digest, linked)
        return linked

    def signed(self, row: CommandLogged) -> CommandLogged:
        """A linked row with its signature, if the budget has one."""
        if row.signature or not self._attestor.may_sign():
            return row
        digest = row_digest(decode_bytes(row.previous, size=DIGEST_BYTES), row)
        return replace(row, signature=self._attestor.sign(row_statement(digest)))

    def end(self) -> tuple[int, str]:
        """How many rows there were, and the signature for that: always, since a shell ends once."""
        return self._seq, self._attestor.sign(end_statement(self._seq, self._digest))
