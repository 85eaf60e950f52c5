"""Two sockets joined in memory: an agent's link without a network. Ships with the product, as fakes here do."""

import math

import trio

from relay.terminal.errors import SocketClosed

ABNORMAL = 1006
"""What an end without a close frame is called (RFC 6455 §7.1.5)."""


class MemorySocket:
    """One end of a pair. `sent_close` and `close_code` tell how it ended, seen from this end."""

    def __init__(self, outgoing: trio.MemorySendChannel[bytes], incoming: trio.MemoryReceiveChannel[bytes]) -> None:
        self._outgoing = outgoing
        self._incoming = incoming
        self.peer: MemorySocket | None = None
        self.close_code: int | None = None
        self.close_reason = ""

    async def send(self, message: bytes) -> None:
        """Waits while the peer has not taken the earlier messages. Raises SocketClosed."""
        try:
            await self._outgoing.send(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise SocketClosed from error

    async def receive(self) -> bytes:
        """The next message. Raises SocketClosed."""
        try:
            return await self._incoming.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError) as error:
            raise SocketClosed from error

    async def close(self, code: int, reason: str) -> None:
        """End both directions; both ends know code and reason."""
        self._end(code, reason)
        if self.peer is not None:
            self.peer._learn(code, reason)
        await trio.lowlevel.checkpoint()

    def abort(self) -> None:
        """End without a word."""
        self._end(ABNORMAL, "")

    def _end(self, code: int, reason: str) -> None:
        self._learn(code, reason)
        self._outgoing.close()
        self._incoming.close()

    def _learn(self, code: int, reason: str) -> None:
        if self.close_code is None:
            self.close_code, self.close_reason = code, reason


def memory_pair(buffered: float = 0) -> tuple[MemorySocket, MemorySocket]:
    """Two joined ends. `buffered` messages fit between them; `math.inf` is for tests that flood."""
    assert buffered >= 0
    assert buffered == math.inf or float(buffered).is_integer()
    here_out, there_in = trio.open_memory_channel[bytes](buffered)
    there_out, here_in = trio.open_memory_channel[bytes](buffered)
    here, there = MemorySocket(here_out, here_in), MemorySocket(there_out, there_in)
    here.peer, there.peer = there, here
    return here, there
