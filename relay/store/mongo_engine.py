"""The verbs of a collection over pymongo, in or out of a transaction.

Expects arguments that relay/store/guarded.py has checked and cleaned. pymongo is synchronous here: its asynchronous
client knows asyncio only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection as RawCollection

from relay.store.errors import StoreError
from relay.store.interface import (
    BulkResult,
    DeleteMany,
    DeleteOne,
    Document,
    Filter,
    InsertOne,
    Newest,
    Operation,
    Pipeline,
    Projection,
    ReplaceOne,
    Sort,
    Update,
    UpdateMany,
    UpdateOne,
    UpdateResult,
)
from relay.store.mongo_errors import translated

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A client, the name of our database, and whether several documents can change together."""

    client: MongoClient[Document]
    database: str
    has_transactions: bool

    def together(self, work: Callable[[ClientSession], T]) -> T:
        """Run `work` in one transaction; pymongo runs it again after a conflict."""
        with self.client.start_session() as session:
            return session.with_transaction(work)


class MongoSession:
    """A transaction, or none. `failure` is the first refused write: the server has then ended the transaction."""

    def __init__(self, server: Server, session: ClientSession | None = None) -> None:
        self.server = server
        self.session = session
        self.failure: StoreError | None = None

    def collection(self, name: str) -> "MongoCollection":
        """The collection `name`, which is declared."""
        return MongoCollection(self, self.server.client[self.server.database][name])

    @contextmanager
    def step(self) -> Iterator[None]:
        """One verb."""
        try:
            with translated(in_transaction=self.session is not None):
                yield
        except StoreError as error:
            self.failure = self.failure or error
            raise


class MongoCollection:
    """A SyncCollection over MongoDB."""

    def __init__(self, session: MongoSession, raw: RawCollection[Document]) -> None:
        self._session = session
        self._raw = raw

    @property
    def _of(self) -> ClientSession | None:
        return self._session.session

    def _whole(self, work: Callable[[ClientSession | None], T]) -> T:
        """Several documents all or none. A standalone server cannot promise that: there it is in order, up to the first
        that is refused."""
        with self._session.step():
            if self._of is not None or not self._session.server.has_transactions:
                return work(self._of)
            return self._session.server.together(work)

    def insert_one(self, document: Document) -> None:
        with self._session.step():
            self._raw.insert_one(document, session=self._of)

    def insert_many(self, documents: Sequence[Document]) -> None:
        self._whole(lambda session: self._raw.insert_many(documents, session=session))

    def find_one(self, where: Filter, *, sort: Sort = (), projection: Projection | None = None) -> Document | None:
        return next(iter(self.find(where, sort=sort, limit=1, projection=projection)), None)

    def find(
        self, where: Filter, *, sort: Sort = (), skip: int = 0, limit: int = 0, projection: Projection | None = None
    ) -> list[Document]:
        with self._session.step():
            cursor = self._raw.find(
                where, projection, sort=list(sort) or None, skip=skip, limit=limit, session=self._of
            )
            return list(cursor)

    def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest:
        """The server reads as far as it must, for as long as one verb may take."""
        return Newest(self.find(where, sort=[(path, -1), ("_id", -1)], limit=limit))

    def count(self, where: Filter) -> int:
        with self._session.step():
            return self._raw.count_documents(where, session=self._of)

    def distinct(self, path: str, where: Filter) -> list[Any]:
        with self._session.step():
            return self._raw.distinct(path, where, session=self._of)

    def aggregate(self, pipeline: Pipeline) -> list[Document]:
        with self._session.step():
            return list(self._raw.aggregate(list(pipeline), session=self._of))

    def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        with self._session.step():
            return _result(self._raw.update_one(where, update, upsert=upsert, session=self._of))

    def update_many(self, where: Filter, update: Update) -> UpdateResult:
        return self._whole(lambda session: _result(self._raw.update_many(where, update, session=session)))

    def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        with self._session.step():
            return _result(self._raw.replace_one(where, document, upsert=upsert, session=self._of))

    def delete_one(self, where: Filter) -> int:
        with self._session.step():
            return self._raw.delete_one(where, session=self._of).deleted_count

    def delete_many(self, where: Filter) -> int:
        with self._session.step():
            return self._raw.delete_many(where, session=self._of).deleted_count

    def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        wanted = ReturnDocument.AFTER if return_new else ReturnDocument.BEFORE
        with self._session.step():
            found: Document | None = self._raw.find_one_and_update(
                where, update, sort=list(sort) or None, upsert=upsert, return_document=wanted, session=self._of
            )
            return found

    def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        with self._session.step():
            found: Document | None = self._raw.find_one_and_delete(where, sort=list(sort) or None, session=self._of)
            return found

    def bulk_write(self, operations: Sequence[Operation]) -> BulkResult:
        raw = [_raw_operation(operation) for operation in operations]
        result = self._whole(lambda session: self._raw.bulk_write(raw, session=session))
        return BulkResult(
            inserted=result.inserted_count,
            matched=result.matched_count,
            modified=result.modified_count,
            upserted=result.upserted_count,
            deleted=result.deleted_count,
        )

    def insert_unordered(self, documents: Sequence[Document]) -> dict[int, dict[str, Any]]:
        """Insert what can be inserted; returns the server's error by position for what cannot."""
        try:
            self._raw.insert_many(documents, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            return {each["index"]: each for each in error.details["writeErrors"]}
        return {}


def _result(result: pymongo.results.UpdateResult) -> UpdateResult:
    return UpdateResult(result.matched_count, result.modified_count, result.upserted_id)


RawOperation = (
    pymongo.InsertOne[Document]
    | pymongo.UpdateOne
    | pymongo.UpdateMany
    | pymongo.ReplaceOne[Document]
    | pymongo.DeleteOne
    | pymongo.DeleteMany
)


def _raw_operation(operation: Operation) -> RawOperation:
    match operation:
        case InsertOne(document):
            return pymongo.InsertOne(document)
        case UpdateOne(where, update, upsert):
            return pymongo.UpdateOne(where, update, upsert=upsert)
        case UpdateMany(where, update):
            return pymongo.UpdateMany(where, update)
        case ReplaceOne(where, document, upsert):
            return pymongo.ReplaceOne(where, document, upsert=upsert)
        case DeleteOne(where):
            return pymongo.DeleteOne(where)
        case DeleteMany(where):
            return pymongo.DeleteMany(where)
