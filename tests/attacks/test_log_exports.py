"""Case 31: what somebody typed on a machine runs nowhere else: not in a spreadsheet, a terminal or a JSON reader."""

import csv
import io
import json

import pytest

from tests.drivers import running_relay
from tests.webxterm.test_log_search import Log, machines

HOSTILE = (
    "=HYPERLINK(\"http://evil\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a\r\nb,c\r\n=1",
    "\x1b[2J\x1b]52;c;AA\x07",
       "\x9b31m", "\u2028\u2029", "\u202egpj.exe", '","injected":"1', "}\n{\"forged\":1}", "\ufeff=1", "|cmd", "%0A",
)  # fmt: skip


@pytest.fixture
async def exports(tmp_path):
    """The CSV and the JSON lines of a log full of it."""
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "=web")
        log = Log(here)
        for each in HOSTILE:
            await log.add(web, ada, each)
        await log.add(web, ada, "=" + "x" * 1_000_000)
        yield [(await ada.get("/api/logs/search", format=form)).text for form in ("csv", "jsonl")]


async def test_case_31_no_cell_is_a_formula_and_no_row_more_than_a_line(exports):
    text, _ = exports
    lines = text.split("\r\n")
    assert len(lines) == len(HOSTILE) + 3, "a head, a line for each command, the long one, nothing after the last"
    assert "\n" not in text.replace("\r\n", "")
    usual = csv.field_size_limit(2_000_000)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    csv.field_size_limit(usual)
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "|", "%", "\ufeff")), cell[:40]
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029\u202e" for char in cell)
    assert len(rows) == len(HOSTILE) + 1


async def test_case_31_a_json_line_is_one_object_in_plain_ascii(exports):
    _, text = exports
    assert text.isascii()
    assert "\x1b" not in text
    lines = text.splitlines()
    assert len(lines) == len(HOSTILE) + 1
    found = [json.loads(each) for each in lines]
    assert [each["command"] for each in found[1:]] == list(HOSTILE[::-1])
    assert all("forged" not in each and "injected" not in each for each in found)
