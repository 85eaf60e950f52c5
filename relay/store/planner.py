"""Which index narrows a query, and to which ranges of its keys. Pure: knows the schema, not the database.

A plan only narrows. It is `exact` when every key in its ranges is an answer, so that a count need not open documents.
A range with two bounds over an index that holds lists would lose documents (another item may meet each bound), so the
planner is told which indexes do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from relay.store.guard import COMPARISONS, LIST_ITEMS
from relay.store.keys import ABSENT, after, inverse, key_of
from relay.store.matcher import is_condition
from relay.store.schema import PRIMARY, CollectionSchema, Index

POINTS = LIST_ITEMS
"""How many key ranges one plan may have: as many as one `$in` may list. Two that multiply use fewer fields."""

HoldsLists = Callable[[Index], bool]
Sort = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Range:
    """The keys of `index` from `low` up to but without `high` (None: to the end)."""

    index: Index
    low: bytes
    high: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ranges to read, in order. `sorted_fields` is how many leading fields of the sort come out in order, and
    `each_sorted` how many do within each range; `used` are the fields whose conditions made the ranges."""

    ranges: tuple[Range, ...]
    sorted_fields: int = 0
    each_sorted: int = 0
    used: tuple[str, ...] = ()
    backwards: bool = False
    exact: bool = False
    narrows: bool = True
    score: int = 0


def make_plan(schema: CollectionSchema, where: Mapping[str, Any], sort: Sort, holds_lists: HoldsLists) -> Plan | None:
    """The best plan, or None when the whole collection must be read."""
    asked = flatten(where)
    by_id = _points(asked.get("_id", ABSENT)) is not None  # no index narrows better: spare the others
    indexes = (PRIMARY,) if by_id else (PRIMARY, *schema.indexes)
    plans = [_plan_index(index, asked, sort, holds_lists) for index in indexes if not index.text]
    best = max((plan for plan in plans if plan is not None), key=lambda plan: plan.score, default=None)
    if (best is None or not best.narrows) and "$or" in asked:
        return _plan_union(schema, asked["$or"], holds_lists) or best
    return best


def make_newest_plan(
    schema: CollectionSchema, where: Mapping[str, Any], path: str, holds_lists: HoldsLists
) -> Plan | None:
    """The best plan among those whose every range comes out by `path`, greatest first; None when there is none."""
    asked = flatten(where)
    plans = [_plan_index(index, asked, [(path, -1)], holds_lists) for index in schema.indexes if not index.text]
    sorted_ones = (plan for plan in plans if plan is not None and plan.each_sorted)
    return max(sorted_ones, key=lambda plan: plan.score, default=None)


def _plan_union(
    schema: CollectionSchema, branches: Sequence[Mapping[str, Any]], holds_lists: HoldsLists
) -> Plan | None:
    """Every branch of an `$or` by its own index."""
    plans = [make_plan(schema, branch, (), holds_lists) for branch in branches]
    if not all(plan is not None and plan.narrows for plan in plans):
        return None
    return Plan(ranges=tuple(piece for plan in plans if plan for piece in plan.ranges))


def flatten(where: Mapping[str, Any]) -> dict[str, Any]:
    """The filter with its `$and` folded in, where that loses nothing that matters: the matcher sees the whole one."""
    asked = dict(where)
    for part in asked.pop("$and", ()):
        for name, condition in flatten(part).items():
            if name in asked:
                asked["$and"] = True  # a reminder that the flat form is not the whole filter
            asked.setdefault(name, condition)
    return asked


def _plan_index(index: Index, asked: Mapping[str, Any], sort: Sort, holds_lists: HoldsLists) -> Plan | None:
    if not _covers(index, asked):
        return None
    prefixes, used = _equalities(index, asked)
    rest = index.fields[used:]
    bounds, both = _bounds(asked.get(rest[0][0]), index, holds_lists) if rest else (None, True)
    each_sorted, backwards = _order(index, used, sort)
    in_order = each_sorted if len(prefixes) == 1 else 0
    narrows = bool(used or bounds)
    if not narrows and not in_order:
        return None
    return Plan(
        ranges=tuple(_ranges(index, prefixes, bounds, rest)),
        sorted_fields=in_order,
        each_sorted=each_sorted,
        used=tuple(path for path, _ in index.fields[: used + (bounds is not None)]),
        backwards=backwards,
        exact=not index.sparse and both and len(asked) == used + (bounds is not None),
        narrows=narrows,
        score=_score(index, used, bounds is not None, in_order and in_order - len(sort) + 5),
    )


def _score(index: Index, used: int, bounded: bool, order: int) -> int:
    """Better the more it narrows; a pinned unique key beats everything, an order only breaks ties."""
    found = 100 if index.unique and used == len(index.fields) else 0
    return found + 10 * used + (6 if bounded else 0) + order


def _covers(index: Index, asked: Mapping[str, Any]) -> bool:
    """Whether every match is sure to be in the index, which may leave documents out."""
    if index.sparse and not any(_demands_presence(asked.get(path, ABSENT)) for path, _ in index.fields):
        return False
    if index.partial is None:
        return True
    return all(path in asked and _same(asked[path], value) for path, value in index.partial.items())


def _same(asked: Any, value: Any) -> bool:
    return not is_condition(asked) and key_of(asked) == key_of(value)


def _demands_presence(asked: Any) -> bool:
    points = _points(asked)
    if points is not None:
        return None not in points
    return bool(is_condition(asked) and COMPARISONS & set(asked))


def _points(asked: Any) -> list[Any] | None:
    """The values that the condition allows, when it is an equality that the index can look up."""
    if asked is ABSENT:
        return None
    if is_condition(asked):
        if set(asked) == {"$eq"}:
            asked = [asked["$eq"]]
        elif set(asked) == {"$in"}:
            asked = list(asked["$in"])
        else:
            return None
    else:
        asked = [asked]
    return None if any(isinstance(value, dict | list | tuple) for value in asked) else asked


def _equalities(index: Index, asked: Mapping[str, Any]) -> tuple[list[bytes], int]:
    """Key prefixes for the leading fields that the filter pins down, and how many fields those are."""
    prefixes, used = [b""], 0
    for path, direction in index.fields:
        points = _points(asked.get(path, ABSENT))
        if points is None or len(prefixes) * len(points) > POINTS:
            break
        keys = sorted({key_of(value) if direction > 0 else inverse(key_of(value)) for value in points})
        prefixes = [prefix + key for prefix, key in product(prefixes, keys)]
        used += 1
    return prefixes, used


def _bounds(asked: Any, index: Index, holds_lists: HoldsLists) -> tuple[tuple[bytes, bytes] | None, bool]:
    """(low, high) over the keys of one field, and whether they say all that the condition says."""
    if not is_condition(asked) or not COMPARISONS & set(asked):
        return None, True
    compared = [(operator, key_of(value)) for operator, value in asked.items() if operator in COMPARISONS]
    if holds_lists(index):
        compared = compared[:1]
    rank = compared[0][1][:1]
    lows, highs = [rank], [after(rank)]
    for operator, key in compared:
        if operator in ("$gt", "$gte"):
            lows.append(after(key) if operator == "$gt" else key)
        else:
            highs.append(after(key) if operator == "$lte" else key)
    one_type = all(key[:1] == rank for _, key in compared)
    return (max(lows), min(highs)), one_type and len(compared) == len(asked)


def _order(index: Index, used: int, sort: Sort) -> tuple[int, bool]:
    """How many leading fields of `sort` the index yields in order, and whether by reading it backwards."""
    pinned = {path for path, _ in index.fields[:used]}
    rest = list(index.fields[used:])
    done, backwards = 0, None
    for path, direction in sort:
        if path not in pinned:
            if not rest or rest[0][0] != path or backwards not in (None, rest[0][1] != direction):
                break
            backwards = rest.pop(0)[1] != direction
        done += 1
    return done, bool(backwards)


def _ranges(
    index: Index, prefixes: list[bytes], bounds: tuple[bytes, bytes] | None, rest: Sequence[tuple[str, int]]
) -> Iterator[Range]:
    for prefix in prefixes:
        if bounds is None:
            yield Range(index, prefix, after(prefix) if prefix else None)
            continue
        low, high = bounds
        if rest[0][1] < 0:
            low, high = after(inverse(high)), after(inverse(low))
        yield Range(index, prefix + low, prefix + high)
