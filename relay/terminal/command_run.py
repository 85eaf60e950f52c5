"""One command on one machine: its output, bounded, and how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import trio

from protocol import frames
from protocol.messages import CommandDone, Message, Refused, RunCommand
from relay.domain.errors import TimedOut
from relay.terminal.agent_link import AgentLink
from relay.terminal.ending import printable
from relay.terminal.errors import AgentLost, OpenRefused

MAX_OUTPUT_BYTES = 1024 * 1024
"""stdout and stderr together; the rest is dropped and said to be."""
ANSWER_S = 15.0
"""How much longer than the command's own time limit its answer may take."""
LONGEST_MS = 24 * 3600 * 1000
"""No command runs longer: what an agent claims beyond it is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What to run for whom; `timeout_s` is the agent's limit."""

    command_id: str
    command: str
    username: str
    timeout_s: int
    sudo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """How it went. `started_at` is the relay's time, since a machine could claim any; no exit_code: it was killed."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None
    started_at: datetime
    duration_ms: int
    truncated: bool
    timed_out: bool
    attestation: "Attestation | None" = None

    @property
    def ended_at(self) -> datetime:
        """started_at plus the duration."""
        return self.started_at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What the agent said of the command's end, to be held against its key."""

    run: RunCommand
    done: CommandDone
    key: bytes


class CommandRun:
    """Collects what the agent sends on the command's channel."""

    def __init__(self, link: AgentLink, request: CommandRequest, started_at: datetime) -> None:
        self._link = link
        self._request = request
        self._started_at = started_at
        self._output = {frames.DATA: bytearray(), frames.STDERR: bytearray()}
        self._is_truncated = False
        self._end: CommandDone | Refused | None = None
        self._over = trio.Event()
        self._channel = 0

    async def run(self) -> CommandOutcome:
        """Start, wait, and say how it went. Cancelling it ends the command.

        Raises AgentLost, OpenRefused, TooManySessions, TimedOut.
        """
        self._channel = self._link.open_channel(self._message(), self)
        try:
            with trio.move_on_after(self._request.timeout_s + ANSWER_S) as limit:
                await self._over.wait()
        finally:
            if not self._over.is_set():
                self._link.close_channel(self._channel, "cancelled")
        if limit.cancelled_caught:
            raise TimedOut("Command timed out")
        return self._outcome()

    def _message(self) -> RunCommand:
        request = self._request
        return RunCommand(
            command_id=request.command_id,
            command=request.command,
            username=request.username,
            timeout_s=request.timeout_s,
            sudo=request.sudo,
        )

    def _outcome(self) -> CommandOutcome:
        if self._end is None:
            raise AgentLost
        if isinstance(self._end, Refused):
            raise OpenRefused(printable(self._end.reason) or "refused by the machine")
        return CommandOutcome(
            stdout=bytes(self._output[frames.DATA]),
            stderr=bytes(self._output[frames.STDERR]),
            exit_code=self._end.exit_code,
            started_at=self._started_at,
            duration_ms=min(max(0, self._end.duration_ms), LONGEST_MS),
            truncated=self._is_truncated or self._end.truncated,
            timed_out=self._end.timed_out,
            attestation=Attestation(run=self._message(), done=self._end, key=self._link.facts.agent.public_key),
        )

    async def on_control(self, message: Message) -> None:
        """The command's last word."""
        if isinstance(message, CommandDone | Refused):
            self._end = message
            self._over.set()

    def on_data(self, stream: int, offset: int, payload: bytes) -> None:
        """Output: kept while there is room, and used up at once."""
        room = MAX_OUTPUT_BYTES - sum(map(len, self._output.values()))
        self._output[stream] += payload[:room]
        self._is_truncated = self._is_truncated or len(payload) > room
        self._link.consume_to(self._channel, offset + len(payload), stream)

    def next_frame(self) -> bytes | None:
        """A command is given no input."""
        return None

    def on_lost(self) -> None:
        """The agent's link has ended before the command did."""
        self._over.set()
