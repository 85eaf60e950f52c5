"""Pings that mean something: Hypercorn sends them, never looks for an answer, and keeps a closed connection for the
sake of the next one (its ping task sleeps up to 30 s after the peer has gone, and holds the socket that long).

Here a peer is dead that says nothing at all after two pings, and pinging ends with the connection. A peer whose
messages wait for us is not silent: while we do not read, nothing is counted.
"""

from typing import Any

import trio
from hypercorn.protocol import h11
from hypercorn.protocol.events import Data, Event
from hypercorn.protocol.ws_stream import WSStream
from wsproto.events import Ping

MOST_MISSED = 2
"""Pings in a row after which nothing came: then the connection is cut off."""


class LiveStream(WSStream):
    """One WebSocket of Hypercorn's, watched."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._missed = 0
        self._is_handling = False
        self._pinging = trio.CancelScope()

    async def handle(self, event: Event) -> None:
        """Something came from the peer, or its connection has ended."""
        self._missed = 0
        self._is_handling = isinstance(event, Data)
        try:
            await super().handle(event)
        finally:
            self._is_handling = False
            if self.closed:
                self._pinging.cancel()

    async def _send_pings(self) -> None:
        interval_s = self.config.websocket_ping_interval or 0.0
        with self._pinging:
            while not self.closed:
                if self._missed >= MOST_MISSED:
                    self.scope["state"]["abort"]()
                    return
                await self._send_wsproto_event(Ping())
                self._missed = 0 if self._is_handling else self._missed + 1
                await trio.sleep(interval_s)


def use_live_streams() -> None:
    """Let Hypercorn make these instead of its own."""
    vars(h11)["WSStream"] = LiveStream
