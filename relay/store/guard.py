"""The allow-list: what every adapter can answer alike, checked before anything runs. Rules of this file:

1. What is not listed raises UnsupportedQuery, on every adapter; nothing is ignored and nothing is answered wrong.
2. Every list, pattern and nesting has a bound.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from relay.store.errors import UnsupportedQuery
from relay.store.matcher import is_condition
from relay.store.patterns import check_pattern

FILTER_DEPTH = 8
"""How deep $and, $or, $nor, $not and $elemMatch may nest."""
LIST_ITEMS = 1000
"""How many values $in, $nin and $all take, and how many parts $and, $or and $nor."""
PATH_PARTS = 16
SEARCH_CHARACTERS = 256
SORT_FIELDS = 4

SCALARS = (bool, int, float, str, bytes, datetime)
COMPARISONS = frozenset({"$gt", "$gte", "$lt", "$lte"})


def refuse(why: str) -> UnsupportedQuery:
    """The refusal, in the words every check uses."""
    return UnsupportedQuery(why)


def check_path(path: object) -> None:
    """A dotted path of non-empty names; none begins with `$`."""
    if not isinstance(path, str) or "\0" in path:
        raise refuse(f"no path: {path!r}")
    parts = path.split(".")
    if len(parts) > PATH_PARTS or any(not part or part.startswith("$") for part in parts):
        raise refuse(f"no path: {path!r}")


def check_filter(where: object, *, text: bool = False, depth: int = 0) -> None:
    """Raises UnsupportedQuery unless every part of the filter is listed. `text`: whether `$text` may stand here."""
    if not isinstance(where, Mapping) or depth > FILTER_DEPTH:
        raise refuse("a filter is a mapping, nested at most eight deep")
    for name, asked in where.items():
        if name in ("$and", "$or", "$nor"):
            for part in _list(name, asked):
                check_filter(part, depth=depth + 1)
        elif name == "$text" and text:
            _check_text(asked)
        else:
            check_path(name)
            _check_condition(asked, depth)


def _list(name: str, asked: object, *, empty: bool = False) -> Sequence[Any]:
    if not isinstance(asked, list | tuple) or len(asked) > LIST_ITEMS or not (asked or empty):
        raise refuse(f"{name} takes a list of at most {LIST_ITEMS}")
    return asked


def _check_text(asked: object) -> None:
    if not isinstance(asked, Mapping) or set(asked) != {"$search"} or not isinstance(asked["$search"], str):
        raise refuse("$text takes $search and nothing else")
    if len(asked["$search"]) > SEARCH_CHARACTERS:
        raise refuse(f"a search has at most {SEARCH_CHARACTERS} characters")


def _check_condition(asked: object, depth: int) -> None:
    if not is_condition(asked):
        check_literal(asked)
        return
    assert isinstance(asked, Mapping)
    for operator, argument in asked.items():
        check = CONDITIONS.get(operator)
        if check is None:
            raise refuse(f"query operator {operator}")
        check(argument, asked, depth)


def check_literal(value: object) -> None:
    """A value to compare with: of a known type, and no operator hidden inside."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not isinstance(name, str) or name.startswith("$"):
                raise refuse(f"operator {name!r} inside a literal")
            check_literal(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_literal(item)
    elif isinstance(value, int | float) and not -(1 << 63) <= value < 1 << 63 and not math.isinf(value):
        raise refuse("a number has at most 64 bits and is no NaN")
    elif value is not None and not isinstance(value, SCALARS):
        raise refuse(f"a filter cannot hold {type(value).__name__}")


def _check_equal(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    check_literal(argument)


def _check_bound(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    if not isinstance(argument, SCALARS):
        raise refuse("a comparison takes a plain value")
    check_literal(argument)


def _check_values(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    for item in _list("$in", argument, empty=True):
        if item is not None:
            _check_bound(item, {}, 0)


def _check_all(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    for item in _list("$all", argument):
        _check_bound(item, {}, 0)


def _check_exists(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    if not isinstance(argument, bool):
        raise refuse("$exists takes true or false")


def _check_size(argument: object, _condition: Mapping[str, Any], _depth: int) -> None:
    if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
        raise refuse("$size takes a count")


def _check_not(argument: object, _condition: Mapping[str, Any], depth: int) -> None:
    if not is_condition(argument) or depth >= FILTER_DEPTH:
        raise refuse("$not takes operators, nested at most eight deep")
    _check_condition(argument, depth + 1)


def _check_elem_match(argument: object, _condition: Mapping[str, Any], depth: int) -> None:
    if is_condition(argument) and not {"$and", "$or", "$nor"} & set(argument if isinstance(argument, Mapping) else ()):
        _check_not(argument, {}, depth)
    elif argument:
        check_filter(argument, depth=depth + 1)
    else:
        raise refuse("$elemMatch takes a condition")


def _check_regex(argument: object, condition: Mapping[str, Any], _depth: int) -> None:
    check_pattern(argument, condition.get("$options", ""))


def _check_options(_argument: object, condition: Mapping[str, Any], _depth: int) -> None:
    if "$regex" not in condition:
        raise refuse("$options goes with $regex")


CONDITIONS: Mapping[str, Callable[[Any, Mapping[str, Any], int], None]] = {
    "$eq": _check_equal,
    "$ne": _check_equal,
    **dict.fromkeys(COMPARISONS, _check_bound),
    "$in": _check_values,
    "$nin": _check_values,
    "$exists": _check_exists,
    "$not": _check_not,
    "$regex": _check_regex,
    "$options": _check_options,
    "$size": _check_size,
    "$all": _check_all,
    "$elemMatch": _check_elem_match,
}


def check_sort(sort: object) -> None:
    """(path, 1 or -1) pairs, each path once."""
    if not isinstance(sort, list | tuple) or len(sort) > SORT_FIELDS:
        raise refuse(f"a sort is a list of at most {SORT_FIELDS} (path, direction) pairs")
    for entry in sort:
        if not isinstance(entry, list | tuple) or len(entry) != 2 or entry[1] not in (1, -1):
            raise refuse("a sort direction is 1 or -1")
        check_path(entry[0])
    if len({path for path, _ in sort}) < len(sort):
        raise refuse("a sort names each path once")


def check_projection(projection: object) -> None:
    """Paths to keep or paths to leave out, not both (`_id` aside), none inside another."""
    if not isinstance(projection, Mapping) or not projection:
        raise refuse("a projection is a mapping of paths to 0 or 1")
    for path, flag in projection.items():
        check_path(path)
        if flag not in (0, 1):
            raise refuse("a projection takes 0 or 1")
    if len({bool(flag) for path, flag in projection.items() if path != "_id"}) > 1:
        raise refuse("a projection keeps or leaves out, not both")
    check_apart(projection)


def check_apart(paths: Mapping[str, Any] | Sequence[str]) -> None:
    """No path is another one or lies inside it."""
    seen = sorted(tuple(path.split(".")) for path in paths)
    for first, second in pairwise(seen):
        if second[: len(first)] == first:
            raise refuse(f"two paths meet at {'.'.join(first)}")


def check_window(skip: object, limit: object) -> None:
    """How many to pass over and how many to take: counts."""
    for count in (skip, limit):
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise refuse("skip and limit are counts")
