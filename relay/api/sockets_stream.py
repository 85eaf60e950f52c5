"""One WebSocket as ASGI gives it: accept or refuse, messages both ways, an end that cannot hang.

Knows Hypercorn's ways, so that nobody else must: a send to a peer that does not read cannot be cancelled, only cut off;
sending after the end does nothing. Silent peers are sockets_pings.py's affair.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import trio

from relay.api.dialect import WEBXTERM
from relay.terminal.ending import close_text
from relay.terminal.errors import SocketClosed

CLOSE_LIMIT_S = 0.5
"""How long a close frame may take to leave before the connection is cut off."""
DENIAL = "websocket.http.response"
"""The ASGI extension that lets a refusal be an ordinary HTTP answer."""


class MessageTooBig(Exception):
    """The peer sent a message larger than this socket takes: close with 1009."""


class SocketStream:
    """A WebSocket. One task may send while another receives."""

    def __init__(self, scope: Any, receive: Any, send: Any, *, abort: Callable[[], None], most_bytes: int) -> None:
        self.scope = scope
        self.most_bytes = most_bytes
        self._receive = receive
        self._send = send
        self._abort = abort
        self._is_over = False
        self.is_accepted = False

    async def accept(self, subprotocol: str | None) -> None:
        """Upgrade. Raises SocketClosed when the peer has gone."""
        event = await self._receive()
        if event["type"] != "websocket.connect":
            self._is_over = True
            raise SocketClosed
        self.is_accepted = True
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})

    async def refuse(self, status: int, text: str, headers: Mapping[str, str], *, code: int) -> None:
        """Answer the handshake with an HTTP refusal in the terminal API's form.

        After the upgrade, and with a server that cannot answer before it, the socket closes with `code` instead.
        """
        if self.is_accepted or DENIAL not in self.scope.get("extensions", {}):
            await self._refuse_by_closing(code, text)
            return
        body = msgspec.json.encode(WEBXTERM.refuse(status, text))
        lines = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close", **headers}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in lines.items()]
        self._is_over = True
        await self._send({"type": f"{DENIAL}.start", "status": status, "headers": raw})
        await self._send({"type": f"{DENIAL}.body", "body": body, "more_body": False})

    async def _refuse_by_closing(self, code: int, text: str) -> None:
        if not self.is_accepted:
            await self.accept(None)
        await self.close(code, text)

    async def receive(self) -> str | bytes:
        """The next message, text or binary. Raises SocketClosed, MessageTooBig."""
        event = await self._receive()
        if event["type"] != "websocket.receive":
            self._is_over = True
            raise SocketClosed
        message: str | bytes | None = event.get("bytes")
        if message is None:
            message = event.get("text") or ""
        if _is_larger(message, self.most_bytes):
            raise MessageTooBig
        return message

    async def send(self, message: str | bytes) -> None:
        """Waits while the peer does not read. Raises SocketClosed."""
        if self._is_over:
            raise SocketClosed
        if isinstance(message, str):
            await self._send({"type": "websocket.send", "text": message, "bytes": None})
        else:
            await self._send({"type": "websocket.send", "bytes": message, "text": None})

    async def close(self, code: int, reason: str) -> None:
        """Say why, and end: within CLOSE_LIMIT_S, also when the peer does not read or we are being cancelled."""
        if self._is_over:
            return
        self._is_over = True
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._abort_later)
                await self._send({"type": "websocket.close", "code": code, "reason": close_text(reason)})
                nursery.cancel_scope.cancel()

    def abort(self) -> None:
        """Cut the connection off without a word."""
        self._is_over = True
        self._abort()

    async def _abort_later(self) -> None:
        await trio.sleep(CLOSE_LIMIT_S)
        self._abort()


def _is_larger(message: str | bytes, most_bytes: int) -> bool:
    if isinstance(message, bytes) or len(message) > most_bytes:
        return len(message) > most_bytes
    return len(message) * 4 > most_bytes and len(message.encode("utf-8", "replace")) > most_bytes
