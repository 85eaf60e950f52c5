"""Nothing between the keyboard and the PTY changes a byte, and nothing grows while somebody does not read."""

import hashlib
import random
import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from tests.bench import measures
from tests.bench.fleet import Fleet, running_fleet
from tests.bench.wire import TerminalSocket

pytestmark = pytest.mark.journey

BYTES = 5 * 1024 * 1024
INTERRUPT_LIMIT_S = 1.0
BASH_PROMPT = b"\x1b[?2004h"
"""What readline writes when it takes lines again (bracketed paste on)."""
KEYSTROKES_AT_ONCE = 4096
"""What a tty's input queue holds; `cat` in raw mode reads it out at once."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running_fleet(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture
def terminal(fleet: Fleet) -> Iterator[TerminalSocket]:
    opened = TerminalSocket(fleet.url, fleet.token, fleet.agent_id)
    measures.settle(opened)
    yield opened
    opened.close()


def test_five_megabytes_of_random_bytes_come_back_as_they_went(fleet: Fleet) -> None:
    terminal = TerminalSocket(fleet.url, fleet.token, fleet.agent_id)
    measures.start_echo(terminal)
    sent = random.Random(5).randbytes(BYTES)
    writer = threading.Thread(target=_type_all, args=(terminal, sent))
    writer.start()
    received = bytearray()
    while len(received) < len(sent):
        received += terminal.read()
    writer.join()
    assert hashlib.sha256(received).hexdigest() == hashlib.sha256(sent).hexdigest()
    terminal.drop()


def _type_all(terminal: TerminalSocket, data: bytes) -> None:
    for start in range(0, len(data), KEYSTROKES_AT_ONCE):
        terminal.type(data[start : start + KEYSTROKES_AT_ONCE])


def test_ctrl_c_ends_a_flood_within_a_second(terminal: TerminalSocket) -> None:
    assert measures.interrupt_time(terminal) < INTERRUPT_LIMIT_S


def test_an_unread_flood_stops_at_the_source(fleet: Fleet) -> None:
    terminal = TerminalSocket(fleet.url, fleet.token, fleet.agent_id)
    measures.settle(terminal)
    before_mib = measures.resident_mib(fleet.relay_pid) + measures.resident_mib(fleet.agent_pid)
    terminal.type(b"yes\r")
    while _still_flowing(fleet):
        pass
    grown_mib = measures.resident_mib(fleet.relay_pid) + measures.resident_mib(fleet.agent_pid) - before_mib
    assert grown_mib < 8
    assert terminal.read()
    terminal.drop()


def _still_flowing(fleet: Fleet) -> bool:
    """Whether the agent still moves bytes: its I/O counter differs over a fifth of a second."""
    before = _written(fleet.agent_pid)
    time.sleep(0.2)
    return _written(fleet.agent_pid) - before > 4096


def _written(pid: int) -> int:
    with open(f"/proc/{pid}/io") as figures:
        return sum(int(line.split()[1]) for line in figures if line.startswith("wchar"))


@pytest.mark.skipif(shutil.which("vim") is None, reason="THIS TEST DID NOT RUN: there is no vim here")
def test_vim_edits_and_saves(terminal: TerminalSocket, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("vim") / "notes.txt"
    terminal.type(f"vim -u NONE {file}\r".encode())
    terminal.read_until(b"[New")
    terminal.type("iline guided: 行".encode())
    terminal.read_until("行".encode())
    terminal.type(b"\x1b:wq\r")
    terminal.read_until(b"1049l")
    terminal.type(b"printf 'sav%s\\n' ed\r")
    terminal.read_until(b"saved")
    assert file.read_text() == "line guided: 行\n"


def test_top_repaints_and_quits(terminal: TerminalSocket) -> None:
    terminal.type(b"top\r")
    terminal.read_until(b"PID")
    terminal.type(b"q")
    terminal.read_until(BASH_PROMPT)
    terminal.type(b"printf 'top-%s\\n' left\r")
    terminal.read_until(b"top-left")
