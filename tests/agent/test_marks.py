"""Marks survive any chunking, and whatever else a person writes into the pipe does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.command_log import CommandLog
from agent.shell import EchoShell
from agent.shellhooks.marks import MAX_FIELD_BYTES, MarkParser, Prompted, Started

TOKEN = "f" * 32


def record(kind: str, time: str, what: str, cwd: str) -> bytes:
    return b"".join(field.encode() + b"\0" for field in (TOKEN, kind, time, what, cwd))


START = record("S", "1700000000.123456", "echo ü", "/home")
END = record("P", "1700000001,5", "3", "/home")


@given(st.lists(st.integers(min_value=1, max_value=40)))
def test_any_chunking_gives_the_same_marks(sizes: list[int]) -> None:
    parser, data, marks = MarkParser(TOKEN, "zsh"), START + END, []
    for size in [*sizes, len(data)]:
        marks += parser.feed(data[:size])
        data = data[size:]
    assert marks == [
        Started(at_ms=1_700_000_000_123, line="echo ü", cwd="/home"),
        Prompted(at_ms=None, code=3, cwd="/home"),
    ]


@given(st.binary(max_size=300))
def test_garbage_never_raises_and_the_next_record_is_read(garbage: bytes) -> None:
    parser = MarkParser(TOKEN, "zsh")
    parser.feed(garbage)
    assert parser.feed(b"\0" + START)[-1:] == [Started(at_ms=1_700_000_000_123, line="echo ü", cwd="/home")]


def test_an_endless_field_is_cut() -> None:
    parser = MarkParser(TOKEN, "zsh")
    parser.feed(f"{TOKEN}\0S\0\0".encode())
    for _ in range(100):
        parser.feed(b"x" * 65536)
    (mark,) = parser.feed(b"\0/\0")
    assert isinstance(mark, Started)
    assert mark.line == "x" * MAX_FIELD_BYTES


@pytest.mark.parametrize(
    ("text", "line"),
    [("  501  ls -l\n", "ls -l"),
     ("    1* for i\ndo :\ndone\n", "for i\ndo :\ndone"), ("100000   indented\n", " indented"),
     ("", None), ("garbage", None)],
)  # fmt: skip
def test_bashs_history_entry_is_stripped_of_its_number(text: str, line: str | None) -> None:
    (mark,) = MarkParser(TOKEN, "bash").feed(record("S", "", text, "/"))
    assert mark == Started(at_ms=None, line=line, cwd="/")


@pytest.mark.parametrize("code", ["", "-1", "1000", "1e3", "x", "²"])
def test_a_code_that_is_none_is_none(code: str) -> None:
    (mark,) = MarkParser(TOKEN, "zsh").feed(record("P", "", code, "/"))
    assert mark == Prompted(at_ms=None, code=None, cwd="/")


class Pipe:
    """A FIFO in memory."""

    def __init__(self) -> None:
        self.data = b""

    def read_nowait(self) -> bytes:
        data, self.data = self.data, b""
        return data

    def close(self) -> None:
        self.data = b""


async def test_rows_kept_without_a_link_are_bounded_and_the_newest_stay() -> None:
    pipe = Pipe()
    log = CommandLog(EchoShell(), method="zsh", unix_ms=lambda: 5, pipe=pipe, token=TOKEN)
    pipe.data = b"".join(record("S", "", f"echo {number}", "/") + END for number in range(1000))
    log.finish(0)
    rows = []
    while (row := log.first()) is not None:
        rows.append(row.line)
        log.drop_first(row)
    assert rows == [f"echo {number}" for number in range(744, 1000)]


async def test_a_command_whose_prompt_never_came_is_logged_without_a_code() -> None:
    pipe = Pipe()
    log = CommandLog(EchoShell(), method="zsh", unix_ms=lambda: 5, pipe=pipe, token=TOKEN)
    pipe.data = START + START
    log.finish(None)
    row = log.first()
    assert row is not None
    assert (row.exit_code, row.duration_ms, row.confidence) == (None, None, "medium")


async def test_the_longest_row_fits_its_message() -> None:
    pipe = Pipe()
    log = CommandLog(EchoShell(), method="zsh", unix_ms=lambda: 5, pipe=pipe, token=TOKEN)
    pipe.data = record("S", "", "\x01" * 30_000, "/" + "\x01" * 30_000) + END
    log.finish(0)
    row = log.first()
    assert row is not None
    assert messages_fit(row)


def messages_fit(row: object) -> bool:
    from protocol import messages

    return bool(messages.decode(messages.encode(row)) == row)
