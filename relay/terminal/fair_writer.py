"""Who may write on one socket next. Rules of this file:

1. Control messages are small and go first, in the order they were posted.
2. Stream data is pulled, never queued: a channel with something to send stands in a ring, and each turn is one frame.
3. So a flood on one channel delays every other channel by one frame at most.
"""

from collections import deque
from collections.abc import Callable

import trio

from protocol.link import MAX_CHANNELS
from relay.terminal.ending import SILENT
from relay.terminal.errors import LinkEnded
from relay.terminal.ports import AgentSocket

MAX_POSTED = 8 * MAX_CHANNELS
"""Control messages that may wait: an open, a resize, a close and a few grants each. More: the peer does not read."""
SEND_LIMIT_S = 60.0
"""A peer that takes nothing for so long is gone."""

NextFrame = Callable[[], bytes | None]
"""Makes the message when its turn has come; None when there is nothing to say any more."""


class FairWriter:
    """The one task that writes on a socket, and the order in which it does."""

    def __init__(self, socket: AgentSocket) -> None:
        self._socket = socket
        self._posted: deque[NextFrame] = deque()
        self._ring: deque[NextFrame] = deque()
        self._standing: set[NextFrame] = set()
        self._idle = trio.lowlevel.ParkingLot()
        self._sending_since: float | None = None

    def post(self, frame: NextFrame) -> None:
        """Send a control message as soon as those before it are gone. Raises LinkEnded when too many wait."""
        if len(self._posted) >= MAX_POSTED:
            raise LinkEnded(SILENT, "the peer does not read")
        self._posted.append(frame)
        self._idle.unpark_all()

    def wake(self, source: NextFrame) -> None:
        """`source` has data: give it turns until it has none."""
        if source not in self._standing:
            self._standing.add(source)
            self._ring.append(source)
            self._idle.unpark_all()

    @property
    def is_stuck(self) -> bool:
        """Whether the peer has taken nothing for SEND_LIMIT_S while we had something to say."""
        return self._sending_since is not None and trio.current_time() - self._sending_since > SEND_LIMIT_S

    async def run(self) -> None:
        """Write for ever. Raises SocketClosed."""
        while True:
            frame = self._next()
            if frame is None:
                await self._idle.park()
                continue
            self._sending_since = trio.current_time()
            await self._socket.send(frame)
            self._sending_since = None

    def _next(self) -> bytes | None:
        while self._posted:
            frame = self._posted.popleft()()
            if frame is not None:
                return frame
        while self._ring:
            source = self._ring.popleft()
            frame = source()
            if frame is not None:
                self._ring.append(source)
                return frame
            self._standing.discard(source)
        return None
