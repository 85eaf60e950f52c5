"""Telling open WebSockets that the relay goes away: close code 1001, whatever their view is doing."""

from typing import Any

import trio
from hypercorn.typing import ASGIFramework, Scope

GOING_AWAY = 1001
GOING_AWAY_REASON = "the relay is shutting down"


class CloseWhenDraining:
    """ASGI: sends the close frame of every accepted WebSocket when `draining` is set."""

    def __init__(self, app: ASGIFramework, draining: trio.Event) -> None:
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        socket = _Socket(send)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._close_when_draining, socket, nursery.cancel_scope)
            await self._app(scope, receive, socket.send)
            nursery.cancel_scope.cancel()

    async def _close_when_draining(self, socket: "_Socket", scope: trio.CancelScope) -> None:
        await self._draining.wait()
        await socket.say_goodbye()
        scope.cancel()


class _Socket:
    """The sending side of one WebSocket; after its close frame nothing more is sent."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._is_open = False
        self._is_closed = False

    async def send(self, event: Any) -> None:
        if self._is_closed:
            return
        self._is_closed = event["type"] == "websocket.close"
        self._is_open = self._is_open or event["type"] == "websocket.accept"
        await self._send(event)

    async def say_goodbye(self) -> None:
        if self._is_open:
            await self.send({"type": "websocket.close", "code": GOING_AWAY, "reason": GOING_AWAY_REASON})
