"""One organization's view of a collection: every filter and document is confined to it, and cannot name another.

This is the only way services touch documents that belong to an organization.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.store.errors import Missing, OutOfScope, Stale, UnsupportedQuery
from relay.store.interface import (
    Collection,
    Document,
    Filter,
    Pipeline,
    Projection,
    Sort,
    Update,
    UpdateResult,
)

TENANT = "tenant_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: `total` counts every match, `page` begins at 1."""

    items: list[Document]
    total: int
    page: int
    limit: int


class Scoped:
    """A Collection within one organization. A filter or update that names `tenant_id` raises OutOfScope."""

    def __init__(self, collection: Collection, tenant_id: str) -> None:
        self._collection = collection
        self.tenant_id = tenant_id

    def _confined(self, where: Filter) -> Filter:
        _refuse_tenant(where)
        return {TENANT: self.tenant_id, **where}

    def _owned(self, document: Document) -> Document:
        """The document with this organization's name on it. Raises OutOfScope when it carries another."""
        if document.get(TENANT, self.tenant_id) != self.tenant_id:
            raise OutOfScope("the document belongs to another organization")
        return {**document, TENANT: self.tenant_id}

    async def insert_one(self, document: Document) -> None:
        """Store `document` in this organization."""
        await self._collection.insert_one(self._owned(document))

    async def insert_many(self, documents: Sequence[Document]) -> None:
        """Store all of `documents` in this organization, or none."""
        await self._collection.insert_many([self._owned(document) for document in documents])

    async def get(self, identity: str, *, projection: Projection | None = None) -> Document:
        """The document with this `_id`. Raises Missing, also when it belongs to another organization."""
        document = await self.find_one({"_id": identity}, projection=projection)
        if document is None:
            raise Missing(identity)
        return document

    async def find_one(
        self, where: Filter, *, sort: Sort = (), projection: Projection | None = None
    ) -> Document | None:
        """The first match, or None."""
        return await self._collection.find_one(self._confined(where), sort=sort, projection=projection)

    async def find(
        self, where: Filter, *, sort: Sort = (), skip: int = 0, limit: int = 0, projection: Projection | None = None
    ) -> list[Document]:
        """The matches after `skip`, at most `limit` (0: all)."""
        confined = self._confined(where)
        return await self._collection.find(confined, sort=sort, skip=skip, limit=limit, projection=projection)

    async def page(self, where: Filter, *, sort: Sort, page: int, limit: int) -> Page:
        """Page number `page` (from 1) of `limit` matches; `_id` decides between equals, so no two pages overlap."""
        if page < 1 or limit < 1:
            raise UnsupportedQuery("a page and its limit begin at 1")
        order = [*sort, *([] if any(path == "_id" for path, _ in sort) else [("_id", sort[-1][1] if sort else 1)])]
        items = await self.find(where, sort=order, skip=(page - 1) * limit, limit=limit)
        return Page(items=items, total=await self.count(where), page=page, limit=limit)

    async def count(self, where: Filter) -> int:
        """How many documents match."""
        return await self._collection.count(self._confined(where))

    async def distinct(self, path: str, where: Filter) -> list[Any]:
        """The values at `path` over all matches, each once, in order."""
        return await self._collection.distinct(path, self._confined(where))

    async def aggregate(self, pipeline: Pipeline) -> list[Document]:
        """Run `pipeline` over this organization's documents; `$lookup` is refused, because it would look beyond."""
        if any("$lookup" in stage for stage in pipeline):
            raise OutOfScope("$lookup reads beyond the organization")
        stages = list(pipeline)
        where = stages.pop(0)["$match"] if stages and "$match" in stages[0] else {}
        return await self._collection.aggregate([{"$match": self._confined(where)}, *stages])

    async def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        """Change one match."""
        _refuse_moving(update)
        return await self._collection.update_one(self._confined(where), update, upsert=upsert)

    async def update_many(self, where: Filter, update: Update) -> UpdateResult:
        """Change every match, or none when one of them refuses."""
        _refuse_moving(update)
        return await self._collection.update_many(self._confined(where), update)

    async def update_version(self, identity: str, version: int, update: Update) -> Document:
        """Change the document if it still has `version`, which goes up by one; returns it after the change.

        Raises Missing when it is not there, Stale when somebody else has changed it.
        """
        if any(_root(path) == "version" for arguments in update.values() for path in arguments):
            raise UnsupportedQuery("update_version counts the version itself")
        counted = {**update, "$inc": {**update.get("$inc", {}), "version": 1}}
        document = await self.find_one_and_update({"_id": identity, "version": version}, counted)
        if document is None:
            await self.get(identity, projection={"_id": 1})
            raise Stale(identity)
        return document

    async def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        """Replace one match, which keeps its `_id` and organization."""
        return await self._collection.replace_one(self._confined(where), self._owned(document), upsert=upsert)

    async def delete_one(self, where: Filter) -> int:
        """Delete one match; returns how many went."""
        return await self._collection.delete_one(self._confined(where))

    async def delete_many(self, where: Filter) -> int:
        """Delete every match; returns how many went."""
        return await self._collection.delete_many(self._confined(where))

    async def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        """Change the first match in one step; returns it after (or before) the change."""
        _refuse_moving(update)
        confined = self._confined(where)
        return await self._collection.find_one_and_update(
            confined, update, sort=sort, upsert=upsert, return_new=return_new
        )

    async def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        """Delete the first match in one step and return it."""
        return await self._collection.find_one_and_delete(self._confined(where), sort=sort)


def _root(path: str) -> str:
    return path.split(".", 1)[0]


def _refuse_tenant(where: Filter) -> None:
    for name, asked in where.items():
        if _root(name) == TENANT:
            raise OutOfScope("a filter cannot name the organization")
        if name in ("$and", "$or", "$nor") and isinstance(asked, list | tuple):
            for part in asked:
                _refuse_tenant(part if isinstance(part, Mapping) else {})


def _refuse_moving(update: Update) -> None:
    for operator, arguments in update.items():
        targets = [*arguments, *(arguments.values() if operator == "$rename" else ())]
        if any(_root(str(path)) == TENANT for path in targets):
            raise OutOfScope("an update cannot move a document to another organization")
