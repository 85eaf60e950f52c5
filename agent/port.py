"""What a shell or a command sees of the link: its own channel. The connection behind it may end at any time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from protocol.frames import DATA
from protocol.link import Link
from protocol.messages import Message


class Wire(Protocol):
    """One connection: encodes and sends in one step, so that nothing overtakes."""

    link: Link
    is_lost: bool

    async def send(self, encode: Callable[[], bytes | None]) -> None:
        """Send what `encode` makes now, if anything. Raises LinkLost."""


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """One channel of one connection."""

    wire: Wire
    channel: int

    @property
    def is_lost(self) -> bool:
        """The connection has ended."""
        return self.wire.is_lost

    def credit_bytes(self, stream: int = DATA) -> int:
        """How much may be sent now."""
        return self.wire.link.credit_bytes(self.channel, stream=stream)

    async def send(self, message: Message) -> None:
        """Send a control message. Raises LinkLost."""
        await self.wire.send(lambda: self.wire.link.send_control(self.channel, message))

    async def send_data(self, payload: bytes, stream: int = DATA) -> None:
        """Send bytes, within the credit. Raises LinkLost."""
        await self.wire.send(lambda: self.wire.link.send_data(self.channel, payload, stream=stream))

    async def consume_to(self, offset: int, stream: int = DATA) -> None:
        """Everything before `offset` is used up: says so when it is time. Raises LinkLost."""
        await self.wire.send(lambda: self.wire.link.consume_to(self.channel, offset, stream=stream))
