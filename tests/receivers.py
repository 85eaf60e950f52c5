"""Programs that receive audit streams: a real TCP or TLS server, a real UDP socket, which remember what they heard."""

import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio

SYSLOG = re.compile(
    rb"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) fairlead - ([!-~]{1,32}) - ([ -~]+)"
)
"""A message of ours, by the grammar of RFC 5424."""


@dataclass
class Heard:
    """What a receiver has. `reads` off: it accepts connections and lets them fill up."""

    port: int = 0
    data: bytearray = field(default_factory=bytearray)
    datagrams: list[bytes] = field(default_factory=list)
    connections: int = 0
    reads: bool = True
    moved: trio.Event = field(default_factory=trio.Event)

    def frames(self) -> list[bytes]:
        """Octet counted messages that are whole."""
        found, rest = [], bytes(self.data)
        while (counted := re.match(rb"([1-9]\d*) ", rest)) and len(rest) >= counted.end() + int(counted[1]):
            end = counted.end() + int(counted[1])
            found.append(rest[counted.end() : end])
            rest = rest[end:]
        return found

    def lines(self) -> list[bytes]:
        """JSON lines that are whole."""
        return bytes(self.data).split(b"\n")[:-1]

    async def until(self, count: int, *, of: str = "frames") -> list[bytes]:
        """So many messages; five seconds fail the test."""
        with trio.fail_after(5):
            while len(found := getattr(self, of)()) < count:
                self.moved = trio.Event()
                await self.moved.wait()
        return found


def content(message: bytes) -> dict[str, Any]:
    """The JSON object of a syslog message, which must be one by the grammar."""
    parts = SYSLOG.fullmatch(message)
    assert parts is not None, message
    return json.loads(parts[5])


@asynccontextmanager
async def tcp_receiver(*, port: int = 0, tls: ssl.SSLContext | None = None, reads: bool = True) -> AsyncIterator[Heard]:
    """A server on 127.0.0.1; leaving the block is its death."""
    heard = Heard(reads=reads)

    async def hear(stream: trio.SocketStream) -> None:
        heard.connections += 1
        try:
            async with stream if tls is None else trio.SSLStream(stream, tls, server_side=True) as taken:
                if not heard.reads:
                    await trio.sleep_forever()
                async for chunk in taken:
                    heard.data += chunk
                    heard.moved.set()
        except (trio.BrokenResourceError, ssl.SSLError):
            pass

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
        heard.port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(lambda: trio.serve_listeners(hear, listeners))
        yield heard
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def udp_receiver() -> AsyncIterator[Heard]:
    """A socket on 127.0.0.1."""
    heard = Heard()
    with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        heard.port = sock.getsockname()[1]

        async def hear() -> None:
            while True:
                heard.datagrams.append(await sock.recv(65536))
                heard.moved.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear)
            yield heard
            nursery.cancel_scope.cancel()
