"""A login shell on a PTY as a stream of bytes, and EchoShell, its double for tests, beside it.

Knows terminals and processes; knows no channel, no offset and no credit. `receive` reads what is there, up to what is
asked for: nobody reads, the PTY fills, the program waits. That is all the flow control there is down here.
"""

import fcntl
import os
import pty
import signal
import struct
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import trio

from agent import child
from agent.child import Program
from agent.errors import ShellFailure
from agent.login import LoginUser, login_environment
from agent.shellhooks import Hooks

_IUTF8 = 0o40000
"""termios c_iflag: erase whole UTF-8 characters in canonical mode (the constant is not in Python's termios)."""
_TIOCGPTPEER = 0x5441
"""Linux ioctl: open the other end of this PTY, whatever is mounted where."""
READ_BYTES = 64 * 1024
"""One read(2); the kernel hands out at most 4 KiB at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalMode:
    """What the terminal does with input now, and which process group reads it."""

    is_canonical: bool
    has_echo: bool
    foreground: int


class Shell(Protocol):
    """What a terminal session needs of a shell."""

    @property
    def name(self) -> str:
        """The program, as people call it: bash, zsh …"""

    @property
    def pid(self) -> int:
        """The shell's process, which is its process group and session too."""

    async def receive(self, most: int) -> bytes:
        """Wait for output; 1 to `most` bytes, or b"" after the last of them."""

    def send_nowait(self, data: bytes) -> int:
        """Type as much as the terminal takes now; returns how many bytes that were."""

    async def send(self, data: bytes) -> None:
        """Type all of it; what a shell that has ended cannot take is dropped."""

    def resize(self, cols: int, rows: int) -> None:
        """Tell the window's size."""

    def mode(self) -> TerminalMode | None:
        """How input is read now; None when nobody can know."""

    def unread_bytes(self) -> int:
        """Input that no program has read yet."""

    def hang_up(self, *, is_final: bool = False) -> None:
        """SIGHUP, as when a line drops; SIGKILL when it is final."""

    async def exit_code(self) -> int:
        """Wait for the shell's end."""

    async def aclose(self) -> None:
        """Give everything back. A shell that still lives is hung up by the kernel."""


async def open_shell(  # the fields of one request, each needed once
    login: LoginUser, *, username: str, session_id: str, cols: int, rows: int, no_new_privs: bool, hooks: Hooks | None
) -> "ShellProcess":
    """Start the user's login shell on a new PTY. Raises ShellFailure."""
    try:
        master, slave = pty.openpty()
    except OSError as error:
        raise ShellFailure(f"no terminal to be had: {error.strerror}") from error
    try:
        _prepare(master, slave, cols, rows)
        environment = login_environment(login, username=username, session_id=session_id) | {"TERM": "xterm-256color"}
        program = _program(login, environment, no_new_privs, hooks)
        process = await child.start(program, stdin=slave, stdout=slave, stderr=slave)
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return ShellProcess(process, master, os.path.basename(login.shell))


def _prepare(master: int, slave: int, cols: int, rows: int) -> None:
    os.set_blocking(master, False)
    attributes = termios.tcgetattr(slave)
    attributes[0] |= _IUTF8
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    _set_size(master, cols, rows)


def _program(login: LoginUser, environment: dict[str, str], no_new_privs: bool, hooks: Hooks | None) -> Program:
    name = os.path.basename(login.shell)
    return Program(
        login=login,
        executable=login.shell,
        # A leading "-" makes it a login shell; bash would then not read our init file, see shellhooks/bash.sh.
        argv=[f"-{name}"] if hooks is None else hooks.argv,
        environment=environment if hooks is None else environment | hooks.environment,
        has_tty=True,
        no_new_privs=no_new_privs,
    )


def _set_size(master: int, cols: int, rows: int) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


class ShellProcess:
    """A real shell on a real PTY, seen from the master's side."""

    def __init__(self, process: trio.Process, master: int, name: str) -> None:
        self._process = process
        self._master = master
        self._is_closed = False
        self.name = name

    @property
    def pid(self) -> int:
        """The shell's process, which is its process group and session too."""
        return self._process.pid

    async def receive(self, most: int) -> bytes:
        """Everything that is there, up to `most`: many small writes of a program become one frame."""
        while True:
            await trio.lowlevel.wait_readable(self._master)
            data, has_ended = self._read_ready(most)
            if data or has_ended:
                return data

    def _read_ready(self, most: int) -> tuple[bytes, bool]:
        """What can be read now, and whether that was the end."""
        parts: list[bytes] = []
        while most > 0:
            try:
                part = os.read(self._master, min(most, READ_BYTES))
            except BlockingIOError:
                break
            except OSError:  # EIO: the shell has ended and everything was read
                return b"".join(parts), True
            parts.append(part)
            most -= len(part)
        return b"".join(parts), False

    def send_nowait(self, data: bytes) -> int:
        """Type as much as the terminal takes now."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    async def send(self, data: bytes) -> None:
        """Type all of it."""
        rest = memoryview(data)
        while rest:
            count = self.send_nowait(bytes(rest))
            rest = rest[count:]
            if rest:
                await trio.lowlevel.wait_writable(self._master)

    def resize(self, cols: int, rows: int) -> None:
        """The kernel sends SIGWINCH to the foreground programs."""
        with suppress(OSError):
            _set_size(self._master, cols, rows)

    def mode(self) -> TerminalMode | None:
        """Linux answers on the master with the other end's settings."""
        try:
            flags = termios.tcgetattr(self._master)[3]
            foreground = os.tcgetpgrp(self._master)
        except (OSError, termios.error):
            return None
        return TerminalMode(
            is_canonical=bool(flags & termios.ICANON), has_echo=bool(flags & termios.ECHO), foreground=foreground
        )

    def unread_bytes(self) -> int:
        """Asked at the other end, which is opened for just that: kept open, the shell's end would go unnoticed."""
        try:
            peer = fcntl.ioctl(self._master, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return 0
        try:
            return int.from_bytes(fcntl.ioctl(peer, termios.FIONREAD, b"\0" * 4), "little")
        except OSError:
            return 0
        finally:
            os.close(peer)

    def hang_up(self, *, is_final: bool = False) -> None:
        """The foreground programs first, then the shell; SIGCONT so that stopped ones hear it."""
        for number in (signal.SIGKILL,) if is_final else (signal.SIGHUP, signal.SIGCONT):
            mode = self.mode()
            if mode is not None and mode.foreground != self.pid and self._process.returncode is None:
                child.send_group(mode.foreground, number)
            child.signal_group(self._process, number)

    async def exit_code(self) -> int:
        """Wait for the shell's end; 128 plus the signal's number when a signal ended it."""
        return await child.exit_code(self._process)

    async def aclose(self) -> None:
        """Close the terminal, which hangs up what still lives on it, and collect the shell."""
        if self._is_closed:
            return
        self._is_closed = True
        self.hang_up(is_final=True)
        trio.lowlevel.notify_closing(self._master)
        os.close(self._master)
        with trio.CancelScope(shield=True), trio.move_on_after(1):
            await self._process.wait()


class EchoShell:
    """A shell that says what it hears, for tests of everything above it: no process, no terminal."""

    name = "echo"
    pid = 0

    def __init__(self) -> None:
        self._output = bytearray()
        self._lot = trio.lowlevel.ParkingLot()
        self._ended = trio.Event()
        self._code = 0
        self.size = (80, 24)
        self.terminal_mode: TerminalMode | None = None
        self.unread = 0

    async def receive(self, most: int) -> bytes:
        """What was typed, once."""
        while not self._output and not self._ended.is_set():
            await self._lot.park()
        data = bytes(self._output[:most])
        del self._output[:most]
        return data

    def send_nowait(self, data: bytes) -> int:
        """Takes everything. Byte 0x04 alone ends the shell, as Ctrl-D does."""
        if self._ended.is_set():
            return len(data)
        if data == b"\x04":
            self.end(0)
        else:
            self._output += data
            self._lot.unpark_all()
        return len(data)

    async def send(self, data: bytes) -> None:
        """Takes everything."""
        await trio.lowlevel.checkpoint()
        self.send_nowait(data)

    def resize(self, cols: int, rows: int) -> None:
        """Kept for the test to see."""
        self.size = (cols, rows)

    def mode(self) -> TerminalMode | None:
        """Whatever the test set."""
        return self.terminal_mode

    def unread_bytes(self) -> int:
        """Whatever the test set."""
        return self.unread

    def hang_up(self, *, is_final: bool = False) -> None:
        """Ends it as the signal would."""
        self.end(128 + (signal.SIGKILL if is_final else signal.SIGHUP))

    def end(self, code: int) -> None:
        """The shell exits; what it has said can still be read."""
        if not self._ended.is_set():
            self._code = code
            self._ended.set()
            self._lot.unpark_all()

    async def exit_code(self) -> int:
        """Wait for end()."""
        await self._ended.wait()
        return self._code

    async def aclose(self) -> None:
        """Ends it if need be."""
        await trio.lowlevel.checkpoint()
        self.hang_up(is_final=True)
