"""The verbs of a collection over its SQLite tables, inside one transaction on one connection.

Expects arguments that relay/store/guarded.py has checked and cleaned. A verb happens whole or not at all.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from relay.store import reading
from relay.store.catalog import Layout
from relay.store.connection import savepoint
from relay.store.errors import BadUpdate, StoreError
from relay.store.interface import (
    BulkResult,
    Document,
    Filter,
    Newest,
    Operation,
    Pipeline,
    Projection,
    Sort,
    Update,
    UpdateResult,
)
from relay.store.keys import ABSENT, key_of
from relay.store.operations import run_all
from relay.store.paths import values, with_items
from relay.store.pipeline import run_pipeline
from relay.store.projection import project
from relay.store.tables import Row, Tables
from relay.store.updates import apply_update, seed_of_upsert, updated


class Session:
    """One transaction. `failure` is the first write that was refused: what follows it must not be committed."""

    def __init__(self, connection: sqlite3.Connection, layout: Layout) -> None:
        self.connection = connection
        self.layout = layout
        self.failure: StoreError | None = None

    def collection(self, name: str) -> "SqliteCollection":
        """The collection `name`, which is declared."""
        return SqliteCollection(self, self.layout[name])

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """One writing verb."""
        try:
            with savepoint(self.connection):
                yield self.connection
        except StoreError as error:
            self.failure = self.failure or error
            raise


class SqliteCollection:
    """A SyncCollection over SQLite."""

    def __init__(self, session: Session, tables: Tables) -> None:
        self._session = session
        self._tables = tables

    def insert_one(self, document: Document) -> None:
        with self._session.step() as connection:
            self._tables.insert(connection, document)

    def insert_many(self, documents: Sequence[Document]) -> None:
        with self._session.step() as connection:
            for document in documents:
                self._tables.insert(connection, document)

    def find_one(self, where: Filter, *, sort: Sort = (), projection: Projection | None = None) -> Document | None:
        return next(iter(self.find(where, sort=sort, limit=1, projection=projection)), None)

    def find(
        self, where: Filter, *, sort: Sort = (), skip: int = 0, limit: int = 0, projection: Projection | None = None
    ) -> list[Document]:
        return [project(document, projection) for _, document in self._rows(where, sort, skip=skip, limit=limit)]

    def _rows(self, where: Filter, sort: Sort = (), *, skip: int = 0, limit: int = 0) -> Iterator[Row]:
        return reading.matching(self._session.connection, self._tables, where, sort, skip=skip, limit=limit)

    def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest:
        connection = self._session.connection
        return reading.newest(connection, self._tables, where, path, limit=limit, examine=examine)

    def count(self, where: Filter) -> int:
        return reading.count(self._session.connection, self._tables, where)

    def distinct(self, path: str, where: Filter) -> list[Any]:
        parts, found = path.split("."), {}
        for _, document in self._rows(where):
            for value in with_items(values(document, parts)):
                if value is not ABSENT and not isinstance(value, list):
                    found[key_of(value)] = value
        return list(found.values())

    def aggregate(self, pipeline: Pipeline) -> list[Document]:
        return run_pipeline(pipeline, self, self._session.collection)

    def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        with self._session.step() as connection:
            row = next(self._rows(where, limit=1), None)
            if row is not None:
                return UpdateResult(1, int(self._change(connection, row, updated(row[1], update))))
            if not upsert:
                return UpdateResult(0, 0)
            return UpdateResult(0, 0, self._upsert(connection, where, update)["_id"])

    def _change(self, connection: sqlite3.Connection, row: Row, document: Document) -> bool:
        return self._tables.replace(connection, row[0], row[1], document)

    def _upsert(self, connection: sqlite3.Connection, where: Filter, update: Update) -> Document:
        document = apply_update(seed_of_upsert(where), update, inserting=True)
        document = {"_id": document["_id"], **document}
        self._tables.insert(connection, document)
        return document

    def update_many(self, where: Filter, update: Update) -> UpdateResult:
        with self._session.step() as connection:
            rows = self._each(where)
            changes = [self._change(connection, row, updated(row[1], update)) for row in rows]
            return UpdateResult(len(changes), sum(changes))

    def _each(self, where: Filter) -> Iterator[Row]:
        """Every match, read again one by one, so that changing them meanwhile is safe and memory stays small."""
        for rid in [rid for rid, _ in self._rows(where)]:
            yield rid, self._tables.load(self._session.connection, rid)

    def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        with self._session.step() as connection:
            row = next(self._rows(where, limit=1), None)
            if row is not None:
                return UpdateResult(1, int(self._change(connection, row, _in_place_of(row[1], document))))
            if not upsert:
                return UpdateResult(0, 0)
            self._tables.insert(connection, document)
            return UpdateResult(0, 0, document["_id"])

    def delete_one(self, where: Filter) -> int:
        return int(self.find_one_and_delete(where) is not None)

    def delete_many(self, where: Filter) -> int:
        with self._session.step() as connection:
            deleted = 0
            for rid, document in self._each(where):
                self._tables.delete(connection, rid, document)
                deleted += 1
            return deleted

    def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        with self._session.step() as connection:
            row = next(self._rows(where, sort, limit=1), None)
            if row is None:
                inserted = self._upsert(connection, where, update) if upsert else None
                return inserted if return_new else None
            changed = updated(row[1], update)
            self._change(connection, row, changed)
            return changed if return_new else row[1]

    def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        with self._session.step() as connection:
            row = next(self._rows(where, sort, limit=1), None)
            if row is None:
                return None
            self._tables.delete(connection, *row)
            return row[1]

    def bulk_write(self, operations: Sequence[Operation]) -> BulkResult:
        with self._session.step():
            return run_all(self, operations)


def _in_place_of(old: Document, document: Document) -> Document:
    if document.get("_id", old["_id"]) != old["_id"]:
        raise BadUpdate("_id never changes")
    return {"_id": old["_id"], **document}
