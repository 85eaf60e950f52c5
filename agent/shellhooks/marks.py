"""What the shells write into the FIFO, read back. A record is five fields, each ended by NUL:

    token  S  time  line  cwd     a command line was read and starts now
    token  E  time  code  cwd     (bash) what ran before, if anything did since the prompt, has ended with `code`
    token  P  time  code  cwd     a prompt is due; `code` is $? of what ran before

`time` is $EPOCHREALTIME (seconds and microseconds) or empty. The session's token begins each record: whatever else gets
into the pipe is skipped up to the next one, so no writer can do worse than add or lose rows of its own shell's log.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import trio

MAX_FIELD_BYTES = 40 * 1024
"""8192 characters of at most 4 bytes, and some room for the number bash puts before them."""
READ_BYTES = 64 * 1024
"""One read: what a pipe holds."""
_FIELDS = 5
_HISTORY_ENTRY = re.compile(r" *\d+[ *] (.*)", re.DOTALL)
_TIME = re.compile(r"(\d{1,11})[.,](\d{6})\d*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`line` is None when the shell itself did not know it (its history is off)."""

    at_ms: int | None
    line: str | None
    cwd: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """`code` is None when what came was not a number."""

    at_ms: int | None
    code: int | None
    cwd: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """As Prompted, but the shell goes on with lines it has already read."""

    at_ms: int | None
    code: int | None


Mark = Started | Prompted | Ended


class MarkParser:
    """Bytes of any chunking → marks. Holds at most one record."""

    def __init__(self, token: str, method: str) -> None:
        self._token = token.encode()
        self._method = method
        self._rest = b""
        self._fields: list[bytes] = []

    def feed(self, data: bytes) -> list[Mark]:
        """The records that are complete now."""
        *complete, self._rest = (self._rest + data).split(b"\0")
        # A longer field is cut, not lost.
        self._rest = self._rest[:MAX_FIELD_BYTES]
        marks = (self._take(field) for field in complete)
        return [mark for mark in marks if mark is not None]

    def _take(self, field: bytes) -> Mark | None:
        if field == self._token:
            self._fields = []
        self._fields.append(field[:MAX_FIELD_BYTES])
        if self._fields[0] != self._token:
            self._fields = []
        if len(self._fields) < _FIELDS:
            return None
        texts = [text.decode("utf-8", "replace") for text in self._fields[1:]]
        self._fields = []
        return self._read(*texts)

    def _read(self, kind: str, time: str, what: str, cwd: str) -> Mark | None:
        if kind == "S":
            return Started(at_ms=_read_time(time), line=self._read_line(what), cwd=cwd)
        if kind == "P":
            return Prompted(at_ms=_read_time(time), code=_read_code(what), cwd=cwd)
        if kind == "E":
            return Ended(at_ms=_read_time(time), code=_read_code(what))
        return None

    def _read_line(self, text: str) -> str | None:
        """bash hands out its history entry, with a number before it."""
        if self._method == "bash":
            entry = _HISTORY_ENTRY.fullmatch(text)
            text = entry[1] if entry else ""
        return text.rstrip("\n") if text.strip() else None


def _read_code(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def _read_time(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    return int(found[1]) * 1000 + int(found[2]) // 1000 if found else None


class MarkPipe:
    """The agent's end of the FIFO: opened for both directions, so that it has no end and nobody waits to open it."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)

    def read_nowait(self) -> bytes:
        """What is there now, b"" when there is nothing."""
        try:
            return os.read(self._handle, READ_BYTES)
        except BlockingIOError:
            return b""

    async def wait(self) -> None:
        """Until there is something to read."""
        await trio.lowlevel.wait_readable(self._handle)

    def close(self) -> None:
        """Give the FIFO back."""
        trio.lowlevel.notify_closing(self._handle)
        os.close(self._handle)
