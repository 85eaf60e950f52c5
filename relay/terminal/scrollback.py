"""The ring of a session: the newest bytes of one stream, addressed by their offset from its start. Rules:

1. It is the only buffer of a stream: whoever reads, reads by offset, and nobody has a queue of their own.
2. It keeps the last `size_bytes`, and unread bytes beyond them up to `slack_bytes` more; then the oldest go.
"""

from protocol.window import WINDOW_BYTES


class Scrollback:
    """A bounded stretch of a byte stream; `start` and `end` are offsets, `end` not included."""

    __slots__ = ("_bytes", "end", "size_bytes", "slack_bytes", "start")

    def __init__(self, *, size_bytes: int, slack_bytes: int = WINDOW_BYTES) -> None:
        self.size_bytes = size_bytes
        self.slack_bytes = slack_bytes
        self.start = 0
        self.end = 0
        self._bytes = bytearray()

    def append(self, payload: bytes, *, unread_from: int) -> None:
        """Add bytes at the end; those from `unread_from` on are kept as long as the slack allows."""
        self._bytes += payload
        self.end += len(payload)
        keep_from = max(self.end - self.size_bytes - self.slack_bytes, min(self.end - self.size_bytes, unread_from))
        if keep_from > self.start:
            del self._bytes[: keep_from - self.start]
            self.start = keep_from

    def read(self, offset: int, most: int) -> bytes:
        """Up to `most` bytes from `offset`, which must lie between start and end; empty at the end."""
        first = offset - self.start
        with memoryview(self._bytes) as view:
            return bytes(view[first : first + most])

    def clear(self) -> None:
        """Forget every byte; offsets go on."""
        self._bytes.clear()
        self.start = self.end
