"""The allow-list of updates and replacements, beside relay/store/guard.py and under the same rules."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from relay.store.codec import clean
from relay.store.errors import BadDocument, UnsupportedQuery
from relay.store.guard import SCALARS, check_apart, check_filter, check_literal, check_path, refuse
from relay.store.matcher import is_condition

POSITION_DIGITS = 3
"""A path may name list positions below a thousand, because the list is filled up to there."""


def check_update(update: object) -> None:
    """Raises UnsupportedQuery unless every operator is listed, no path is touched twice and `_id` is left alone."""
    if not isinstance(update, Mapping) or not update:
        raise refuse("an update is a mapping of operators")
    touched: list[str] = []
    for operator, arguments in update.items():
        check = UPDATES.get(operator)
        if check is None or not isinstance(arguments, Mapping) or not arguments:
            raise refuse(f"update operator {operator}")
        for path, argument in arguments.items():
            _check_target(path, operator)
            check(argument)
            touched += [path, argument] if operator == "$rename" else [path]
    check_apart(touched)


def _check_target(path: object, operator: str) -> None:
    check_path(path)
    assert isinstance(path, str)
    parts = path.split(".")
    if parts[0] == "_id" and operator != "$setOnInsert":
        raise refuse("_id never changes")
    if any(part.isdecimal() and len(part) > POSITION_DIGITS for part in parts):
        raise refuse("a list position has at most three digits")


def _check_value(argument: object) -> None:
    try:
        clean(argument)
    except BadDocument as error:
        raise UnsupportedQuery(str(error)) from None


def _check_unset(_argument: object) -> None:
    """Whatever `$unset` is given is ignored, as MongoDB does."""


def _check_number(argument: object) -> None:
    if isinstance(argument, bool) or not isinstance(argument, int | float):
        raise refuse("$inc takes a number")
    _check_value(argument)


def _check_extreme(argument: object) -> None:
    if isinstance(argument, bool) or not isinstance(argument, int | float | str | datetime):
        raise refuse("$min and $max take a number, a text or a time")
    _check_value(argument)


def _check_rename(argument: object) -> None:
    _check_target(argument, "$rename")


def _check_push(argument: object) -> None:
    _check_additions(argument, frozenset({"$each", "$slice"}))
    if is_condition(argument) and isinstance(argument, Mapping):
        slice_at = argument.get("$slice", 0)
        if not isinstance(slice_at, int) or isinstance(slice_at, bool):
            raise refuse("$slice takes a count")


def _check_add_to_set(argument: object) -> None:
    _check_additions(argument, frozenset({"$each"}))


def _check_additions(argument: object, allowed: frozenset[str]) -> None:
    if not is_condition(argument):
        _check_value(argument)
        return
    assert isinstance(argument, Mapping)
    if "$each" not in argument or not set(argument) <= allowed or not isinstance(argument["$each"], list | tuple):
        raise refuse(f"only {sorted(allowed)} may add to a list")
    _check_value(argument["$each"])


def _check_pull(argument: object) -> None:
    if is_condition(argument):
        check_filter({"pulled": argument})
    elif isinstance(argument, Mapping):
        check_filter(argument)
    elif argument is None or isinstance(argument, SCALARS):
        check_literal(argument)
    else:
        raise refuse("$pull takes a plain value or a filter")


UPDATES: Mapping[str, Callable[[Any], None]] = {
    "$set": _check_value,
    "$setOnInsert": _check_value,
    "$unset": _check_unset,
    "$inc": _check_number,
    "$min": _check_extreme,
    "$max": _check_extreme,
    "$push": _check_push,
    "$addToSet": _check_add_to_set,
    "$pull": _check_pull,
    "$rename": _check_rename,
}


def check_upsert(where: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """An upsert names the string `_id` it would insert: by equality in the filter, or in what it sets on insert."""
    asked = where.get("_id")
    if isinstance(asked, Mapping):
        asked = asked.get("$eq")
    if not isinstance(given.get("_id", asked), str):
        raise refuse("an upsert names its _id")
