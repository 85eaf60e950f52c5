"""A client of the terminal socket, in every dialect; remembers all it saw. And an agent's socket over a real wire."""

import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    WebSocketConnection,
    wrap_client_stream,
)

from protocol import frames
from protocol.handshake import SUBPROTOCOL
from protocol.window import WINDOW_BYTES
from relay.terminal.errors import SocketClosed
from tests.agent_double import AgentDouble
from tests.errors import single_error

PATIENCE_S = 10.0
"""Silence for so long fails a test."""
_DATA = struct.Struct(">BQ")
_CREDIT = struct.Struct(">BBQ")


class Refused(Exception):
    """The handshake was answered with HTTP."""

    def __init__(self, rejected: ConnectionRejected) -> None:
        body = rejected.body or b"{}"
        super().__init__(rejected.status_code, body)
        self.status = rejected.status_code
        self.body: dict[str, Any] = json.loads(body)
        self.headers = {name.decode().lower(): value.decode() for name, value in rejected.headers or ()}


class TerminalDriver:
    """One terminal. Reads only while one of its `until` methods runs; in fairlead.v1 it grants as it reads."""

    def __init__(self, socket: WebSocketConnection, *, dialect: str, grants: bool) -> None:
        self.socket = socket
        self.is_v1 = dialect == "v1"
        self.is_json = dialect in {"v1", "json"}
        self.grants = grants
        self.output = bytearray()
        self.messages: list[dict[str, Any]] = []
        self.frames: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None
        self.session: dict[str, Any] = {}
        self.received_to = 0
        self.sent_to = 0
        self.may_send_to = 0
        self._granted = 0

    @property
    def text(self) -> str:
        """The output, as text."""
        return self.output.decode("utf-8", "replace")

    def message(self, kind: str) -> dict[str, Any]:
        """The last message of a type."""
        return next(each for each in reversed(self.messages) if each["type"] == kind)

    async def step(self) -> None:
        """Take one frame, or learn that the socket has closed."""
        try:
            with trio.fail_after(PATIENCE_S):
                frame = await self.socket.get_message()
        except ConnectionClosed as closed:
            self.closed = ended(closed)
            return
        self.frames.append(frame)
        if isinstance(frame, bytes):
            await self._take_bytes(frame)
        else:
            await self._take_text(frame)

    async def until(self, done: Callable[[], bool]) -> None:
        """Read until `done()`; the end of the socket before that fails the test."""
        while not done():
            assert self.closed is None, f"closed with {self.closed}, saw {bytes(self.output[-200:])!r}"
            await self.step()

    async def until_text(self, text: str) -> None:
        """Read until the output contains `text`."""
        await self.until(lambda: text in self.text)

    async def until_bytes(self, count: int) -> bytes:
        """Read until so many bytes of output have come."""
        await self.until(lambda: len(self.output) >= count)
        return bytes(self.output)

    async def until_message(self, kind: str) -> dict[str, Any]:
        """Read until a message of a type has come."""
        await self.until(lambda: any(each["type"] == kind for each in self.messages))
        return self.message(kind)

    async def until_closed(self) -> tuple[int, str]:
        """Read to the end; gives code and reason."""
        while self.closed is None:
            await self.step()
        return self.closed

    async def type(self, text: str | bytes) -> None:
        """Type, in the dialect's way, within the relay's credit."""
        payload = text.encode() if isinstance(text, str) else text
        if not self.is_v1:
            await self.socket.send_message(text)
            return
        while payload:
            await self.until(lambda: self.may_send_to > self.sent_to)
            part = payload[: min(self.may_send_to - self.sent_to, frames.MAX_PAYLOAD_BYTES)]
            await self.socket.send_message(_DATA.pack(frames.DATA, self.sent_to) + part)
            self.sent_to += len(part)
            payload = payload[len(part) :]

    async def say(self, **message: Any) -> None:
        """Send a JSON message."""
        await self.socket.send_message(json.dumps(message))

    async def grant(self, limit: int) -> None:
        """Let the relay send up to `limit`."""
        self._granted = limit
        await self.socket.send_message(_CREDIT.pack(frames.CREDIT, frames.DATA, limit))

    async def drop(self) -> None:
        """Lose the connection without a close frame."""
        await self.socket._stream.aclose()

    async def _take_bytes(self, frame: bytes) -> None:
        if not self.is_v1:
            self.output += frame
            return
        if frame[0] == frames.CREDIT:
            self.may_send_to = max(self.may_send_to, _CREDIT.unpack(frame)[2])
            return
        kind, offset = _DATA.unpack_from(frame)
        assert (kind, offset) == (frames.DATA, self.received_to), "output out of its order"
        self.output += frame[_DATA.size :]
        self.received_to += len(frame) - _DATA.size
        assert self.received_to <= self._granted, "the relay passed our credit"
        if self.grants and self._granted - self.received_to < WINDOW_BYTES * 3 // 4:
            await self.grant(self.received_to + WINDOW_BYTES)

    async def _take_text(self, frame: str) -> None:
        message = _json_object(frame)
        if message is not None and message.get("type") == "session":
            self.is_json = True
        if message is None or not self.is_json:
            self.output += frame.encode()
            return
        self.messages.append(message)
        match message["type"]:
            case "session":
                self._begin(message)
            case "gap":
                self.received_to = message["to"]
                await self.grant(self.received_to + WINDOW_BYTES)
            case "output":
                self.output += message["output"].encode()

    def _begin(self, message: dict[str, Any]) -> None:
        self.session = message
        if self.is_v1:
            self.received_to = message["output_offset"]
            self._granted = self.received_to + WINDOW_BYTES
            self.sent_to = message["input_offset"]
            self.may_send_to = self.sent_to + WINDOW_BYTES


def ended(closed: ConnectionClosed) -> tuple[int, str]:
    """Code and reason of a socket that has closed."""
    assert closed.reason is not None
    return closed.reason.code, closed.reason.reason or ""


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@asynccontextmanager
async def open_socket(
    url: str, *, subprotocols: list[str], headers: dict[str, str], most_bytes: int = 8 * 1024 * 1024
) -> AsyncIterator[WebSocketConnection]:
    """A WebSocket. Raises Refused. On the way out it is dropped, not closed."""
    at = urlsplit(url)
    stream = await trio.open_tcp_stream(at.hostname or "", at.port or 80)
    try:
        with single_error():
            async with stream, trio.open_nursery() as nursery:
                with trio.fail_after(PATIENCE_S):
                    socket = await wrap_client_stream(
                        nursery,
                        stream,
                        at.netloc,
                        f"{at.path}?{at.query}",
                        subprotocols=subprotocols,
                        extra_headers=[(name, value.encode()) for name, value in headers.items()],
                        max_message_size=most_bytes,
                        message_queue_size=0,
                    )
                yield socket
                nursery.cancel_scope.cancel()
    except ConnectionRejected as rejected:
        raise Refused(rejected) from None


@asynccontextmanager
async def open_terminal(
    url: str,
    agent_id: str,
    token: str,
    *,
    dialect: str = "v1",
    grants: bool = True,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> AsyncIterator[TerminalDriver]:
    """A terminal; `dialect` is v1, raw, json, binary, or plain (raw by default, not asked for). Raises Refused."""
    subprotocols = ["fairlead.v1"] if dialect == "v1" else []
    if dialect in {"raw", "json", "binary"}:
        query["format"] = dialect
    if "from_" in query:
        query["from"] = query.pop("from_")
    if token:
        subprotocols += ["bearer", token]
    address = f"{url}/api/terminal/{agent_id}/ws?{urlencode(query)}"
    async with open_socket(address, subprotocols=subprotocols, headers=headers or {}) as socket:
        driver = TerminalDriver(socket, dialect=dialect, grants=grants)
        if dialect in {"v1", "json"}:
            await driver.until_message("session")
        yield driver


class WireSocket:
    """The agent double's socket over a real WebSocket."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.socket = socket
        self.closed: tuple[int, str] | None = None

    async def send(self, message: bytes) -> None:
        """Raises SocketClosed."""
        try:
            await self.socket.send_message(message)
        except ConnectionClosed as closed:
            raise self._ended(closed) from None

    async def receive(self) -> bytes:
        """Raises SocketClosed."""
        try:
            message = await self.socket.get_message()
        except ConnectionClosed as closed:
            raise self._ended(closed) from None
        assert isinstance(message, bytes)
        return message

    async def close(self, code: int, reason: str) -> None:
        """The closing handshake."""
        await self.socket.aclose(code, reason)

    def abort(self) -> None:
        """Drop the line."""
        self.socket._stream.socket.close()

    def _ended(self, closed: ConnectionClosed) -> SocketClosed:
        if closed.reason is not None and self.closed is None:
            self.closed = (closed.reason.code, closed.reason.reason or "")
        return SocketClosed()


@asynccontextmanager
async def connected_agent(url: str, agent: AgentDouble) -> AsyncIterator[WireSocket]:
    """The agent, connected and proven; it leaves at the end of the block and can be connected again."""
    async with open_socket(f"{url}/api/agent/ws", subprotocols=[SUBPROTOCOL], headers={}) as socket:
        wire = WireSocket(socket)
        with single_error():
            async with trio.open_nursery() as nursery:
                with trio.fail_after(PATIENCE_S):
                    await nursery.start(agent.serve, wire)
                yield wire
                nursery.cancel_scope.cancel()
