"""Dotted paths into documents: what they reach, how a value is put there or taken away.

Reading follows MongoDB: a path walks through lists into each of their sub-documents. Writing does not: there a number
names a position and any other part a field.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from relay.store.errors import BadUpdate
from relay.store.keys import ABSENT, EMPTY_KEY, key_of


def values(node: Any, parts: Sequence[str]) -> list[Any]:
    """Every value the path reaches from `node`: ABSENT where it ends early, nothing for a list without documents."""
    if not parts:
        return [node]
    head = parts[0]
    if isinstance(node, dict):
        return values(node[head], parts[1:]) if head in node else [ABSENT]
    if isinstance(node, list):
        return _values_in_list(node, parts)
    return [ABSENT]


def _values_in_list(node: list[Any], parts: Sequence[str]) -> list[Any]:
    head = parts[0]
    found: list[Any] = []
    if head.isdecimal() and int(head) < len(node):
        found += values(node[int(head)], parts[1:])
    for item in node:
        if isinstance(item, dict):
            found += values(item, parts)
    return found


def with_items(reached: Iterable[Any]) -> Iterator[Any]:
    """Each value, and after a list each of its items: what a condition is tried on."""
    for value in reached:
        yield value
        if isinstance(value, list):
            yield from value


def column_keys(document: Any, parts: Sequence[str]) -> set[bytes]:
    """The keys under which an index or a sort knows `document` by this path: one, or one for each item of a list."""
    if len(parts) == 1 and isinstance(document, dict):  # nearly always
        value = document.get(parts[0], ABSENT)
        if not isinstance(value, list):
            return {key_of(value)}
    keys: set[bytes] = set()
    for value in values(document, parts):
        keys.update(key_of(item) for item in (value if isinstance(value, list) and value else [value]))
    return keys or {EMPTY_KEY}


def get(node: Any, path: str) -> Any:
    """The one value at `path`, ABSENT when there is none."""
    for part in path.split("."):
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return ABSENT
    return node


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set `path`, making the sub-documents on the way. Raises BadUpdate when a plain value is in the way."""
    *way, last = path.split(".")
    node: Any = document
    for part in way:
        node = _step(node, part)
    if isinstance(node, list):
        node[_position(node, last)] = value
    else:
        node[last] = value


def _step(node: Any, part: str) -> Any:
    if isinstance(node, list):
        length = len(node)
        position = _position(node, part)
        if position >= length:
            node[position] = {}
        child = node[position]
    else:
        child = node.setdefault(part, {})
    if not isinstance(child, dict | list):
        raise BadUpdate(f"the value at {part!r} holds no fields")
    return child


def _position(node: list[Any], part: str) -> int:
    if not part.isdecimal():
        raise BadUpdate(f"{part!r} is no position in a list")
    position = int(part)
    node.extend([None] * (position + 1 - len(node)))
    return position


def drop(document: dict[str, Any], path: str) -> None:
    """Take the field away if it is there; a list keeps its length and holds null instead."""
    *way, last = path.split(".")
    node = get(document, ".".join(way)) if way else document
    if isinstance(node, dict):
        node.pop(last, None)
    elif isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        node[int(last)] = None
