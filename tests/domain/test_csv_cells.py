"""What goes into a spreadsheet is text, whatever somebody wrote into a name or a command."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.csv_cells import csv_line, neutral


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=cmd|' /C calc'!A0", "|calc", "＝1"]
)
def test_case_31_no_cell_is_a_formula(text: str) -> None:
    assert not neutral(text).startswith(tuple("=+-@\t\r\n |%＝＋－＠"))


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\x1b[31mred", "a\u202eb", "\x9b31m", "\ud800"])
def test_case_31_no_cell_moves_the_cursor_or_breaks_the_line(text: str) -> None:
    line = csv_line([text])
    assert line.count(b"\n") == 1
    assert not any(char < " " or "\x7f" <= char <= "\x9f" or char == "\u202e" for char in line.decode().rstrip("\r\n"))


def test_plain_values_stay_what_they_are() -> None:
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    line = csv_line(["ada", 'say "hi", now', -5, 1.5, True, None, at])
    assert line == b'"ada","say ""hi"", now",-5,1.5,true,,2026-01-31T12:00:00+00:00\r\n'


@given(st.lists(st.text(), min_size=1))
def test_every_row_is_read_back_with_as_many_cells(cells: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(csv_line(cells).decode(), newline=""))
    assert row == [neutral(cell) for cell in cells]
