"""Aggregation stages over documents in memory. Expects a pipeline that relay/store/pipeline_guard.py has let pass.

The first `$match`, `$sort` and `$limit` go to the collection, where an index may help.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from relay.store.expressions import ACCUMULATORS, evaluate
from relay.store.interface import Document, Pipeline, Projection, Sort, SyncCollection
from relay.store.keys import ABSENT, key_of
from relay.store.matcher import compile_filter
from relay.store.paths import get, put, values, with_items
from relay.store.projection import project, sorted_by

Lookup = Callable[[str], SyncCollection]


def run_pipeline(pipeline: Pipeline, collection: SyncCollection, lookup: Lookup) -> list[Document]:
    """The answer of `pipeline` over `collection`; `lookup` finds the collections that `$lookup` names."""
    stages = list(pipeline)
    where: Mapping[str, Any] = stages.pop(0)["$match"] if _next_is(stages, "$match") else {}
    sort: Sort = list(stages.pop(0)["$sort"].items()) if _next_is(stages, "$sort") else ()
    limit: int = stages[0]["$limit"] if _next_is(stages, "$limit") else 0
    return run_stages(collection.find(where, sort=sort, limit=limit), stages, lookup)


def _next_is(stages: Sequence[Mapping[str, Any]], name: str) -> bool:
    return bool(stages) and name in stages[0]


def run_stages(documents: list[Document], stages: Pipeline, lookup: Lookup) -> list[Document]:
    """Each stage on what the one before it left."""
    for stage in stages:
        ((name, argument),) = stage.items()
        documents = STAGES[name](documents, argument, lookup)
    return documents


def _match(documents: list[Document], where: Mapping[str, Any], _lookup: Lookup) -> list[Document]:
    matches = compile_filter(where)
    return [document for document in documents if matches(document)]


def _sort(documents: list[Document], order: Mapping[str, int], _lookup: Lookup) -> list[Document]:
    return sorted_by(documents, list(order.items()))


def _skip(documents: list[Document], count: int, _lookup: Lookup) -> list[Document]:
    return documents[count:]


def _limit(documents: list[Document], count: int, _lookup: Lookup) -> list[Document]:
    return documents[:count]


def _count(documents: list[Document], name: str, _lookup: Lookup) -> list[Document]:
    return [{name: len(documents)}] if documents else []


def is_flag(value: Any) -> bool:
    """Whether a `$project` entry keeps or leaves out, rather than computes."""
    return isinstance(value, bool | int)


def _project(documents: list[Document], fields: Mapping[str, Any], _lookup: Lookup) -> list[Document]:
    flags = {path: flag for path, flag in fields.items() if is_flag(flag)}
    computed = {path: expression for path, expression in fields.items() if path not in flags}
    return [_project_one(document, flags, computed) for document in documents]


def _project_one(document: Document, flags: Projection, computed: Mapping[str, Any]) -> Document:
    if not computed:
        return project(document, flags)
    kept = project(document, {"_id": 1, **flags})
    projected = {} if set(flags) == {"_id"} and not flags["_id"] else copy.deepcopy(kept)
    for path, expression in computed.items():
        value = evaluate(expression, document)
        if value is not ABSENT:
            put(projected, path, value)
    return projected


def _unwind(documents: list[Document], argument: Any, _lookup: Lookup) -> list[Document]:
    options = argument if isinstance(argument, Mapping) else {"path": argument}
    path, keep_empty = options["path"][1:], options.get("preserveNullAndEmptyArrays", False)
    return [one for document in documents for one in _unwind_one(document, path, keep_empty)]


def _unwind_one(document: Document, path: str, keep_empty: bool) -> list[Document]:
    value = get(document, path)
    if not isinstance(value, list):
        return [document] if keep_empty or value not in (None, ABSENT) else []
    if not value:
        return [document] if keep_empty else []
    unwound = []
    for item in value:
        one = copy.deepcopy(document)
        put(one, path, item)
        unwound.append(one)
    return unwound


def _group(documents: list[Document], argument: Mapping[str, Any], _lookup: Lookup) -> list[Document]:
    groups: dict[bytes, tuple[Any, list[Document]]] = {}
    for document in documents:
        identity = evaluate(argument["_id"], document)
        identity = None if identity is ABSENT else identity
        groups.setdefault(key_of(identity), (identity, []))[1].append(document)
    fields = {name: spec for name, spec in argument.items() if name != "_id"}
    return [
        {"_id": identity, **{name: _accumulate(spec, members) for name, spec in fields.items()}}
        for identity, members in groups.values()
    ]


def _accumulate(spec: Mapping[str, Any], members: list[Document]) -> Any:
    ((name, expression),) = spec.items()
    return ACCUMULATORS[name]([evaluate(expression, member) for member in members])


def _facet(documents: list[Document], argument: Mapping[str, Pipeline], lookup: Lookup) -> list[Document]:
    return [{name: run_stages(documents, stages, lookup) for name, stages in argument.items()}]


def _lookup(documents: list[Document], argument: Mapping[str, str], lookup: Lookup) -> list[Document]:
    other, local = lookup(argument["from"]), argument["localField"].split(".")
    joined = []
    for document in documents:
        wanted = [value for value in with_items(values(document, local)) if not isinstance(value, list)]
        found = other.find({argument["foreignField"]: {"$in": [None if item is ABSENT else item for item in wanted]}})
        one = copy.deepcopy(document)
        put(one, argument["as"], found)
        joined.append(one)
    return joined


STAGES: Mapping[str, Callable[[list[Document], Any, Lookup], list[Document]]] = {
    "$match": _match,
    "$sort": _sort,
    "$skip": _skip,
    "$limit": _limit,
    "$count": _count,
    "$project": _project,
    "$unwind": _unwind,
    "$group": _group,
    "$facet": _facet,
    "$lookup": _lookup,
}
