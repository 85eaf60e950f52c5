"""Credit: how far a writer may write, and when a reader says more. Rules of this file:

1. Credit is an absolute byte position (as QUIC's MAX_STREAM_DATA, RFC 9000 §4.1): repeating a grant is harmless.
2. A writer never passes the limit; a reader treats passing it as the peer's error.
3. Bytes that arrive again (after a resume) are trimmed; a gap is the peer's error.
4. A reader grants again when a quarter of its window is free, so that grants cost little and never stall.
"""

from protocol.errors import LocalProtocolError, RemoteProtocolError

WINDOW_BYTES = 256 * 1024
"""Bytes one stream may have in flight: enough for 2.5 MB/s over 100 ms, little enough for a quick Ctrl-C."""


class SendWindow:
    """The writer's side of one stream: the next offset and how far it may go."""

    __slots__ = ("limit", "offset")

    def __init__(self, *, offset: int = 0, limit: int = 0) -> None:
        self.offset = offset
        self.limit = limit

    @property
    def available_bytes(self) -> int:
        """How much may be sent now."""
        return max(0, self.limit - self.offset)

    def take(self, count: int) -> int:
        """Use `count` bytes of credit; returns the offset of the first. Raises LocalProtocolError beyond the limit."""
        if count > self.available_bytes:
            raise LocalProtocolError(f"{count} bytes to send, {self.available_bytes} bytes of credit")
        offset = self.offset
        self.offset += count
        return offset

    def grant(self, limit: int) -> None:
        """The reader allows up to `limit`; an older, smaller grant changes nothing."""
        self.limit = max(self.limit, limit)


class ReceiveWindow:
    """The reader's side of one stream: what came, what was used up, how far the writer may go."""

    __slots__ = ("consumed", "limit", "received", "size_bytes")

    def __init__(self, *, offset: int = 0, limit: int | None = None, size_bytes: int = WINDOW_BYTES) -> None:
        self.received = offset
        self.limit = offset + size_bytes if limit is None else limit
        self.consumed = self.limit - size_bytes
        self.size_bytes = size_bytes

    def receive(self, offset: int, count: int) -> int:
        """Account for `count` bytes at `offset`; returns how many of them were here already (trim those).

        Raises RemoteProtocolError for a gap, or for bytes beyond the credit.
        """
        if offset > self.received:
            raise RemoteProtocolError(f"stream jumps from byte {self.received} to {offset}")
        if offset + count > self.limit:
            raise RemoteProtocolError(f"stream passes its credit: byte {offset + count}, limit {self.limit}")
        known = min(count, self.received - offset)
        self.received = max(self.received, offset + count)
        return known

    def consume_to(self, offset: int) -> int | None:
        """Everything before `offset` is used up; returns the new limit when it is time to announce one.

        Raises LocalProtocolError for bytes that have not arrived.
        """
        if offset > self.received:
            raise LocalProtocolError(f"consumed to byte {offset}, received only {self.received}")
        self.consumed = max(self.consumed, offset)
        limit = self.consumed + self.size_bytes
        if limit - self.limit < self.size_bytes // 4:
            return None
        self.limit = limit
        return limit
