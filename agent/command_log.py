"""Which commands a person ran in one shell: from the shell's own marks, and where there are none, from keys.

The marks are the truth (confidence high). Keys are only looked at while no hooked shell reads them: a plain `sh`, or a
program inside any shell. Rules for keys:

1. echo off in canonical mode is how passwords are asked for: nothing at all is kept;
2. raw mode says nothing certain: only that there was input, at most once per program and half minute;
3. canonical mode with echo: the line, with low confidence, and late by `settle_s`, because a line typed ahead may still
   become a command that the shell reports itself; it waits for as long as nobody has read it.
"""

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import trio

from agent.attestation import LogAttestation
from agent.keystrokes import KeystrokeLine
from agent.shell import Shell, TerminalMode
from agent.shellhooks.marks import Ended, Mark, MarkParser, MarkPipe, Prompted, Started
from protocol.messages import CommandLogged

MAX_ROWS = 256
"""Rows kept while the link is away; beyond it the oldest go."""
MAX_PENDING = 32
"""Typed lines waiting to be believed."""
MAX_LINE_CHARACTERS = 8192
MAX_CWD_CHARACTERS = 1024
RAW_INTERVAL_S = 30.0
"""A program in raw mode is mentioned again after this long."""
SETTLE_S = 1.0
"""How long a typed line may still turn out to be a command of the shell's."""
SIGNED_EVERY = 64
"""Of rows that wait together one in so many is signed, and the last."""
NOT_SHOWN = "(input not shown)"
"""Stands for input whose text is not known, or must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _TypedLine:
    line: str
    at_ms: int
    due: float
    cwd: str


class CommandLog:
    """One shell's log. `first`/`drop_first` hand out finished rows; `run` calls `notify` when there are new ones."""

    def __init__(
        self, shell: Shell, *, method: str, unix_ms: Callable[[], int], pipe: MarkPipe | None = None, token: str = "",
        settle_s: float = SETTLE_S, attestation: LogAttestation | None = None,
    ) -> None:  # fmt: skip
        self._shell = shell
        self._method = method
        self._unix_ms = unix_ms
        self._pipe = pipe
        self._parser = MarkParser(token, method)
        self._settle_s = settle_s
        self._attestation = attestation
        self._unsigned = 0
        self._rows: deque[CommandLogged] = deque(maxlen=MAX_ROWS)
        self._typed: deque[_TypedLine] = deque(maxlen=MAX_PENDING)
        self._line = KeystrokeLine()
        self._running: tuple[Started, int] | None = None
        self._is_at_prompt = False
        self._raw_program = 0
        self._raw_at = float("-inf")
        self._lot = trio.lowlevel.ParkingLot()

    # --- keys

    def sample(self) -> TerminalMode | None:
        """How the terminal takes input right now; asked just before typing."""
        self._read_marks()
        return self._shell.mode()

    def typed(self, data: bytes, mode: TerminalMode | None) -> None:
        """These keys were typed while the terminal was in `mode`."""
        if mode is None:
            return
        if not mode.is_canonical:
            self._line.clear()
            if not self._is_at_prompt:
                self._mention_input(mode.foreground)
        elif mode.has_echo:
            for line in self._line.feed(data):
                self._expect(line, mode.foreground)
        else:
            self._line.clear()

    def _mention_input(self, program: int) -> None:
        now = trio.current_time()
        if program == self._raw_program and now - self._raw_at < RAW_INTERVAL_S:
            return
        self._raw_program, self._raw_at = program, now
        self._expect(NOT_SHOWN, program)

    def _expect(self, line: str, program: int) -> None:
        due = trio.current_time() + self._settle_s
        self._typed.append(_TypedLine(line=line, at_ms=self._unix_ms(), due=due, cwd=_cwd(program)))
        self._lot.unpark_all()

    def _believe(self, *, is_final: bool = False) -> None:
        """Typed lines that have been read by some program, and did not become a command in time, are rows."""
        now = trio.current_time()
        while self._typed and (is_final or self._typed[0].due <= now):
            if not is_final and self._shell.unread_bytes():
                # Its time runs from when it is read: only then can the shell make a command of it.
                self._typed[0] = replace(self._typed[0], due=now + self._settle_s)
                return
            typed = self._typed.popleft()
            self._add(
                CommandLogged(
                    line=typed.line,
                    exit_code=None,
                    started_at_ms=typed.at_ms,
                    duration_ms=None,
                    cwd=typed.cwd,
                    method="keystrokes",
                    confidence="low",
                )
            )

    # --- marks

    def _read_marks(self) -> None:
        if self._pipe is not None:
            for mark in self._parser.feed(self._pipe.read_nowait()):
                self._take(mark)

    def _take(self, mark: Mark) -> None:
        now_ms = self._unix_ms()
        match mark:
            case Started():
                self._finish_running(None, None)
                self._is_at_prompt = False
                self._running = (mark, mark.at_ms or now_ms)
                self._disbelieve(mark.line or "")
            case Prompted():
                self._is_at_prompt = True
                self._finish_running(mark.code, mark.at_ms or now_ms)
            case Ended():
                self._finish_running(mark.code, mark.at_ms or now_ms)

    def _disbelieve(self, line: str) -> None:
        """The shell reports the command itself: what was typed ahead for it is no row of its own."""
        for typed in list(self._typed):
            if typed.line in line:
                self._typed.remove(typed)

    def _finish_running(self, code: int | None, at_ms: int | None) -> None:
        if self._running is None:
            return
        (mark, started_ms), self._running = self._running, None
        known = "high" if at_ms is not None else "medium"
        self._add(
            CommandLogged(
                line=mark.line or NOT_SHOWN,
                exit_code=code,
                started_at_ms=started_ms,
                duration_ms=None if at_ms is None else max(0, at_ms - started_ms),
                cwd=mark.cwd,
                method=self._method,
                confidence="low" if mark.line is None else known,
            )
        )

    def _add(self, row: CommandLogged) -> None:
        row = replace(row, line=row.line[:MAX_LINE_CHARACTERS], cwd=row.cwd[:MAX_CWD_CHARACTERS])
        self._rows.append(row if self._attestation is None else self._attestation.link(row))

    # --- rows

    def first(self) -> CommandLogged | None:
        """The oldest row that is finished."""
        return self._rows[0] if self._rows else None

    def next_row(self) -> CommandLogged | None:
        """As `first`, with its signature when it is the last one waiting, or enough have gone without."""
        if self._rows and self._attestation is not None:
            if len(self._rows) == 1 or self._unsigned >= SIGNED_EVERY:
                self._rows[0] = self._attestation.signed(self._rows[0])
            self._unsigned = 0 if self._rows[0].signature else self._unsigned + 1
        return self.first()

    def end(self) -> tuple[int, str]:
        """How many rows this log has, and the signature for that; nothing where the agent attests nothing."""
        return (0, "") if self._attestation is None else self._attestation.end()

    def drop_first(self, row: CommandLogged) -> None:
        """`row` has been handed on."""
        if self._rows and self._rows[0] is row:
            self._rows.popleft()

    def finish(self, code: int | None) -> None:
        """The shell has ended with `code`: what it was running (`exit`, `exec …`) ended with it."""
        self._read_marks()
        self._finish_running(code, None if code is None else self._unix_ms())
        self._believe(is_final=True)

    def close(self) -> None:
        """Give the pipe back."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    async def run(self, notify: Callable[[], None]) -> None:
        """Collect rows until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._follow_keys, notify)
            if self._pipe is not None:
                nursery.start_soon(self._follow_marks, self._pipe, notify)

    async def _follow_marks(self, pipe: MarkPipe, notify: Callable[[], None]) -> None:
        while True:
            await pipe.wait()
            self._read_marks()
            notify()

    async def _follow_keys(self, notify: Callable[[], None]) -> None:
        while True:
            while not self._typed:
                await self._lot.park()
            wait_s = self._typed[0].due - trio.current_time()
            await trio.sleep(wait_s if wait_s > 0 else self._settle_s)
            self._believe()
            notify()


def _cwd(process: int) -> str:
    """Where a program is, as far as we may look."""
    with suppress(OSError):
        return os.readlink(f"/proc/{process}/cwd".encode()).decode("utf-8", "replace")
    return ""
