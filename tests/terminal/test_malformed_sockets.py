"""Bytes that are no WebSocket, to a real server: the sender is told, and nobody else notices."""

import struct

import pytest
import structlog
import trio

from tests.terminal.doors import doors
from tests.terminal.house import AGENT
from tests.terminal_driver import open_terminal

ADA = "ada-token"
MASK = bytes(4)
PATIENCE_S = 5.0


def handshake(path: str, *protocols: str) -> bytes:
    named = f"Sec-WebSocket-Protocol: {', '.join(protocols)}\r\n" if protocols else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{named}\r\n"
    ).encode()


async def all_of(stream: trio.SocketStream) -> bytes:
    received = b""
    with trio.fail_after(PATIENCE_S):
        while data := await stream.receive_some():
            received += data
    return received


@pytest.mark.parametrize(
    "frame",
    [
        b"\x82\x03abc",
        b"\x85\x83" + MASK + b"abc",
        b"\xc2\x83" + MASK + b"abc",
        b"\x81\x82" + MASK + b"\xff\xfe",
        b"\x09\x83" + MASK + b"abc",
        b"\x89\xfe\x00\x7e" + MASK + bytes(126),
        b"\x80\x83" + MASK + b"abc",
    ],
    ids=["unmasked", "unknown opcode", "reserved bit", "no UTF-8", "ping in parts", "long ping", "end of nothing"],
)
async def test_frames_that_break_the_protocol_are_answered_with_1002(frame: bytes) -> None:
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, session_id="s1") as neighbour,
        await trio.open_tcp_stream("127.0.0.1", int(here.url.rpartition(":")[2])) as stream,
    ):
        await stream.send_all(handshake("/api/agent/ws", "fairlead.agent.v1"))
        with trio.fail_after(PATIENCE_S):
            assert b" 101 " in await stream.receive_some()
        await stream.send_all(frame)
        assert (await all_of(stream)).endswith(struct.pack(">H", 1002) + b"malformed WebSocket frame")
        agent.emit(b"still here")
        await neighbour.until_text("still here")


async def test_bytes_before_the_answer_harm_nobody() -> None:
    async with doors() as here, here.agent():
        port = int(here.url.rpartition(":")[2])
        for _ in range(20):
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(handshake("/api/agent/ws") + b"\x82\x83" + MASK + b"abc")
                answer = await all_of(stream)
                assert answer.startswith(b"HTTP/1.1 400 ")
                assert b"sub-protocol fairlead.agent.v1 is required" in answer
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            assert term.session["type"] == "session"


async def test_a_handshake_that_makes_the_server_stumble_ends_alone() -> None:
    async with doors() as here, here.agent():
        port = int(here.url.rpartition(":")[2])
        with structlog.testing.capture_logs() as logs:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(handshake("/api/agent/ws", "\xff").replace("\xff".encode(), b"\xff"))
                assert b" 101 " not in await all_of(stream)
        assert {each["event"] for each in logs} <= {"connection failed"}
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            assert term.session["type"] == "session"
