"""What is measured, on anything with the face of a terminal (type, read, read_until)."""

import statistics
import time
from pathlib import Path
from typing import Protocol

ECHO_ROUND = 400
BULK_BYTES = 50_000_000
FLOOD_S = 8.0


class Terminal(Protocol):
    """A shell one can type into."""

    def type(self, data: bytes) -> None: ...
    def read(self) -> bytes: ...
    def read_until(self, mark: bytes) -> int: ...
    def close(self) -> None: ...


def settle(terminal: Terminal) -> None:
    """Wait for the shell's prompt to be usable."""
    terminal.type(b"printf 'rea%s\\n' dy-now\r")
    terminal.read_until(b"ready-now")


def start_echo(terminal: Terminal) -> None:
    """Turn the shell into a byte mirror: raw mode, no echo of the tty, `cat`."""
    settle(terminal)
    terminal.type(b"stty raw -echo; printf 'mirr%s' or; exec cat\r")
    terminal.read_until(b"mirror")
    terminal.type(b"\x01")
    terminal.read_until(b"\x01")


def echo_times(terminal: Terminal, count: int = ECHO_ROUND) -> list[float]:
    """Seconds from a keystroke to its echo, `count` times."""
    times = []
    for number in range(count):
        key = bytes([97 + number % 26])
        start = time.perf_counter()
        terminal.type(key)
        while key not in terminal.read():
            pass
        times.append(time.perf_counter() - start)
    return times


def bulk_time(terminal: Terminal, file: Path) -> float:
    """Seconds until all of `file` has come through the terminal."""
    settle(terminal)
    start = time.perf_counter()
    terminal.type(f"cat {file}; printf 'all-%s\\n' through\r".encode())
    terminal.read_until(b"all-through")
    return time.perf_counter() - start


def interrupt_time(terminal: Terminal) -> float:
    """Seconds from Ctrl-C under `yes` to the prompt's next command being answered."""
    settle(terminal)
    terminal.type(b"yes\r")
    seen = 0
    while seen < 2_000_000:
        seen += len(terminal.read())
    start = time.perf_counter()
    terminal.type(b"\x03")
    terminal.type(b"printf 'stop%s\\n' ped\r")
    terminal.read_until(b"stopped")
    return time.perf_counter() - start


def resident_mib(pid: int) -> float:
    """Resident memory of one process, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory figure")


def percentile(times: list[float], share: float) -> float:
    """The value below which `share` of the times lie."""
    return statistics.quantiles(times, n=1000)[round(share * 1000) - 1]
