"""The machine's load, read from /proc. Rates are over the time since the last reading; the first has none."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protocol.messages import Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counters:
    at: float
    cpu_busy: int
    cpu_total: int
    received: int
    sent: int


class Telemetry:
    """`monotonic` gives seconds. `root` stands for / in tests."""

    def __init__(self, monotonic: Callable[[], float], root: Path = Path("/")) -> None:
        self._monotonic = monotonic
        self._proc = root / "proc"
        self._root = root
        self._last: _Counters | None = None

    def heartbeat(self) -> Heartbeat:
        """Read everything now; a figure that cannot be read is None."""
        now, before = self._counters(), self._last
        self._last = now
        elapsed_s = max(now.at - before.at, 0.001) if before else 0.0
        return Heartbeat(
            cpu_percent=_share(now.cpu_busy - before.cpu_busy, now.cpu_total - before.cpu_total) if before else None,
            memory_percent=self._memory_percent(),
            disk_percent=self._disk_percent(),
            network_rx_bytes=_rate(now.received - before.received, elapsed_s) if before else 0.0,
            network_tx_bytes=_rate(now.sent - before.sent, elapsed_s) if before else 0.0,
            uptime_seconds=_first_number(self._text("uptime")),
            load=_first_number(self._text("loadavg")),
        )

    def _counters(self) -> _Counters:
        busy, total = _read_cpu(self._text("stat"))
        received, sent = _read_network(self._text("net/dev"))
        return _Counters(at=self._monotonic(), cpu_busy=busy, cpu_total=total, received=received, sent=sent)

    def _memory_percent(self) -> float | None:
        sizes = dict(line.split(":", 1) for line in self._text("meminfo").splitlines() if ":" in line)
        total, available = _first_number(sizes.get("MemTotal", "")), _first_number(sizes.get("MemAvailable", ""))
        return None if not total or available is None else _share(total - available, total)

    def _disk_percent(self) -> float | None:
        """The root file system, as df counts it: what ordinary users cannot have is neither used nor free."""
        try:
            disk = os.statvfs(self._root)
        except OSError:
            return None
        used = disk.f_blocks - disk.f_bfree
        return _share(used, used + disk.f_bavail)

    def _text(self, name: str) -> str:
        try:
            return (self._proc / name).read_text()
        except OSError:
            return ""


def _read_cpu(text: str) -> tuple[int, int]:
    """/proc/stat's first line: user nice system idle iowait irq softirq steal, in ticks → busy, total."""
    fields = text.partition("\n")[0].split()[1:9]
    ticks = [int(field) for field in fields if field.isdigit()]
    return (sum(ticks) - ticks[3] - ticks[4], sum(ticks)) if len(ticks) == 8 else (0, 0)


def _read_network(text: str) -> tuple[int, int]:
    """/proc/net/dev: bytes received and sent over all interfaces but the loopback."""
    received = sent = 0
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        fields = rest.split()
        if colon and name.strip() != "lo" and len(fields) >= 9:
            received, sent = received + int(fields[0]), sent + int(fields[8])
    return received, sent


def _first_number(text: str) -> float | None:
    word = text.split()[:1]
    try:
        return float(word[0]) if word else None
    except ValueError:
        return None


def _share(part: float, whole: float) -> float | None:
    return round(min(100.0, max(0.0, 100.0 * part / whole)), 1) if whole > 0 else None


def _rate(count: float, elapsed_s: float) -> float:
    """Counters start again at 0 when an interface does."""
    return round(max(0.0, count) / elapsed_s, 1)
