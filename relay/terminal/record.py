"""What a session tells the listener: its commands and its end, in order, beside the pump.

A store that is slow makes the agent's next log message wait, and nothing else.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import structlog
import trio

from protocol.messages import CommandLogged, Exited
from relay.terminal.ending import CloseReason
from relay.terminal.ports import HubListener

if TYPE_CHECKING:
    from relay.terminal.session import Session

MAX_WAITING = 64
"""Log messages that may wait for the listener before the agent's link is not read."""

What = TypeVar("What", CommandLogged, CloseReason, Exited)

log = structlog.get_logger(__name__)


class SessionRecord:
    """Collects on one side, tells on the other."""

    def __init__(self) -> None:
        self._commands: deque[CommandLogged] = deque()
        self._exited: Exited | None = None
        self._reason: CloseReason | None = None
        self._complete = False
        self._moved = trio.lowlevel.ParkingLot()
        self.ended = trio.Event()

    async def add(self, command: CommandLogged) -> None:
        """Take a command to tell; waits while too many wait."""
        while len(self._commands) >= MAX_WAITING and not self._complete:
            await self._moved.park()
        self._commands.append(command)
        self._moved.unpark_all()

    def close_log(self, exited: Exited) -> None:
        """The agent has said how many commands there were."""
        self._exited = exited
        self._moved.unpark_all()

    def end(self, reason: CloseReason) -> None:
        """The session is over; commands may still arrive from the shell that hangs up."""
        self._reason = reason
        self._moved.unpark_all()

    def complete(self) -> None:
        """Nothing more can arrive."""
        self._complete = True
        self._moved.unpark_all()

    async def run(self, session: "Session", listener: HubListener) -> None:
        """Tell until the session is over and complete; `ended` is set once its end is recorded."""
        while True:
            if self._commands:
                await self._tell(listener.command_logged, session, self._commands.popleft())
                self._moved.unpark_all()
            elif self._exited is not None:
                exited, self._exited = self._exited, None
                await self._tell(listener.command_log_closed, session, exited)
            elif self._reason is not None and not self.ended.is_set():
                await self._tell(listener.session_ended, session, self._reason)
                self.ended.set()
            elif self._reason is not None and self._complete:
                return
            else:
                await self._moved.park()

    async def _tell(self, verb: Callable[["Session", What], Awaitable[None]], session: "Session", what: What) -> None:
        try:
            await verb(session, what)
        except Exception:  # a failing store must not end the session or the relay; logged here, once
            log.exception("session record failed", session_id=session.session_id)
