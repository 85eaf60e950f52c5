"""Filters as functions: whether a document matches, as MongoDB would say. Knows no index and no database.

The matcher is the judge: an index only narrows what it is shown. It expects a filter that relay/store/guard.py has let
pass. `$text` is not judged here, because only the text index can answer it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from relay.store.errors import UnsupportedQuery
from relay.store.keys import ABSENT, key_of
from relay.store.paths import values, with_items
from relay.store.patterns import compile_pattern

Test = Callable[[list[Any]], bool]
"""A condition on the values that a path reaches in one document."""

Matches = Callable[[Any], bool]
"""A filter on a document."""


def is_condition(value: Any) -> bool:
    """Whether `value` is made of operators (`{"$gt": 1}`) rather than a literal to be equal to."""
    return isinstance(value, Mapping) and bool(value) and str(next(iter(value))).startswith("$")


def compile_filter(where: Mapping[str, Any]) -> Matches:
    """The filter as a function of a document."""
    tests = [_compile_entry(name, asked) for name, asked in where.items() if name != "$text"]
    if len(tests) == 1:
        return tests[0]
    return lambda document: all(test(document) for test in tests)


def _compile_entry(name: str, asked: Any) -> Matches:
    if name in ("$and", "$or", "$nor"):
        return _compile_junction(name, [compile_filter(part) for part in asked])
    if name.startswith("$"):
        raise UnsupportedQuery(f"query operator {name}")
    test, parts = compile_condition(asked), name.split(".")
    return lambda document: test(values(document, parts))


def _compile_junction(name: str, parts: list[Matches]) -> Matches:
    if name == "$and":
        return lambda document: all(part(document) for part in parts)
    if name == "$or":
        return lambda document: any(part(document) for part in parts)
    return lambda document: not any(part(document) for part in parts)


def compile_condition(asked: Any) -> Test:
    """A literal or an operator mapping as a test of the values a path reaches."""
    if not is_condition(asked):
        return _equal(asked)
    tests = [_compile_operator(operator, argument, asked) for operator, argument in asked.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda reached: all(test(reached) for test in tests)


def _compile_operator(operator: str, argument: Any, condition: Mapping[str, Any]) -> Test:
    if operator == "$regex":
        return _regex(argument, condition.get("$options", ""))
    if operator == "$options":
        return lambda reached: True
    try:
        return OPERATORS[operator](argument)
    except KeyError:
        raise UnsupportedQuery(f"query operator {operator}") from None


def _negated(test: Test) -> Test:
    return lambda reached: not test(reached)


def _any_key(accept: Callable[[bytes], bool]) -> Test:
    """A test of every reached value that is there, by its key."""

    def test(reached: list[Any]) -> bool:
        return any(value is not ABSENT and accept(key_of(value)) for value in with_items(reached))

    return test


def _equal(wanted: Any) -> Test:
    if wanted is None:
        return lambda reached: any(value is None or value is ABSENT for value in with_items(reached))
    if isinstance(wanted, str):  # the common case, without building keys
        return lambda reached: any(isinstance(value, str) and value == wanted for value in with_items(reached))
    return _any_key(key_of(wanted).__eq__)


def _ordered(accept: Callable[[bytes, bytes], bool]) -> Callable[[Any], Test]:
    """A comparison, which only ever holds between values of one type."""

    def build(bound: Any) -> Test:
        bound_key = key_of(bound)
        return _any_key(lambda key: key[:1] == bound_key[:1] and accept(key, bound_key))

    return build


def _in(wanted: Iterable[Any]) -> Test:
    keys = {key_of(item) for item in wanted}
    null = key_of(None) in keys
    found = _any_key(keys.__contains__)
    return lambda reached: found(reached) or (null and ABSENT in reached)


def _exists(wanted: bool) -> Test:
    return lambda reached: any(value is not ABSENT for value in reached) == wanted


def _regex(pattern: str, options: str) -> Test:
    search = compile_pattern(pattern, options).search
    return lambda reached: any(isinstance(value, str) and search(value) is not None for value in with_items(reached))


def _size(wanted: int) -> Test:
    return lambda reached: any(isinstance(value, list) and len(value) == wanted for value in reached)


def _all(wanted: Iterable[Any]) -> Test:
    tests = [_equal(item) for item in wanted]
    return lambda reached: all(test(reached) for test in tests)


def _elem_match(asked: Mapping[str, Any]) -> Test:
    judge = _item_judge(asked)
    return lambda reached: any(isinstance(value, list) and any(judge(item) for item in value) for value in reached)


def _item_judge(asked: Mapping[str, Any]) -> Matches:
    if is_condition(asked) and not {"$and", "$or", "$nor"} & set(asked):
        test = compile_condition(asked)
        return lambda item: test([item])
    matches = compile_filter(asked)
    return lambda item: isinstance(item, dict) and matches(item)


OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "$eq": _equal,
    "$ne": lambda argument: _negated(_equal(argument)),
    "$gt": _ordered(lambda key, bound: key > bound),
    "$gte": _ordered(lambda key, bound: key >= bound),
    "$lt": _ordered(lambda key, bound: key < bound),
    "$lte": _ordered(lambda key, bound: key <= bound),
    "$in": _in,
    "$nin": lambda argument: _negated(_in(argument)),
    "$exists": _exists,
    "$not": lambda argument: _negated(compile_condition(argument)),
    "$size": _size,
    "$all": _all,
    "$elemMatch": _elem_match,
}
"""Every operator of a condition but $regex, which takes its $options from beside it."""
