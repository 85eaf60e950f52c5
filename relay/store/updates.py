"""Update operators as functions that change a document in memory. Knows no index and no database.

Expects an update that relay/store/update_guard.py has let pass. What cannot be done to the document at hand raises
BadUpdate, and the document is then in no defined state: give it a copy.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from relay.store.codec import clean
from relay.store.errors import BadUpdate
from relay.store.keys import ABSENT, key_of
from relay.store.matcher import compile_condition, compile_filter, is_condition
from relay.store.paths import drop, get, put

Document = dict[str, Any]


def apply_update(document: Document, update: Mapping[str, Mapping[str, Any]], *, inserting: bool = False) -> Document:
    """Change `document` as `update` says and return it. `inserting`: `$setOnInsert` counts."""
    for operator, arguments in update.items():
        if operator == "$setOnInsert" and not inserting:
            continue
        apply = APPLY[operator]
        for path, argument in arguments.items():
            apply(document, path, argument)
    return document


def seed_of_upsert(where: Mapping[str, Any]) -> Document:
    """The document an upsert starts from: what the filter demands by equality."""
    document: Document = {}
    for name, asked in where.items():
        if name == "$and":
            for part in asked:
                for path, value in seed_of_upsert(part).items():
                    put(document, path, value)
        elif name.startswith("$"):
            continue
        elif not is_condition(asked):
            put(document, name, clean(asked))
        elif "$eq" in asked:
            put(document, name, clean(asked["$eq"]))
    return document


def _set(document: Document, path: str, argument: Any) -> None:
    put(document, path, clean(argument))


def _unset(document: Document, path: str, _argument: Any) -> None:
    drop(document, path)


def _inc(document: Document, path: str, argument: Any) -> None:
    current = get(document, path)
    if current is ABSENT:
        current = 0
    if isinstance(current, bool) or not isinstance(current, int | float):
        raise BadUpdate(f"$inc on {path}, which holds no number")
    put(document, path, _sum(current, argument))


def _sum(current: float, argument: float) -> float:
    total = current + argument
    if isinstance(total, int) and not -(1 << 63) <= total < 1 << 63:
        raise BadUpdate("$inc beyond 64 bits")
    return total


def _extreme(better: Callable[[bytes, bytes], bool]) -> Callable[[Document, str, Any], None]:
    def apply(document: Document, path: str, argument: Any) -> None:
        current = get(document, path)
        if current is ABSENT or better(key_of(argument), key_of(current)):
            put(document, path, clean(argument))

    return apply


def _list_at(document: Document, path: str) -> list[Any]:
    """The list at `path`, made if nothing is there."""
    current = get(document, path)
    if current is ABSENT:
        current = []
        put(document, path, current)
    if not isinstance(current, list):
        raise BadUpdate(f"{path} holds no list")
    return current


def _additions(argument: Any) -> list[Any]:
    added: list[Any] = clean(argument["$each"] if is_condition(argument) else [argument])
    return added


def _push(document: Document, path: str, argument: Any) -> None:
    items = _list_at(document, path)
    items += _additions(argument)
    if is_condition(argument) and "$slice" in argument:
        at = argument["$slice"]
        items[:] = items[:at] if at >= 0 else items[at:]


def _add_to_set(document: Document, path: str, argument: Any) -> None:
    items = _list_at(document, path)
    known = {key_of(item) for item in items}
    for item in _additions(argument):
        if key_of(item) not in known:
            known.add(key_of(item))
            items.append(item)


def _pull(document: Document, path: str, argument: Any) -> None:
    if get(document, path) is ABSENT:
        return
    items = _list_at(document, path)
    pulled = _pull_judge(argument)
    items[:] = [item for item in items if not pulled(item)]


def _pull_judge(argument: Any) -> Callable[[Any], bool]:
    if isinstance(argument, Mapping) and not is_condition(argument):
        matches = compile_filter(argument)
        return lambda item: isinstance(item, dict) and matches(item)
    test = compile_condition(argument)
    return lambda item: test([item])


def _rename(document: Document, path: str, argument: str) -> None:
    current = get(document, path)
    if current is not ABSENT:
        drop(document, path)
        put(document, argument, current)


APPLY: Mapping[str, Callable[[Document, str, Any], None]] = {
    "$set": _set,
    "$setOnInsert": _set,
    "$unset": _unset,
    "$inc": _inc,
    "$min": _extreme(lambda argument, current: argument < current),
    "$max": _extreme(lambda argument, current: argument > current),
    "$push": _push,
    "$addToSet": _add_to_set,
    "$pull": _pull,
    "$rename": _rename,
}


def updated(document: Document, update: Mapping[str, Mapping[str, Any]]) -> Document:
    """A changed copy of `document`."""
    return apply_update(copy.deepcopy(document), update)
