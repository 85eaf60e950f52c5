"""One person's eyes on a session: a position in its ring. Holds no bytes of its own."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocol.window import WINDOW_BYTES
from relay.terminal.asides import Aside, Asides, CommandOutput, CommandStarted
from relay.terminal.ending import SHELL_EXITED, CloseReason

if TYPE_CHECKING:
    from relay.terminal.session import Session

AHEAD_BYTES = WINDOW_BYTES // 4
"""How far the agent may run ahead of what was sent to a viewer, whatever the viewer grants: one grant's worth, so that
a small window never leaves both sides waiting for each other."""
TAKEN_OVER = CloseReason(code=SHELL_EXITED, text="taken over")
UNLIMITED = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Bytes of the stream from `offset` on."""

    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Bytes the ring no longer had; the stream goes on at `to`."""

    start: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged:
    """The machine's own connection was lost, or is back."""

    is_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Nothing more comes."""

    reason: CloseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something the viewer's own socket wants said between the items: answers to pings, grants."""

    message: str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCredit:
    """The viewer may type up to byte `limit`."""

    limit: int


Item = Output | Gap | LinkChanged | Note | InputCredit | Aside | Ended

MAX_NOTES = 64
"""Notes that may wait for a viewer that does not read; then its socket is not read either."""


class Viewer:
    """Receives what a session shows, from `position` on, and gives it what is typed.

    `limit` is how far the viewer lets us send (fairlead.v1); without it the socket's own back-pressure decides.
    `input_limit` is how far we let it type: one window beyond what went to the agent.
    """

    def __init__(self, session: "Session", position: int) -> None:
        self.session = session
        self.position = position
        self.limit = UNLIMITED
        self.taken_over = False
        self.input_limit: int | None = None
        self._told_up = session.is_link_up
        self._notes: deque[Note] = deque()
        self._asides = Asides()

    # --- output

    async def note(self, message: str | bytes) -> None:
        """Say `message` next; waits while too many wait."""
        while len(self._notes) >= MAX_NOTES and not self.is_over:
            await self.session.moved.park()
        self._notes.append(Note(message=message))
        self.session.moved.unpark_all()

    def show(self, aside: CommandStarted | CommandOutput) -> None:
        """Show something beside the output, soon. Never waits: what finds no room is dropped, and that is told."""
        if not self.is_over:
            self._asides.add(aside)
            self.session.moved.unpark_all()

    @property
    def is_over(self) -> bool:
        """Whether this viewer has nothing to wait for: sent away, or cut off. A shell that exits is read to its end."""
        return self.taken_over or (self.session.reason is not None and not self.session.reason.drained)

    async def receive(self, most: int) -> Item:
        """The next thing to show, at most `most` bytes of it; waits. One task at a time."""
        while (item := self._next(most)) is None:
            await self.session.moved.park()
        if isinstance(item, Note):
            self.session.moved.unpark_all()
        return item

    def _next(self, most: int) -> Item | None:
        session = self.session
        if self.taken_over:
            return Ended(reason=TAKEN_OVER)
        if session.reason is not None and not session.reason.drained:
            return Ended(reason=session.reason)
        if self._notes:
            return self._notes.popleft()
        if (beside := self._next_credit() or self._asides.take()) is not None:
            return beside
        if self._told_up != session.is_link_up and session.reason is None:
            self._told_up = session.is_link_up
            return LinkChanged(is_up=self._told_up)
        if self.position < session.output.start:
            gap = Gap(start=self.position, to=session.output.start)
            self.position = session.output.start
            return gap
        return self._next_output(most)

    def _next_credit(self) -> InputCredit | None:
        limit = self.session.input_sent + WINDOW_BYTES
        if self.input_limit is None or limit - self.input_limit < WINDOW_BYTES // 4:
            return None
        self.input_limit = limit
        return InputCredit(limit=limit)

    def _next_output(self, most: int) -> Item | None:
        session = self.session
        allowed = min(most, self.limit - self.position)
        if self.position < session.output.end and allowed > 0:
            output = Output(offset=self.position, payload=session.output.read(self.position, allowed))
            self.position += len(output.payload)
            return output
        if session.reason is not None and self.position == session.output.end:
            return Ended(reason=session.reason)
        return None

    def consumed(self, offset: int) -> None:
        """Everything before `offset` left for the person; the agent may send as much more."""
        if self.is_current:
            self.session.consumed(min(offset, max(self.limit - WINDOW_BYTES, offset - WINDOW_BYTES + AHEAD_BYTES)))

    def grant(self, limit: int) -> None:
        """The viewer lets us send up to `limit`; a smaller one than before changes nothing."""
        if self.limit == UNLIMITED or limit > self.limit:
            self.limit = limit
            self.consumed(self.position)
            self.session.moved.unpark_all()

    # --- input

    @property
    def is_current(self) -> bool:
        """Whether this viewer still drives the session."""
        return self.session.viewer is self

    def limit_input(self) -> None:
        """From now on this viewer types within credit: `input_limit`, and what InputCredit adds to it."""
        self.input_limit = self.session.input_offset + WINDOW_BYTES

    def write_nowait(self, payload: bytes) -> None:
        """Type within `input_limit`: never waits, so that the viewer's grants behind it are heard."""
        self.session.write_nowait(payload, self)

    async def write(self, payload: bytes) -> None:
        """Type; waits while the agent takes nothing. What a viewer types after it lost the session is dropped."""
        await self.session.write(payload, self)

    def detach(self) -> None:
        """The person's socket is gone; the shell waits for them."""
        self.session.detach(self)
