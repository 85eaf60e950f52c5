"""Two cures for the server beneath us (Hypercorn 0.18 under trio). tests/api/test_keep_alive.py needs both.

The illness: when an answer is complete before the request's body has arrived (401, 404, 405, 413 …), the connection is
neither reusable nor closed: the server's own close is cancelled together with the application's task, and the client's
next request hangs. So the close is shielded (ShieldedServer), and an answer waits a moment for the rest of the body, or
says that the connection ends (AnswerAfterBody).
"""

from typing import Any

import trio
from hypercorn.events import Event
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.typing import ASGIFramework, ASGIReceiveEvent, ASGISendEvent, Scope

BODY_GRACE_S = 1.0
"""How long a finished answer waits for the rest of the body: a round trip of a client that has sent it already."""


class ShieldedServer(TCPServer):
    """One connection, whose outgoing events are not cut off by the end of the application's task."""

    async def protocol_send(self, event: Event) -> None:
        with trio.CancelScope(shield=True):
            await super().protocol_send(event)


class AnswerAfterBody:
    """ASGI: holds back `http.response.start` until the body is here, or adds `Connection: close`."""

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["http_version"] in {"1.0", "1.1"}:
            exchange = _Exchange(receive, send)
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """One request and its answer, watched from both sides."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive = receive
        self._send = send
        self._arrived = trio.Event()

    async def receive(self) -> ASGIReceiveEvent:
        event: ASGIReceiveEvent = await self._receive()
        if event["type"] != "http.request" or not event.get("more_body", False):
            self._arrived.set()
        return event

    async def send(self, event: ASGISendEvent) -> None:
        if event["type"] == "http.response.start" and not await self._body_is_here():
            headers = [*event["headers"], (b"connection", b"close")]
            event = {**event, "headers": headers}
        await self._send(event)

    async def _body_is_here(self) -> bool:
        with trio.move_on_after(BODY_GRACE_S):
            await self._arrived.wait()
        return self._arrived.is_set()
