"""Lines of CSV (RFC 4180) that no spreadsheet takes for a program and no terminal for a command.

A text that begins like a formula gets an apostrophe in front; control characters are written out (`\\n`, `\\x1b`), so
that a row is always one line.
"""

import re
from collections.abc import Iterable
from datetime import datetime

Cell = str | int | float | bool | datetime | None

_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
"""What spreadsheets evaluate, full-width forms included; `|` and `%` begin a DDE call after an import."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def csv_line(cells: Iterable[Cell]) -> bytes:
    """One row, CRLF included, UTF-8."""
    return (",".join(_cell(each) for each in cells) + "\r\n").encode()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat()
        case str():
            return '"' + neutral(value).replace('"', '""') + '"'


def neutral(text: str) -> str:
    """The text as a cell may hold it: evaluated by nothing, on one line, drawn as it is."""
    shown = _UNSEEN.sub(_written_out, text)
    return f"'{shown}" if _FORMULA.match(text) or shown.startswith("\\") else shown


def _written_out(found: re.Match[str]) -> str:
    char = found[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}")
