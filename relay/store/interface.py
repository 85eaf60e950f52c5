"""The face of the store: what services may ask, whichever adapter answers.

Shapes follow pymongo. Rules of every adapter:

1. `_id` is a string and never changes; a document is made of None, bool, int, float, str, bytes, datetime, list, dict.
2. Times are UTC in whole milliseconds: truncated when written, aware when read; a naive one is taken as UTC.
3. What is not on the allow-list (relay/store/guard.py) raises UnsupportedQuery before anything runs.
4. A write that returns is durable. Sorting by a list is undefined; equal sort keys come in any order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

Document = dict[str, Any]
Filter = Mapping[str, Any]
Update = Mapping[str, Mapping[str, Any]]
Sort = Sequence[tuple[str, int]]
Projection = Mapping[str, int]
Pipeline = Sequence[Mapping[str, Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What an update or replacement did; `modified` leaves out documents that were already so."""

    matched: int
    modified: int
    upserted_id: str | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk write did, in documents."""

    inserted: int = 0
    matched: int = 0
    modified: int = 0
    upserted: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Newest:
    """The last matches by time; `stopped_at`: everything from then on was looked at and nothing before (None: all)."""

    documents: list[Document]
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InsertOne:
    """Insert `document`."""

    document: Document


@dataclass(frozen=True, slots=True)
class UpdateOne:
    """Apply `update` to one match."""

    filter: Filter
    update: Update
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class UpdateMany:
    """Apply `update` to every match."""

    filter: Filter
    update: Update


@dataclass(frozen=True, slots=True)
class ReplaceOne:
    """Put `document` in the place of one match."""

    filter: Filter
    document: Document
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class DeleteOne:
    """Delete one match."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class DeleteMany:
    """Delete every match."""

    filter: Filter


Operation = InsertOne | UpdateOne | UpdateMany | ReplaceOne | DeleteOne | DeleteMany


class Collection(Protocol):
    """One collection, from trio. Every verb may raise UnsupportedQuery, StoreUnavailable and (where strict) NoIndex."""

    async def insert_one(self, document: Document) -> None:
        """Store `document`. Raises Duplicate, BadDocument, StoreFull."""
        ...

    async def insert_many(self, documents: Sequence[Document]) -> None:
        """Store all of `documents` or none. Raises as insert_one."""
        ...

    async def find_one(
        self, where: Filter, *, sort: Sort = (), projection: Projection | None = None
    ) -> Document | None:
        """The first match, or None."""
        ...

    async def find(
        self,
        where: Filter,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        projection: Projection | None = None,
    ) -> list[Document]:
        """The matches after `skip`, at most `limit` (0: all)."""
        ...

    async def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest:
        """The last `limit` matches by (path, _id), where `path` is a time every document has and an index ends in.

        Bounded: the embedded adapter stops after reading some `examine` documents, and says where.
        """
        ...

    async def count(self, where: Filter) -> int:
        """How many documents match."""
        ...

    async def distinct(self, path: str, where: Filter) -> list[Any]:
        """The values at `path` over all matches, each once, in order; lists count by their items."""
        ...

    async def aggregate(self, pipeline: Pipeline) -> list[Document]:
        """Run $match $group $sort $skip $limit $project $unwind $count $facet $lookup."""
        ...

    async def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        """Change one match. An upsert must name its `_id`. Raises Duplicate, BadUpdate."""
        ...

    async def update_many(self, where: Filter, update: Update) -> UpdateResult:
        """Change every match, or none when one of them refuses."""
        ...

    async def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        """Replace one match, which keeps its `_id`."""
        ...

    async def delete_one(self, where: Filter) -> int:
        """Delete one match; returns how many went."""
        ...

    async def delete_many(self, where: Filter) -> int:
        """Delete every match; returns how many went."""
        ...

    async def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        """Change the first match in one step; returns it after (or before) the change, None when nothing matched."""
        ...

    async def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        """Delete the first match in one step and return it."""
        ...

    async def bulk_write(self, operations: Sequence[Operation]) -> BulkResult:
        """Run `operations` in order, all or none."""
        ...


class SyncCollection(Protocol):
    """The same verbs inside `Database.transact`, where the whole callback runs in one worker thread."""

    def insert_one(self, document: Document) -> None: ...
    def insert_many(self, documents: Sequence[Document]) -> None: ...
    def find_one(self, where: Filter, *, sort: Sort = (), projection: Projection | None = None) -> Document | None: ...
    def find(
        self,
        where: Filter,
        *,
        sort: Sort = (),
        skip: int = 0,
        limit: int = 0,
        projection: Projection | None = None,
    ) -> list[Document]: ...
    def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest: ...
    def count(self, where: Filter) -> int: ...
    def distinct(self, path: str, where: Filter) -> list[Any]: ...
    def aggregate(self, pipeline: Pipeline) -> list[Document]: ...
    def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult: ...
    def update_many(self, where: Filter, update: Update) -> UpdateResult: ...
    def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult: ...
    def delete_one(self, where: Filter) -> int: ...
    def delete_many(self, where: Filter) -> int: ...
    def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None: ...
    def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None: ...
    def bulk_write(self, operations: Sequence[Operation]) -> BulkResult: ...


class SyncDatabase(Protocol):
    """What a transaction's callback is given."""

    def collection(self, name: str) -> SyncCollection: ...


class Database(Protocol):
    """An open database."""

    def collection(self, name: str) -> Collection:
        """The collection `name`. Raises UnsupportedQuery when the schema does not declare it."""
        ...

    async def transact(self, work: Callable[[SyncDatabase], T]) -> T:
        """Run `work` whole in one worker thread and one transaction; what it raises rolls back and is raised here.

        `work` may run again after a conflict (MongoDB): it must have no effect outside the database.
        """
        ...

    async def insert_each(self, rows: Sequence[tuple[str, Document]]) -> list[Exception | None]:
        """Insert (collection, document) rows together; a row that cannot be stored does not sink the others.

        Returns each row's Duplicate or BadDocument, or None; raises when nothing could be stored at all.
        """
        ...

    async def expire(self, now: datetime) -> int:
        """Delete what the TTL indexes say is over at `now`; returns how many documents went."""
        ...

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StoreUnavailable."""
        ...

    async def close(self) -> None:
        """Let go of files, locks and connections; later calls raise StoreUnavailable."""
        ...
