"""The asynchronous face of a database whose work happens in worker threads: the same for every adapter."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from relay.store.interface import (
    BulkResult,
    Document,
    Filter,
    Newest,
    Operation,
    Pipeline,
    Projection,
    Sort,
    SyncDatabase,
    Update,
    UpdateResult,
)

T = TypeVar("T")
Work = Callable[[SyncDatabase], T]


class Runner(Protocol):
    """Runs one verb in a worker thread."""

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which changes nothing; a cancelled caller does not wait for it."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run `work` to its end, whole or not at all."""
        ...


class ThreadedCollection:
    """A Collection: each verb is the synchronous one of the same name, run by `runner`."""

    def __init__(self, runner: Runner, name: str) -> None:
        self._runner = runner
        self._name = name

    async def insert_one(self, document: Document) -> None:
        await self._runner.write(lambda database: database.collection(self._name).insert_one(document))

    async def insert_many(self, documents: Sequence[Document]) -> None:
        await self._runner.write(lambda database: database.collection(self._name).insert_many(documents))

    async def find_one(
        self, where: Filter, *, sort: Sort = (), projection: Projection | None = None
    ) -> Document | None:
        return await self._runner.read(
            lambda database: database.collection(self._name).find_one(where, sort=sort, projection=projection)
        )

    async def find(
        self, where: Filter, *, sort: Sort = (), skip: int = 0, limit: int = 0, projection: Projection | None = None
    ) -> list[Document]:
        return await self._runner.read(
            lambda database: database.collection(self._name).find(
                where, sort=sort, skip=skip, limit=limit, projection=projection
            )
        )

    async def newest(self, where: Filter, path: str, *, limit: int, examine: int) -> Newest:
        return await self._runner.read(
            lambda database: database.collection(self._name).newest(where, path, limit=limit, examine=examine)
        )

    async def count(self, where: Filter) -> int:
        return await self._runner.read(lambda database: database.collection(self._name).count(where))

    async def distinct(self, path: str, where: Filter) -> list[Any]:
        return await self._runner.read(lambda database: database.collection(self._name).distinct(path, where))

    async def aggregate(self, pipeline: Pipeline) -> list[Document]:
        return await self._runner.read(lambda database: database.collection(self._name).aggregate(pipeline))

    async def update_one(self, where: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        return await self._runner.write(
            lambda database: database.collection(self._name).update_one(where, update, upsert=upsert)
        )

    async def update_many(self, where: Filter, update: Update) -> UpdateResult:
        return await self._runner.write(lambda database: database.collection(self._name).update_many(where, update))

    async def replace_one(self, where: Filter, document: Document, *, upsert: bool = False) -> UpdateResult:
        return await self._runner.write(
            lambda database: database.collection(self._name).replace_one(where, document, upsert=upsert)
        )

    async def delete_one(self, where: Filter) -> int:
        return await self._runner.write(lambda database: database.collection(self._name).delete_one(where))

    async def delete_many(self, where: Filter) -> int:
        return await self._runner.write(lambda database: database.collection(self._name).delete_many(where))

    async def find_one_and_update(
        self, where: Filter, update: Update, *, sort: Sort = (), upsert: bool = False, return_new: bool = True
    ) -> Document | None:
        return await self._runner.write(
            lambda database: database.collection(self._name).find_one_and_update(
                where, update, sort=sort, upsert=upsert, return_new=return_new
            )
        )

    async def find_one_and_delete(self, where: Filter, *, sort: Sort = ()) -> Document | None:
        return await self._runner.write(
            lambda database: database.collection(self._name).find_one_and_delete(where, sort=sort)
        )

    async def bulk_write(self, operations: Sequence[Operation]) -> BulkResult:
        return await self._runner.write(lambda database: database.collection(self._name).bulk_write(operations))
