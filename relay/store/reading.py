"""Answering a filter from the tables: the plan says what to read, the matcher what counts, the sort what leads."""
# ruff: noqa: S608 - the only names in the SQL are those of declared collections and indexes, quoted

import heapq
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any

from relay.store.codec import decode
from relay.store.interface import Newest
from relay.store.keys import key_of
from relay.store.matcher import compile_filter
from relay.store.planner import Plan, Range, flatten, make_newest_plan, make_plan
from relay.store.projection import sort_key
from relay.store.substrings import SubstringPlan, plan_substrings, second_of
from relay.store.tables import Document, Row, Tables
from relay.store.text_search import fts_expression

Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]


def matching(
    connection: sqlite3.Connection, tables: Tables, where: Filter, sort: Sort = (), *, skip: int = 0, limit: int = 0
) -> Iterator[Row]:
    """The rows that match, in order, after `skip`, at most `limit` (0: all)."""
    end = skip + limit if limit else None
    if found_by := _substrings(tables, where):
        rows = _found(connection, tables, found_by, newest=not sort or sort[0][1] < 0)
        return islice(_found_in_order(rows, tables, where, sort, end), skip, end)
    if "$text" in where:
        plan, rows = None, _searched(connection, tables, where["$text"]["$search"])
    else:
        plan = make_plan(tables.schema, where, sort, tables.holds_lists)
        rows = _planned(connection, tables, plan) if plan else tables.every(connection)
    matches = compile_filter(where)
    found = (row for row in rows if matches(row[1]))
    return islice(_ordered(found, plan, sort, end), skip, end)


def _substrings(tables: Tables, where: Filter) -> SubstringPlan | None:
    """How the substring index answers it, unless another index pins a field that one knows nothing of."""
    if tables.substrings is None or "$text" in where:
        return None
    found = plan_substrings(tables.schema, flatten(where))
    if found is None:
        return None
    plan = make_plan(tables.schema, where, (), tables.holds_lists)
    known = {*tables.substrings.declared.within, tables.substrings.declared.newest}
    return found if plan is None or not plan.narrows or set(plan.used) <= known else None


def _found(connection: sqlite3.Connection, tables: Tables, plan: SubstringPlan, *, newest: bool) -> Iterator[Row]:
    assert tables.substrings is not None
    for rid, raw in tables.substrings.found(connection, tables.name, plan, newest=newest):
        yield rid, decode(raw)


def _found_in_order(rows: Iterator[Row], tables: Tables, where: Filter, sort: Sort, end: int | None) -> Iterator[Row]:
    """What matches among rows that come by their time, second by second."""
    assert tables.substrings is not None
    time, matches = tables.substrings.declared.newest, compile_filter(where)
    found = (row for row in rows if matches(row[1]))
    if not sort or sort[0][0] != time:
        yield from _sorted(found, sort, end) if sort else found
        return
    for _, equal in groupby(found, key=lambda row: second_of(row[1][time])):
        yield from _sorted_few(equal, sort, end)


def newest(
    connection: sqlite3.Connection, tables: Tables, where: Filter, path: str, *, limit: int, examine: int
) -> Newest:
    """The last `limit` matches by (path, _id). Stops early, between two times, once `examine` documents were read."""
    rows, moment_of = _by_time(connection, tables, where, path)
    matches, sort = compile_filter(where), [(path, -1), ("_id", -1)]
    found: list[Document] = []
    examined = 0
    for moment, equal in groupby(rows, key=lambda row: moment_of(row[1])):
        fitting: list[Row] = []
        for row in equal:
            examined += 1
            if matches(row[1]):
                fitting.append(row)
        found += [document for _, document in (_sorted(fitting, sort, limit) if len(fitting) > 1 else fitting)]
        if len(found) >= limit:
            return Newest(found[:limit])
        if examined >= examine:
            return Newest(found, moment)
    return Newest(found)


def _by_time(
    connection: sqlite3.Connection, tables: Tables, where: Filter, path: str
) -> tuple[Iterator[Row], Callable[[Document], datetime]]:
    """The candidates, latest first, and the time up to which a group of them reaches."""
    plan = make_newest_plan(tables.schema, where, path, tables.holds_lists)
    if tables.substrings and tables.substrings.declared.newest == path:
        found_by = _substrings(tables, where) or (plan is None and plan_substrings(tables.schema, flatten(where)))
        if found_by:
            return _found(connection, tables, found_by, newest=True), lambda each: each[path].replace(microsecond=0)
    assert plan is not None, "the guard lets pass only what an index yields in order"
    streams = [_read_range(connection, tables, piece, plan) for piece in plan.ranges]
    if len(streams) == 1:
        return _each_once(streams[0]), lambda document: document[path]
    rows = heapq.merge(*streams, key=lambda row: key_of(row[1].get(path)), reverse=True)
    return _each_once(rows), lambda document: document[path]


def _each_once(rows: Iterable[Row]) -> Iterator[Row]:
    seen: set[int] = set()
    for row in rows:
        if row[0] not in seen:
            seen.add(row[0])
            yield row


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
    return _each_once(chain.from_iterable(_read_range(connection, tables, piece, plan) for piece in plan.ranges))


def _read_range(connection: sqlite3.Connection, tables: Tables, piece: Range, plan: Plan) -> Iterator[Row]:
    source, where, parameters = tables.selection(piece)
    key = where.split(" ", 1)[0]
    order = f" ORDER BY {key} {'DESC' if plan.backwards else 'ASC'}" if plan.each_sorted else ""
    for rid, raw in connection.execute(f"SELECT d.rid, d.document FROM {source} WHERE {where}{order}", parameters):
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
