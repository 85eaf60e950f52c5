"""Aggregation expressions and accumulators: a small, closed set, evaluated over one document or one group."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import mul
from typing import Any

from relay.store.keys import ABSENT, key_of, milliseconds
from relay.store.paths import values


def evaluate(expression: Any, document: Any) -> Any:
    """The value of `expression` for `document`; ABSENT for a path that leads nowhere."""
    if isinstance(expression, str) and expression.startswith("$"):
        return _at(document, expression[1:])
    if isinstance(expression, list | tuple):
        return [_or_null(evaluate(item, document)) for item in expression]
    if not isinstance(expression, Mapping):
        return expression
    name = next(iter(expression), "")
    if name.startswith("$"):
        return OPERATORS[name](expression[name], document)
    fields = ((field, evaluate(item, document)) for field, item in expression.items())
    return {field: value for field, value in fields if value is not ABSENT}


def _at(document: Any, path: str) -> Any:
    reached = values(document, path.split("."))
    return reached[0] if len(reached) == 1 else [value for value in reached if value is not ABSENT]


def _or_null(value: Any) -> Any:
    return None if value is ABSENT else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_true(value: Any) -> bool:
    return value is not ABSENT and value is not None and value is not False and not (_is_number(value) and value == 0)


def _compare(accept: Callable[[bytes, bytes], bool]) -> Callable[[Any, Any], bool]:
    def run(arguments: Sequence[Any], document: Any) -> bool:
        sides = (evaluate(argument, document) for argument in arguments)
        left, right = (b"\x04" if side is ABSENT else key_of(side) for side in sides)
        return accept(left, right)

    return run


def _cond(arguments: Sequence[Any], document: Any) -> Any:
    test, then, otherwise = arguments
    return evaluate(then if _is_true(evaluate(test, document)) else otherwise, document)


def _if_null(arguments: Sequence[Any], document: Any) -> Any:
    found = (evaluate(argument, document) for argument in arguments)
    return next((value for value in found if value is not ABSENT and value is not None), None)


def _arithmetic(combine: Callable[[list[Any]], Any]) -> Callable[[Any, Any], Any]:
    """Numbers in, a number out; null as soon as one of them is none."""

    def run(arguments: Sequence[Any], document: Any) -> Any:
        found = [evaluate(argument, document) for argument in arguments]
        return combine(found) if all(_is_number(value) for value in found) else None

    return run


def _subtract(arguments: Sequence[Any], document: Any) -> Any:
    left, right = (evaluate(argument, document) for argument in arguments)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return milliseconds(left) - milliseconds(right)
    return left - right if _is_number(left) and _is_number(right) else None


def _date_to_string(arguments: Mapping[str, Any], document: Any) -> str | None:
    moment = evaluate(arguments["date"], document)
    if not isinstance(moment, datetime):
        return None
    return moment.strftime(arguments["format"].replace("%L", f"{moment.microsecond // 1000:03d}"))


_UNITS: Mapping[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


def _date_trunc(arguments: Mapping[str, Any], document: Any) -> datetime | None:
    moment = evaluate(arguments["date"], document)
    if not isinstance(moment, datetime):
        return None
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // _UNITS[arguments["unit"]] * _UNITS[arguments["unit"]]


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "$eq": _compare(lambda left, right: left == right),
    "$ne": _compare(lambda left, right: left != right),
    "$gt": _compare(lambda left, right: left > right),
    "$gte": _compare(lambda left, right: left >= right),
    "$lt": _compare(lambda left, right: left < right),
    "$lte": _compare(lambda left, right: left <= right),
    "$cond": _cond,
    "$ifNull": _if_null,
    "$add": _arithmetic(sum),
    "$multiply": _arithmetic(lambda found: reduce(mul, found)),
    "$subtract": _subtract,
    "$dateToString": _date_to_string,
    "$dateTrunc": _date_trunc,
}
DATE_UNITS = frozenset(_UNITS)


def _present(found: list[Any]) -> list[Any]:
    return [value for value in found if value is not ABSENT and value is not None]


def _average(found: list[Any]) -> float | None:
    numbers = [value for value in found if _is_number(value)]
    return sum(numbers) / len(numbers) if numbers else None


ACCUMULATORS: Mapping[str, Callable[[list[Any]], Any]] = {
    "$sum": lambda found: sum(value for value in found if _is_number(value)),
    "$avg": _average,
    "$min": lambda found: min(_present(found), key=key_of, default=None),
    "$max": lambda found: max(_present(found), key=key_of, default=None),
    "$first": lambda found: _or_null(found[0]),
    "$last": lambda found: _or_null(found[-1]),
    "$push": lambda found: [value for value in found if value is not ABSENT],
    "$addToSet": lambda found: list({key_of(value): value for value in found if value is not ABSENT}.values()),
    "$count": len,
}
"""From the values of one expression over a group, in the order the documents came, to one value."""
