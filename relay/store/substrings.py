# ruff: noqa: S608 - the only names in the SQL are those of declared collections and indexes, quoted
"""The table behind `Substrings`: runs of three characters to documents, in the order of their time. Rules of this file:

1. It only narrows: each document it yields is judged by the matcher, so a run or a code too many costs time, no truth.
2. A row's number is its second and a count within the second, so that reading by number is reading by time.
3. FTS5 keeps no text (contentless): to forget a row it must be told again what was said, exactly.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from relay.store.errors import BadDocument
from relay.store.folding import fold, grams
from relay.store.keys import milliseconds
from relay.store.matcher import is_condition
from relay.store.paths import values, with_items
from relay.store.patterns import literal_of
from relay.store.schema import CollectionSchema, Substrings

SECOND_BITS = 20
"""Rows of one second; in the database's 63 bits that leaves room for 200,000 years."""
MOST_CODES = 1000
"""Alternatives of one field in one search; with more it narrows by the others alone."""
_CODE_BASE, _CODE_CHARS = 0xE000, 6400
"""The private use area: three of its characters name a value; nobody types them."""

Document = dict[str, Any]


def code_of(value: object) -> str:
    """One run of three characters for a value of a `within` field. Two values may share one."""
    return _code(repr(value))


@lru_cache(maxsize=8192)
def _code(said: str) -> str:
    number = int.from_bytes(hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=8).digest())
    places = (number, number // _CODE_CHARS, number // _CODE_CHARS**2)
    return "".join(chr(_CODE_BASE + place % _CODE_CHARS) for place in places)


def second_of(moment: datetime) -> int:
    """Whole seconds since 1970, rounded down: what orders the rows."""
    return milliseconds(moment) // 1000


@dataclass(frozen=True, slots=True)
class SubstringPlan:
    """What to look up: an FTS5 expression, and the row numbers from `low` up to but without `high`."""

    expression: str
    low: int
    high: int


def plan_substrings(schema: CollectionSchema, where: Mapping[str, Any]) -> SubstringPlan | None:
    """How the substring index narrows a flat filter; None when it cannot."""
    declared = schema.substrings
    if declared is None:
        return None
    text = literal_of(where.get(declared.field))
    words = [_quoted(each) for each in grams(text or "")]
    if not words:
        return None
    within = [codes for codes in (_codes(where.get(path)) for path in declared.within) if codes]
    words += [f"({' OR '.join(codes)})" for codes in (within[1:] or within)]  # the widest tells nothing beside others
    low, high = _seconds(where.get(declared.newest))
    return SubstringPlan(" AND ".join(words), low << SECOND_BITS, high << SECOND_BITS)


def _codes(asked: Any) -> list[str]:
    """The codes of the plain texts a condition allows; none when it allows anything else."""
    wanted = asked.get("$in") if is_condition(asked) and set(asked) == {"$in"} else [asked]
    if not wanted or len(wanted) > MOST_CODES or not all(isinstance(each, str) for each in wanted):
        return []
    return sorted({_quoted(code_of(each)) for each in wanted})


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _seconds(asked: Any) -> tuple[int, int]:
    """The seconds a condition on the time leaves, the last one excluded."""
    low, high = -(1 << 42), 1 << 42
    for operator, value in asked.items() if is_condition(asked) else [("$eq", asked)]:
        if isinstance(value, datetime):
            second = second_of(value)
            low = max(low, second) if operator in ("$eq", "$gt", "$gte") else low
            high = min(high, second + 1) if operator in ("$eq", "$lt", "$lte") else high
    return low, max(low, high)


class SubstringTable:
    """The index of one collection: an FTS5 table of runs, and which document each of its rows is."""

    def __init__(self, collection: str, declared: Substrings) -> None:
        self.declared = declared
        self._plain = f"index:{collection}:{declared.name}"
        self.name, self.rows = f'"{self._plain}"', f'"{self._plain}:rows"'
        self._paths = [path.split(".") for path in declared.within]
        columns = ", ".join([*(f"w{number}" for number in range(len(self._paths))), "body"])
        places = ", ?" * (len(self._paths) + 1)
        self._insert = f"INSERT INTO {self.name} (rowid, {columns}) VALUES (?{places})"
        self._forget = f"INSERT INTO {self.name} ({self.name}, rowid, {columns}) VALUES ('delete', ?{places})"
        self.definitions = (
            f"CREATE TABLE {self.rows} (w INTEGER PRIMARY KEY, rid INTEGER NOT NULL)",
            f"CREATE VIRTUAL TABLE {self.name} USING fts5({columns}, content = '', "
            "columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1')",
        )

    def change(self, connection: sqlite3.Connection, rid: int, old: Document | None, new: Document | None) -> None:
        """Forget what `old` said and learn what `new` says. Raises BadDocument for a document without its time."""
        before = None if old is None else (self._second(old), self._said(old))
        now = None if new is None else (self._second(new), self._said(new))
        if before == now:
            return
        if before is not None:
            low = before[0] << SECOND_BITS
            (row,) = connection.execute(
                f"SELECT w FROM {self.rows} WHERE w >= ? AND w < ? AND rid = ?", (low, low + (1 << SECOND_BITS), rid)
            ).fetchone()
            connection.execute(self._forget, (row, *before[1]))
            connection.execute(f"DELETE FROM {self.rows} WHERE w = ?", (row,))
        if now is not None:
            row = self._free(connection, now[0])
            connection.execute(f"INSERT INTO {self.rows} VALUES (?, ?)", (row, rid))
            connection.execute(self._insert, (row, *now[1]))

    def _free(self, connection: sqlite3.Connection, second: int) -> int:
        low = second << SECOND_BITS
        high = low + (1 << SECOND_BITS)
        (last,) = connection.execute(f"SELECT max(w) FROM {self.rows} WHERE w >= ? AND w < ?", (low, high)).fetchone()
        row = low if last is None else int(last) + 1
        if row == high:
            raise BadDocument("a million documents of one second are all there is room for")
        return row

    def _second(self, document: Document) -> int:
        moment = document.get(self.declared.newest)
        if not isinstance(moment, datetime):
            raise BadDocument(f"{self.declared.newest} must be a time")
        return second_of(moment)

    def _said(self, document: Document) -> tuple[str, ...]:
        """What FTS5 is told: a code for each `within` field, and the text."""
        codes = ["".join(code_of(each) for each in with_items(values(document, path))) for path in self._paths]
        reached = with_items(values(document, self.declared.field.split(".")))
        return (*codes, fold("\n".join(each for each in reached if isinstance(each, str))))

    def found(
        self, connection: sqlite3.Connection, documents: str, plan: SubstringPlan, *, newest: bool
    ) -> Iterator[Any]:
        """(row number, BSON) of each document the plan yields, by time."""
        statement = (
            f"SELECT d.rid, d.document FROM {self.name} AS f CROSS JOIN {self.rows} AS r ON r.w = f.rowid "
            f"CROSS JOIN {documents} AS d ON d.rid = r.rid WHERE f.{self.name} MATCH ? "
            f"AND f.rowid >= ? AND f.rowid < ? ORDER BY f.rowid {'DESC' if newest else 'ASC'}"
        )
        return connection.execute(statement, (plan.expression, plan.low, plan.high))
