"""The line: keystrokes, bulk output and Ctrl-C beside the same shell on a raw PTY; memory of relay and agent."""

import base64
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import measures
from tests.bench.fleet import Fleet, running_fleet
from tests.bench.raw_pty import RawPty
from tests.bench.table import head, row
from tests.bench.wire import TerminalSocket

ROUNDS = 5


def run(quick: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        text = _base64_file(Path(folder), measures.BULK_BYTES // (50 if quick else 1))
        with running_fleet(Path(folder)) as fleet:
            memory = _memory(fleet, 1.0 if quick else measures.FLOOD_S)
            head("the line", "raw PTY", f"bulk {text.stat().st_size / 1e6:.0f} MB")
            _echo(fleet, 1 if quick else ROUNDS)
            _bulk(fleet, text, 1 if quick else ROUNDS)
            _interrupt(fleet, 1 if quick else ROUNDS)
            print(memory)


def _base64_file(folder: Path, size: int) -> Path:
    file = folder / "bulk.txt"
    file.write_bytes(base64.encodebytes(os.urandom(size * 3 // 4))[:size])
    return file


def _echo(fleet: Fleet, rounds: int) -> None:
    raw, line = RawPty(), _terminal(fleet)
    measures.start_echo(raw)
    measures.start_echo(line)
    floor: list[float] = []
    ours: list[float] = []
    for _ in range(rounds):
        floor += measures.echo_times(raw)
        ours += measures.echo_times(line)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        row(
            f"keystroke echo {name}, ms",
            measures.percentile(floor, share) * 1e3,
            measures.percentile(ours, share) * 1e3,
        )
    raw.close()
    line.close()


def _bulk(fleet: Fleet, text: Path, rounds: int) -> None:
    _pairs("base64 text, s", fleet, rounds, lambda terminal: measures.bulk_time(terminal, text))


def _interrupt(fleet: Fleet, rounds: int) -> None:
    _pairs("Ctrl-C under yes, s", fleet, rounds, measures.interrupt_time)


def _pairs(name: str, fleet: Fleet, rounds: int, measure: Callable[[measures.Terminal], float]) -> None:
    floor, ours = [], []
    for _ in range(rounds):
        for terminal, times in ((RawPty(), floor), (_terminal(fleet), ours)):
            times.append(measure(terminal))
            terminal.close()
    row(name, sorted(floor)[rounds // 2], sorted(ours)[rounds // 2])


def _memory(fleet: Fleet, flood_s: float) -> str:
    """Resident MiB: nothing open, one shell open, and `yes` into a socket that nobody reads."""
    rows = [("idle", *_resident(fleet))]
    terminal = _terminal(fleet)
    measures.settle(terminal)
    rows.append(("one idle shell", *_resident(fleet)))
    terminal.type(b"yes\r")
    time.sleep(flood_s)
    rows.append((f"yes, unread for {flood_s:.0f} s", *_resident(fleet)))
    terminal.drop()
    lines = [f"{'memory, MiB':<28}{'relay':>12}{'agent':>12}"]
    return "\n".join(lines + [f"{name:<28}{relay:>12.1f}{agent:>12.1f}" for name, relay, agent in rows])


def _resident(fleet: Fleet) -> tuple[float, float]:
    return measures.resident_mib(fleet.relay_pid), measures.resident_mib(fleet.agent_pid)


def _terminal(fleet: Fleet) -> TerminalSocket:
    return TerminalSocket(fleet.url, fleet.token, fleet.agent_id)
