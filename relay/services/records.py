"""Between domain records and documents, and the filters that keep a query inside what an actor may see."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from relay.domain.access import Actor
from relay.domain.errors import Forbidden, Invalid
from relay.domain.paging import Page, PageRequest
from relay.store.interface import Collection, Document, Filter, Projection, Sort

R = TypeVar("R")

EVERY_TENANT: Filter = {"tenant_id": {"$gte": ""}}
"""All organizations, written so that indexes beginning with tenant_id still serve it. Super admins only."""

MAX_SEARCH_CHARS = 200

IDS_AT_ONCE = 500
"""Half of what the store allows in one `$in`."""


def to_document(record: Any, **more: Any) -> Document:
    """The document of a record: its fields, `id` as `_id`, and `more` (folded copies, secrets' hashes)."""
    document: Document = msgspec.to_builtins(record, builtin_types=(datetime, bytes))
    document["_id"] = document.pop("id")
    return {**document, "version": 1, **more}


def read(kind: type[R], document: Mapping[str, Any]) -> R:
    """The record in a document; fields it does not know are left alone."""
    return msgspec.convert({**document, "id": document["_id"]}, kind)


def find_record(kind: type[R], document: Mapping[str, Any] | None) -> R | None:
    """As `read`, for what may be absent."""
    return None if document is None else read(kind, document)


def tenant_filter(actor: Actor, asked: str | None = None) -> Filter:
    """The organizations a list covers: the actor's, or for a super admin all or the one asked for. Raises Forbidden."""
    if actor.is_super_admin:
        return {"tenant_id": asked} if asked else EVERY_TENANT
    if asked and asked != actor.tenant_id:
        raise Forbidden("Access denied to this tenant")
    return {"tenant_id": actor.tenant_id}


def containing(text: str, *, field: str = "search") -> Filter:
    """A condition: the value contains this text literally, whatever its case. Raises Invalid when it is too long."""
    if len(text) > MAX_SEARCH_CHARS:
        raise Invalid(f"{field} must be at most {MAX_SEARCH_CHARS} characters")
    return {"$regex": re.escape(text), "$options": "i"}


def one_of(path: str, values: Iterable[str]) -> Filter:
    """A filter: `path` is one of any number of values (one `$in` takes a bounded list)."""
    parts = [{path: {"$in": list(chunk)}} for chunk in batched_ids(values)]
    return {"$or": parts} if parts else {path: {"$in": []}}


def batched_ids(values: Iterable[str]) -> Iterable[Sequence[str]]:
    """The values, each once, in portions an `$in` takes."""
    unique = sorted(set(values))
    return [unique[start : start + IDS_AT_ONCE] for start in range(0, len(unique), IDS_AT_ONCE)]


async def find_page(
    collection: Collection,
    where: Filter,
    kind: type[R],
    asked: PageRequest,
    *,
    sort: Sort,
    projection: Projection | None = None,
) -> Page[R]:
    """One page of records and how many match in all; `projection` leaves out large fields that have a default."""
    documents = await collection.find(where, sort=sort, skip=asked.skip, limit=asked.limit, projection=projection)
    total = asked.skip + len(documents)
    if len(documents) == asked.limit or not documents:
        total = await collection.count(where)
    return Page(items=[read(kind, each) for each in documents], total=total, page=asked.page, limit=asked.limit)
