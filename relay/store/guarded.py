"""The guard in front of every adapter: checks each verb against the allow-list, cleans what is written, and where
indexes are strict refuses what would read a whole collection."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from relay.store.codec import clean, clean_document
from relay.store.errors import BadDocument, NoIndex, UnsupportedQuery
from relay.store.guard import check_filter, check_path, check_projection, check_sort, check_window
from relay.store.interface import (
    BulkResult,
    Document,
    Filter,
    InsertOne,
    Newest,
    Operation,
    Pipeline,
    Projection,
    ReplaceOne,
    Sort,
    SyncCollection,
    SyncDatabase,
    Update,
    UpdateMany,
    UpdateOne,
    UpdateResult,
)
from relay.store.keys import key_of
from relay.store.pipeline_guard import check_pipeline
from relay.store.planner import flatten, make_newest_plan, make_plan
from relay.store.schema import CollectionSchema, Schema
from relay.store.substrings import plan_substrings
from relay.store.update_guard import check_update, check_upsert


@dataclass(frozen=True, slots=True)
class GuardedDatabase:
    """A SyncDatabase whose collections are guarded."""

    database: SyncDatabase
    schema: Schema
    strict: bool

    def collection(self, name: str) -> SyncCollection:
        """The collection `name`. Raises UnsupportedQuery when it is not declared."""
        return GuardedCollection(
            self.database.collection(declared(self.schema, name).name), self.schema, name, self.strict
        )


def declared(schema: Schema, name: str) -> CollectionSchema:
    """The declaration of `name`. Raises UnsupportedQuery."""
    try:
        return schema.collection(name)
    except KeyError:
        raise UnsupportedQuery(f"collection {name} is not declared") from None


class GuardedCollection:
    """A SyncCollection that lets pass to `engine` only what every engine answers alike."""

    def __init__(self, engine: SyncCollection, schema: Schema, name: str, strict: bool) -> None:
        self._engine = engine
        self._schema = schema
        self._declared = declared(schema, name)
        self._strict = strict and not self._declared.scan_ok

    def _check(self, where: Filter, sort: Sort = (), limit: int = 0) -> None:
        check_filter(where, text=self._declared.text_index is not None)
        if sort:
            check_sort(sort)
        if self._strict:
            self._check_index(where, sort, limit)

    def _check_index(self, where: Filter, sort: Sort, limit: int) -> None:
        if "$text" in where or plan_substrings(self._declared, flatten(where)):
            return
        plan = make_plan(self._declared, where, sort, lambda _index: False)
        if plan is None or not (plan.narrows or (limit and not where)):
            raise NoIndex(f"{self._declared.name} has no index for {sorted(where)}")

    def insert_one(self, document: Document) -> None:
        self._engine.insert_one(clean_document(document))

    def insert_many(self, documents: Sequence[Document]) -> None:
        cleaned = [clean_document(document) for document in documents]
        if cleaned:
            self._engine.insert_many(cleaned)

    def find_one(self, where: Filter, *, sort: Sort = (), projection: Projection | None = None) -> Document | None:
        return next(iter(self.find(where, sort=sort, limit=1, projection=projection)), None)

    def find(
        self, where: Filter, *, sort: Sort = (), skip: int = 0, limit: int = 0, projection: Projection | None = None
    ) -> list[Document]:
        self._check(where, sort, limit)
        check_window(skip, limit)
        if projection is not None:
            check_projection(projection)
        return self._engine.find(where, sort=sort, skip=skip, limit=limit, projection=projection)

    def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest:
        check_filter(where)
        check_path(path)
        check_window(examine, limit)
        if not limit or not examine:
            raise UnsupportedQuery("the newest of something are at least one, and one must be looked at")
        declared = self._declared.substrings
        if declared is None or declared.newest != path or plan_substrings(self._declared, flatten(where)) is None:
            self._check_order(where, path)
        return self._engine.newest(where, path, limit=limit, examine=examine)

    def _check_order(self, where: Filter, path: str) -> None:
        if make_newest_plan(self._declared, where, path, lambda _index: False) is None:
            raise NoIndex(f"{self._declared.name} has no index by {path} for {sorted(where)}")

    def count(self, where: Filter) -> int:
        self._check(where)
        return self._engine.count(where)

    def distinct(self, path: str, where: Filter) -> list[Any]:
        check_path(path)
        self._check(where)
        return sorted(self._engine.distinct(path, where), key=key_of)

    def aggregate(self, pipeline: Pipeline) -> list[Document]:
        check_pipeline(pipeline, text=self._declared.text_index is not None)
        self._check(pipeline[0].get("$match", {}) if pipeline else {})
        for stage in pipeline:
            if "$lookup" in stage:
                declared(self._schema, stage["$lookup"]["from"])
        return self._engine.aggregate(pipeline)

    def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        self._check_update(where, update, upsert)
        return self._engine.update_one(where, update, upsert=upsert)

    def _check_update(self, where: Filter, update: Update, upsert: bool) -> None:
        self._check(where)
        check_update(update)
        if upsert:
            check_upsert(where, update.get("$setOnInsert", {}))

    def update_many(self, where: Filter, update: Update) -> UpdateResult:
        self._check_update(where, update, upsert=False)
        return self._engine.update_many(where, update)

    def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        return self._engine.replace_one(where, self._replacement(where, document, upsert), upsert=upsert)

    def _replacement(self, where: Filter, document: Document, upsert: bool) -> Document:
        self._check(where)
        if upsert:
            check_upsert(where, document)
            asked = where.get("_id")
            return clean_document({"_id": asked["$eq"] if isinstance(asked, dict) else asked, **document})
        replacement: Document = clean(document)
        if not isinstance(replacement.get("_id", ""), str):
            raise BadDocument("a document has a string _id")
        return replacement

    def delete_one(self, where: Filter) -> int:
        self._check(where)
        return self._engine.delete_one(where)

    def delete_many(self, where: Filter) -> int:
        self._check(where)
        return self._engine.delete_many(where)

    def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        self._check_update(where, update, upsert)
        self._check(where, sort)
        return self._engine.find_one_and_update(where, update, sort=sort, upsert=upsert, return_new=return_new)

    def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        self._check(where, sort)
        return self._engine.find_one_and_delete(where, sort=sort)

    def bulk_write(self, operations: Sequence[Operation]) -> BulkResult:
        checked = [self._checked(operation) for operation in operations]
        return self._engine.bulk_write(checked) if checked else BulkResult()

    def _checked(self, operation: Operation) -> Operation:
        if isinstance(operation, InsertOne):
            return InsertOne(clean_document(operation.document))
        if isinstance(operation, ReplaceOne):
            document = self._replacement(operation.filter, operation.document, operation.upsert)
            return replace(operation, document=document)
        if isinstance(operation, UpdateOne | UpdateMany):
            upsert = isinstance(operation, UpdateOne) and operation.upsert
            self._check_update(operation.filter, operation.update, upsert)
        else:
            self._check(operation.filter)
        return operation
