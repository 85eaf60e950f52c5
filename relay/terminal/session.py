"""One shell and the person at it. Rules of this file:

1. The ring is the only buffer of output. What the controlling viewer has consumed decides how far the agent may send;
   while nobody looks, nothing is consumed, so the shell stops after one window and nothing of it is lost.
2. A session ends once, with one reason, from any state. Who asked for the end tells nobody: viewers, record and agent
   learn it from here.
3. The agent may lose its link and come back: the session waits as long as the settings allow and goes on at the byte
   where it was.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import trio

from protocol.errors import RemoteProtocolError
from protocol.messages import (
    CommandLogged,
    Exited,
    HeldSession,
    Message,
    Opened,
    OpenTerminal,
    Refused,
    Resize,
    Resume,
    Resumed,
)  # fmt: skip
from protocol.window import WINDOW_BYTES
from relay.terminal.agent_link import AgentLink
from relay.terminal.ending import AGENT_LOST, SHELL_EXITED, CloseReason, printable
from relay.terminal.errors import InputOverrun
from relay.terminal.keystrokes import Keystrokes
from relay.terminal.record import SessionRecord
from relay.terminal.scrollback import Scrollback
from relay.terminal.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpening:
    """Who opens which shell; decided before, by those who know rights. `cols` and `rows` are character cells."""

    session_id: str
    tenant_id: str
    machine_id: str
    machine_name: str
    user_id: str
    username: str
    source: str
    cols: int = 80
    rows: int = 24
    sudo: bool = False
    token_id: str = ""


class SessionState(Enum):
    """Where a session stands."""

    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"
    RESUMING = "resuming"
    ENDED = "ended"


class Session:
    """A live shell on one machine. Created, resumed and timed by the hub."""

    def __init__(self, opening: SessionOpening, *, agent_id: str, opened_at: datetime, scrollback_bytes: int) -> None:
        self.opening = opening
        self.agent_id = agent_id
        self.opened_at = opened_at
        self.state = SessionState.OPENING
        self.shell = ""
        self.log_method = ""
        self.cols, self.rows = opening.cols, opening.rows
        self.output = Scrollback(size_bytes=scrollback_bytes)
        self.viewer: Viewer | None = None
        self.reason: CloseReason | None = None
        self.closed = trio.Event()
        self.record = SessionRecord()
        self.moved = trio.lowlevel.ParkingLot()
        self.changed = trio.lowlevel.ParkingLot()
        self.was_attached = False
        self.was_opened = False
        self.agent_went_away = False
        self.born_s = self.detached_s = self.lost_s = self.typed_s = trio.current_time()
        self._keystrokes = Keystrokes()
        self._consumed = 0
        self._link: AgentLink | None = None
        self._channel = 0
        self._is_resize_posted = False

    # --- what it is

    @property
    def session_id(self) -> str:
        """Unique among live sessions."""
        return self.opening.session_id

    @property
    def tenant_id(self) -> str:
        """The organization."""
        return self.opening.tenant_id

    @property
    def machine_id(self) -> str:
        """The machine's document id."""
        return self.opening.machine_id

    @property
    def user_id(self) -> str:
        """Whose session it is."""
        return self.opening.user_id

    @property
    def username(self) -> str:
        """Whose session it is, for people."""
        return self.opening.username

    @property
    def is_link_up(self) -> bool:
        """Whether bytes reach the machine just now."""
        return self.state not in {SessionState.LOST, SessionState.RESUMING}

    @property
    def input_offset(self) -> int:
        """The offset of the next byte a viewer may type."""
        return self._keystrokes.accepted

    @property
    def input_sent(self) -> int:
        """The offset of the next byte that goes to the agent."""
        return self._keystrokes.sent

    # --- the link's side

    def start(self, link: AgentLink) -> None:
        """Ask the agent for a shell. Raises AgentLost, TooManySessions."""
        opening = self.opening
        self._link = link
        self._channel = link.open_channel(
            OpenTerminal(
                session_id=opening.session_id,
                cols=self.cols,
                rows=self.rows,
                username=opening.username,
                sudo=opening.sudo,
            ),
            self,
        )

    def can_resume(self, held: HeldSession) -> bool:
        """Whether the shell the agent still holds goes on where this session is, both ways."""
        fits = held.output_start <= self.output.end <= held.output_end
        return self.state is SessionState.LOST and fits and self._keystrokes.can_rewind(held.input_end)

    def resume(self, link: AgentLink) -> None:
        """Take the shell up again on a new link. Raises AgentLost, TooManySessions."""
        stands = self._consumed + WINDOW_BYTES
        message = Resume(session_id=self.session_id, output_offset=self.output.end, output_limit=stands)
        self._channel = link.open_channel(message, self)
        self._link = link
        self.state = SessionState.RESUMING

    async def on_control(self, message: Message) -> None:
        """What the agent says of this shell."""
        match message:
            case Opened():
                self._opened(message)
            case Resumed():
                self._resumed(message)
            case CommandLogged():
                await self.record.add(message)
            case Exited():
                if message.log_signature:
                    self.record.close_log(message)
                self._exited(message)
            case Refused():
                self._refused(message)

    def _opened(self, message: Opened) -> None:
        self.shell = printable(message.shell)
        self.log_method = printable(message.log_method)
        self.was_opened = True
        if self.state is SessionState.OPENING:
            self.state = SessionState.OPEN
            self._move()

    def _resumed(self, message: Resumed) -> None:
        if not self._keystrokes.can_rewind(message.input_offset):
            raise RemoteProtocolError("resumed at input that was never sent, or sent long ago")
        self._keystrokes.rewind(message.input_offset)
        if self.state is SessionState.RESUMING:
            assert self._link is not None
            self.state = SessionState.OPEN
            self._link.consume_to(self._channel, self._consumed)
            self._post_resize()
            self._flush()
            self._move()

    def _exited(self, message: Exited) -> None:
        text = printable(message.reason) or "shell exited"
        self._end(CloseReason(code=SHELL_EXITED, text=text, exit_code=message.code, drained=True))
        self._release()

    def _refused(self, message: Refused) -> None:
        self._end(CloseReason(code=AGENT_LOST, text=printable(message.reason) or "refused by the machine"))
        self._release()

    def on_data(self, stream: int, offset: int, payload: bytes) -> None:
        """Output: into the ring, or thrown away when the session is over and its shell still talks."""
        if self.reason is not None:
            assert self._link is not None
            self._link.consume_to(self._channel, offset + len(payload), stream)
            return
        self.output.append(payload, unread_from=self._consumed)
        self.moved.unpark_all()

    def next_frame(self) -> bytes | None:
        """The next keystrokes the agent has credit for."""
        if self.state is not SessionState.OPEN or self._link is None:
            return None
        payload = self._keystrokes.take(self._link.credit_bytes(self._channel))
        if not payload:
            return None
        self.moved.unpark_all()
        return self._link.data_frame(self._channel, payload)

    def on_lost(self) -> None:
        """The agent's link has ended."""
        self._link = None
        self._is_resize_posted = False
        if self.state is SessionState.OPENING:
            self.agent_went_away = True
            self._end(CloseReason(code=AGENT_LOST, text="agent lost"))
        if self.reason is not None:
            self._release()
            return
        if self.state is SessionState.OPEN:
            self.lost_s = trio.current_time()
        self.state = SessionState.LOST
        self._move()

    # --- the viewer's side

    def attach(self, from_offset: int | None = None) -> Viewer:
        """A viewer from `from_offset` on, else from the oldest byte there is; the one before is sent away."""
        if self.viewer is not None:
            self.viewer.taken_over = True
        position = self.output.start if from_offset is None else min(from_offset, self.output.end)
        self.viewer = viewer = Viewer(self, position)
        self.was_attached = True
        self.consumed(position)
        self._move()
        return viewer

    def detach(self, viewer: Viewer) -> None:
        """`viewer` is gone; if it was the one in control the session now waits for its person."""
        if self.viewer is viewer:
            self.viewer = None
            self.detached_s = trio.current_time()
            self._move()

    def consumed(self, offset: int) -> None:
        """The controlling viewer is done with everything before `offset`: the agent may send as much more."""
        if offset <= self._consumed:
            return
        self._consumed = offset
        if self._link is not None and self.state is SessionState.OPEN:
            self._link.consume_to(self._channel, offset)

    async def write(self, payload: bytes, viewer: Viewer | None = None) -> None:
        """Type `payload`; waits while the agent takes nothing. Dropped when the session, or the viewer's turn, ends."""
        rest = memoryview(payload)
        while rest:
            if self.reason is not None or (viewer is not None and viewer.taken_over):
                return
            room = self._keystrokes.room_bytes()
            if room <= 0:
                await self.moved.park()
                continue
            self._accept(bytes(rest[:room]))
            rest = rest[room:]

    def write_nowait(self, payload: bytes, viewer: Viewer) -> None:
        """Type what `viewer` had credit for. Dropped when the session, or the viewer's turn, has ended.

        Raises InputOverrun when viewers came and went, each with credit, while the agent took nothing.
        """
        if self._keystrokes.would_lose(len(payload)):
            raise InputOverrun
        if payload and self.reason is None and not viewer.taken_over:
            self._accept(payload)

    def resize(self, cols: int, rows: int) -> None:
        """Set the window's size in character cells; only the newest of several is sent."""
        self.cols, self.rows = cols, rows
        self._post_resize()

    def close(self, text: str, code: int) -> None:
        """End the session now, whatever it does; the machine hangs up the shell."""
        self._end(CloseReason(code=code, text=text))

    async def wait_recorded(self) -> None:
        """Until the listener has recorded the end."""
        await self.record.ended.wait()

    # --- inside

    def _accept(self, payload: bytes) -> None:
        self._keystrokes.accept(payload)
        self.typed_s = trio.current_time()
        self._flush()

    def _flush(self) -> None:
        if self._link is not None and self.state is SessionState.OPEN:
            self._link.wake(self)

    def _post_resize(self) -> None:
        if self._link is None or self.state is not SessionState.OPEN or self._is_resize_posted:
            return
        self._is_resize_posted = True
        self._link.say_latest(self._channel, self._newest_size)

    def _newest_size(self) -> Resize:
        self._is_resize_posted = False
        return Resize(cols=self.cols, rows=self.rows)

    def _end(self, reason: CloseReason) -> None:
        if self.reason is not None:
            return
        self.reason = reason
        was_lost = self.state is SessionState.LOST
        self.state = SessionState.ENDED
        if self._link is not None:
            self._link.close_channel(self._channel, reason.text)
        if not reason.drained:
            self.output.clear()
        self.record.end(reason)
        if was_lost:
            self._release()
        self.closed.set()
        self._move()

    def _release(self) -> None:
        """The agent said its last word, or never will."""
        self._link = None
        self.record.complete()

    def _move(self) -> None:
        """Wake who waits for bytes (`moved`) and who waits for anything but bytes (`changed`)."""
        self.moved.unpark_all()
        self.changed.unpark_all()
