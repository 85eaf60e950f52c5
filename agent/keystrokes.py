"""Lines rebuilt from keys, for programs that tell nothing themselves. Only what the kernel echoed comes in here.

The kernel's own line editing (canonical mode) is simple enough to follow: erase, word erase, kill, interrupt. Anything
cleverer runs in raw mode, where keys say nothing certain; the log then says only that there was input.
"""

MAX_LINE_BYTES = 1024
"""A rebuilt line is a hint, not a record."""
_ERASE, _KILL, _WORD_ERASE = b"\x08\x7f", b"\x15", b"\x17"
_DROP = b"\x03\x04\x1a\x1c"


class KeystrokeLine:
    """The line being typed."""

    def __init__(self) -> None:
        self._line = bytearray()

    def clear(self) -> None:
        """What was typed so far will not be a line."""
        self._line.clear()

    def feed(self, data: bytes) -> list[str]:
        """Typed bytes → the lines they complete, without the empty ones."""
        lines = []
        for key in data:
            if key in b"\r\n":
                lines.append(self._line.decode("utf-8", "replace").strip())
                self._line.clear()
            else:
                self._edit(key)
        return [line for line in lines if line]

    def _edit(self, key: int) -> None:
        if key in _ERASE:
            self._erase_character()
        elif key in _KILL or key in _DROP:
            self._line.clear()
        elif key in _WORD_ERASE:
            kept = self._line.rstrip()
            self._line[:] = kept[: len(kept) - len(kept.split()[-1])] if kept else b""
        elif len(self._line) < MAX_LINE_BYTES and (key >= 0x20 or key == 0x09):
            self._line.append(key)

    def _erase_character(self) -> None:
        """One character of UTF-8: its continuation bytes, then its first."""
        while self._line and self._line[-1] & 0xC0 == 0x80:
            self._line.pop()
        if self._line:
            self._line.pop()
