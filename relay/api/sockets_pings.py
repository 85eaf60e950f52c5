"""Hypercorn's WebSocket, cured of what holds a connection, or the relay's end, for ever, and of two rudenesses:

1. Its pings are never looked after, and the ping task holds a closed connection up to 30 s. Here a peer that says
   nothing at all after two pings is cut off, and pinging ends with the connection. While we do not read, nothing is
   counted: a peer whose messages wait for us is not silent.
2. It tells the application of the end through the queue of messages, waiting for room: an application that is itself
   waiting to send never makes any. Here the end needs no room.
3. A message for an application that has returned waits for ever. Here it is dropped once the connection has ended.
4. It ends a connection whose frames break RFC 6455 without a word. Here the peer is told, with 1002.
5. It answers bytes that come before its handshake is answered with a 400 of its own, into the middle of the
   application's answer: an exception. Here they are dropped: no client that keeps to the protocol sends any.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio
from hypercorn.protocol import h11
from hypercorn.protocol.events import Body, Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Ping

MOST_MISSED = 2
"""Pings in a row after which nothing came: then the connection is cut off."""
DISCONNECT = {"type": "websocket.disconnect", "code": 1006}


class LiveStream(WSStream):
    """One WebSocket, watched."""

    def __init__(self, app: Any, *arguments: Any) -> None:
        super().__init__(partial(_run_to_the_end, app), *arguments)
        self._pass_on = self.send
        vars(self)["send"] = self._send_or_explain
        self._missed = 0
        self._is_handling = False
        self._pinging = trio.CancelScope()
        self._queue: trio.MemorySendChannel[Any] | None = None

    async def handle(self, event: Event) -> None:
        """Something came from the peer, or its connection has ended."""
        if isinstance(event, Body | Data) and not self.handshake.accepted:
            return
        self._missed = 0
        self._is_handling = isinstance(event, Data)
        try:
            await super().handle(event)
        finally:
            self._is_handling = False
            if self._queue is None and self.app_put is not None:
                self._queue = vars(self)["app_put"].__self__
                self.app_put = self._put
            if self.closed:
                self._pinging.cancel()

    async def _send_or_explain(self, event: Event) -> None:
        """Nobody has said goodbye, and yet the stream ends while the peer's bytes are read: they made no sense."""
        is_open = self.state is ASGIWebsocketState.CONNECTED and self.connection.state is ConnectionState.OPEN
        if isinstance(event, StreamClosed) and self._is_handling and is_open:
            await self._send_wsproto_event(CloseConnection(code=1002, reason="malformed WebSocket frame"))
        await self._pass_on(event)

    async def _put(self, event: Any) -> None:
        assert self._queue is not None
        if event["type"] == DISCONNECT["type"]:
            self._queue.close()
            return
        try:
            await self._queue.send(event)
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            return  # the connection ended while the message waited

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


async def _run_to_the_end(app: Any, scope: Any, receive: Callable[[], Awaitable[Any]], *more: Any) -> None:
    """Run the application; after the last message it is told of the end, as often as it asks."""

    async def receive_or_end() -> Any:
        try:
            return await receive()
        except trio.EndOfChannel:
            return DISCONNECT

    await app(scope, receive_or_end, *more)


def use_live_streams() -> None:
    """Let Hypercorn make these instead of its own."""
    vars(h11)["WSStream"] = LiveStream
