"""Projections and sorts over documents in memory."""

import copy
import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from relay.store.keys import inverse
from relay.store.paths import column_keys

Document = dict[str, Any]
Tree = dict[str, Any]
"""Paths as nested mappings that end in True."""


def project(document: Document, projection: Mapping[str, Any] | None) -> Document:
    """The part of `document` that `projection` keeps; `_id` stays unless it is named with 0."""
    if not projection:
        return document
    flags = {path: bool(flag) for path, flag in projection.items()}
    keep_id = flags.pop("_id", True)
    if any(flags.values()) or (not flags and keep_id):
        kept: Document = _keep(document, _tree(flags))
        return {"_id": document["_id"], **kept} if keep_id and "_id" in document else kept
    left_out = copy.deepcopy(document)
    for path in [*flags] if keep_id else ["_id", *flags]:
        _leave_out(left_out, path.split("."))
    return left_out


def _tree(paths: Iterable[str]) -> Tree:
    tree: Tree = {}
    for path in paths:
        *way, last = path.split(".")
        node = tree
        for part in way:
            node = node.setdefault(part, {})
        node[last] = True
    return tree


def _keep(value: Any, tree: Any) -> Any:
    if tree is True:
        return value
    if isinstance(value, list):
        return [_keep(item, tree) for item in value if isinstance(item, dict | list)]
    return {
        name: _keep(item, tree[name])
        for name, item in value.items()
        if name in tree and (tree[name] is True or isinstance(item, dict | list))
    }


def _leave_out(node: Any, parts: Sequence[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _leave_out(item, parts)
    elif isinstance(node, dict) and len(parts) == 1:
        node.pop(parts[0], None)
    elif isinstance(node, dict) and parts[0] in node:
        _leave_out(node[parts[0]], parts[1:])


def sort_key(sort: Sequence[tuple[str, int]]) -> Callable[[Any], bytes]:
    """One key for all the fields of `sort`: a list counts by its smallest item, or its largest when descending."""
    columns = [(path.split("."), direction) for path, direction in sort]

    def key(document: Any) -> bytes:
        parts = []
        for path, direction in columns:
            keys = column_keys(document, path)
            parts.append(min(keys) if direction > 0 else inverse(max(keys)))
        return b"".join(parts)

    return key


def sorted_by(rows: Iterable[Document], sort: Sequence[tuple[str, int]], limit: int = 0) -> list[Document]:
    """The rows in order, only the first `limit` (0: all); holds no more than it returns."""
    key = sort_key(sort)
    return heapq.nsmallest(limit, rows, key=key) if limit else sorted(rows, key=key)
