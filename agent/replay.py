"""The output of one stream that the relay may still ask for again: from what it has used up to what was read last."""


class ReplayBuffer:
    """Bytes by absolute offset. Its owner reads no further than the relay's credit, which bounds it to one window."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.start = 0

    @property
    def end(self) -> int:
        """The offset after the last byte read."""
        return self.start + len(self._data)

    def append(self, chunk: bytes) -> None:
        """The stream went on."""
        self._data += chunk

    def read(self, offset: int, most: int) -> bytes:
        """Up to `most` bytes from `offset` on, which must not lie before `start`."""
        first = offset - self.start
        return bytes(self._data[first : first + most])

    def trim_to(self, offset: int) -> None:
        """Nobody will ask for what lies before `offset`."""
        count = min(max(0, offset - self.start), len(self._data))
        del self._data[:count]
        self.start += count
