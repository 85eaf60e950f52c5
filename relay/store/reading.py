"""Answering a filter from the tables: the plan says what to read, the matcher what counts, the sort what leads."""
# ruff: noqa: S608 - the only names in the SQL are those of declared collections and indexes, quoted

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from typing import Any

from relay.store.codec import decode
from relay.store.matcher import compile_filter
from relay.store.planner import Plan, Range, make_plan
from relay.store.projection import sort_key
from relay.store.tables import Row, Tables
from relay.store.text_search import fts_expression

Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]


def matching(
    connection: sqlite3.Connection, tables: Tables, where: Filter, sort: Sort = (), *, skip: int = 0, limit: int = 0
) -> Iterator[Row]:
    """The rows that match, in order, after `skip`, at most `limit` (0: all)."""
    end = skip + limit if limit else None
    if "$text" in where:
        plan, rows = None, _searched(connection, tables, where["$text"]["$search"])
    else:
        plan = make_plan(tables.schema, where, sort, tables.holds_lists)
        rows = _planned(connection, tables, plan) if plan else tables.every(connection)
    matches = compile_filter(where)
    found = (row for row in rows if matches(row[1]))
    return islice(_ordered(found, plan, sort, end), skip, end)


def count(connection: sqlite3.Connection, tables: Tables, where: Filter) -> int:
    """How many documents match; from the index alone where its keys are the whole answer."""
    if not where:
        (total,) = connection.execute(f"SELECT count(*) FROM {tables.name}").fetchone()
        return int(total)
    plan = None if "$text" in where else make_plan(tables.schema, where, (), tables.holds_lists)
    if plan and plan.exact and len(plan.ranges) == 1:
        return _count_keys(connection, tables, plan.ranges[0])
    return sum(1 for _ in matching(connection, tables, where))


def _count_keys(connection: sqlite3.Connection, tables: Tables, piece: Range) -> int:
    where, parameters = "k >= ?", [piece.low]
    if piece.high is not None:
        where, parameters = "k >= ? AND k < ?", [piece.low, piece.high]
    source = tables.source(piece.index)
    (total,) = connection.execute(f"SELECT count(DISTINCT rid) FROM {source} WHERE {where}", parameters).fetchone()
    return int(total)


def _searched(connection: sqlite3.Connection, tables: Tables, search: str) -> Iterator[Row]:
    expression = fts_expression(search)
    assert tables.text is not None
    if expression is None:
        return
    found = f"SELECT rowid FROM {tables.text.name} WHERE body MATCH ?"
    statement = f"SELECT rid, document FROM {tables.name} WHERE rid IN ({found})"
    for rid, raw in connection.execute(statement, (expression,)):
        yield rid, decode(raw)


def _planned(connection: sqlite3.Connection, tables: Tables, plan: Plan) -> Iterator[Row]:
    """The documents behind the plan's keys, each once, in the order of the keys where the plan promises it."""
    seen: set[int] = set()
    for piece in plan.ranges:
        source, where, parameters = tables.selection(piece)
        key = where.split(" ", 1)[0]
        order = f" ORDER BY {key} {'DESC' if plan.backwards else 'ASC'}" if plan.sorted_fields else ""
        for rid, raw in connection.execute(f"SELECT d.rid, d.document FROM {source} WHERE {where}{order}", parameters):
            if rid not in seen:
                seen.add(rid)
                yield rid, decode(raw)


def _ordered(rows: Iterable[Row], plan: Plan | None, sort: Sort, end: int | None) -> Iterator[Row]:
    """Sort what the index has not sorted: everything, or only among rows that its order holds for equal."""
    done = plan.sorted_fields if plan else 0
    if done == len(sort):
        yield from rows
        return
    if not done:
        yield from _sorted(rows, sort, end)
        return
    first, rest = sort_key(sort[:done]), sort[done:]
    for _, equal in groupby(rows, key=lambda row: first(row[1])):
        yield from _sorted_few(equal, rest, end)


def _sorted_few(rows: Iterator[Row], sort: Sort, end: int | None) -> list[Row]:
    """As _sorted, where mostly there is one row and nothing to sort."""
    first = list(islice(rows, 2))
    return first if len(first) < 2 else _sorted(chain(first, rows), sort, end)


def _sorted(rows: Iterable[Row], sort: Sort, end: int | None) -> list[Row]:
    key = sort_key(sort)
    if end is None:
        return sorted(rows, key=lambda row: key(row[1]))
    return heapq.nsmallest(end, rows, key=lambda row: key(row[1]))
