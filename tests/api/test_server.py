"""The accept loop and the end: bounded, announced, and not held up by anybody."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
import trio

from relay.api import server as module
from relay.api.cure import ShieldedServer
from relay.api.draining import CloseWhenDraining
from relay.api.server import Server, abort_of, listen_on
from tests.api.small_door import Client


async def application(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that echoes, or floods when told to; an HTTP answer that never comes."""
    if scope["type"] == "http":
        await trio.sleep_forever()
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    while (event := await receive())["type"] == "websocket.receive":
        if event["text"].startswith("abort"):
            abort_of(scope)()
        await send({"type": "websocket.send", "text": event["text"], "bytes": None})


class Served:
    """A server under test."""

    def __init__(self, port: int, draining: trio.Event, ended: trio.Event) -> None:
        self.port = port
        self.draining = draining
        self.ended = ended


@asynccontextmanager
async def serving(drain_s: float = 5, app: Any = application) -> AsyncIterator[Served]:
    sockets = listen_on("127.0.0.1", 0)
    draining, ended = trio.Event(), trio.Event()
    server = Server(CloseWhenDraining(app, draining))

    async def run() -> None:
        await server.run(sockets, draining=draining, drain_s=drain_s)
        ended.set()

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            yield Served(sockets[0].getsockname()[1], draining, ended)
            draining.set()


@pytest.mark.parametrize(
    "opening",
    [
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0", id="prior knowledge"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
            id="upgrade",
        ),
    ],
)
async def test_http2_is_not_spoken(opening: bytes) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with serving(app=answer) as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        await stream.send_all(opening)
        said = await stream.receive_some()
        assert said.startswith((b"HTTP/1.1 204", b"HTTP/1.1 400"))
        assert b"h2c" not in said


async def test_sockets_are_told_that_the_relay_goes_away() -> None:
    async with serving() as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        await upgrade(stream)
        served.draining.set()
        received = b""
        while data := await stream.receive_some():
            received += data
        reason = b"the relay is shutting down"
        assert received.removeprefix(b"\x89\x00") == bytes([0x88, 2 + len(reason)]) + (1001).to_bytes(2) + reason
        await served.ended.wait()


async def test_a_request_that_never_ends_is_cut_off_in_time() -> None:
    async with serving(drain_s=0.1) as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        client = Client(stream)
        await client.send_head("GET", "/")
        await client.send_body()
        served.draining.set()
        assert await stream.receive_some() == b""
        await served.ended.wait()


async def upgrade(stream: trio.SocketStream, extra: bytes = b"") -> bytes:
    """A WebSocket by hand; the answer's head."""
    key = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    head = b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n" + key + extra + b"\r\n"
    await stream.send_all(head)
    answer = await stream.receive_some()
    assert answer.startswith(b"HTTP/1.1 101")
    return bytes(answer).lower()


def text_frame(text: bytes) -> bytes:
    """A masked text message, with a mask of zeros."""
    return b"\x81\xfe" + len(text).to_bytes(2) + bytes(4) + text


async def test_a_peer_that_never_reads_does_not_hold_up_the_end() -> None:
    async with serving(drain_s=0.1) as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        await upgrade(stream)
        with trio.move_on_after(1):
            while True:
                await stream.send_all(text_frame(b"x" * 60_000))
        served.draining.set()
        await served.ended.wait()


async def test_new_connections_are_refused_while_draining() -> None:
    async with serving() as served:
        served.draining.set()
        await served.ended.wait()
        with pytest.raises(OSError, match="connect"):
            await trio.open_tcp_stream("127.0.0.1", served.port)


async def test_a_view_can_cut_off_its_connection() -> None:
    async with serving() as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        await upgrade(stream)
        await stream.send_all(text_frame(b"abort" + b" " * 130))
        received = b""
        while data := await stream.receive_some():
            received += data
        assert b"abort" not in received


async def test_compression_is_never_agreed_to() -> None:
    async with serving() as served, await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        answer = await upgrade(stream, b"sec-websocket-extensions: permessage-deflate\r\n")
        assert b"sec-websocket-accept" in answer
        assert b"sec-websocket-extensions" not in answer


async def test_case_41_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 1)
    async with serving() as served, await trio.open_tcp_stream("127.0.0.1", served.port) as first:
        await upgrade(first)
        async with await trio.open_tcp_stream("127.0.0.1", served.port) as second:
            assert await second.receive_some() == b""
        await first.send_all(text_frame(b"still here" * 13))
        received = b""
        while b"still here" not in received:
            received += await first.receive_some()


async def test_half_open_peers_are_watched_for() -> None:
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(listen_on("127.0.0.1", 0)[0]))
    async with listener, await trio.open_tcp_stream(*listener.socket.getsockname()), await listener.accept() as stream:
        module._watch_peer(stream)
        assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 120_000


def test_a_name_with_several_addresses_is_one_port() -> None:
    sockets = listen_on("localhost", 0)
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()


def test_a_port_in_use_leaves_nothing_open() -> None:
    (taken,) = listen_on("127.0.0.1", 0)
    with taken, pytest.raises(OSError, match="in use"):
        listen_on("127.0.0.1", taken.getsockname()[1])


async def test_a_bug_beneath_us_ends_one_connection_and_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ShieldedServer):
        async def run(self) -> None:
            raise ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        async with serving() as served:
            with monkeypatch.context() as patched:
                patched.setattr(module, "ShieldedServer", Broken)
                async with await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
                    assert await stream.receive_some() == b""
            async with await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
                await upgrade(stream)
    assert [each["event"] for each in logs] == ["connection failed"]
