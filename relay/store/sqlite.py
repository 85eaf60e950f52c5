"""The embedded adapter: a Database over one SQLite file, its work in a few worker threads.

Flow: one writer at a time, in the order of asking; reads beside it on their own connections, each on one state of the
database. A cancelled read is left to its thread; a cancelled write runs to its end first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import trio

from relay.store import expiry
from relay.store.engine import Session
from relay.store.errors import BadDocument, Duplicate, UnsupportedQuery
from relay.store.guarded import GuardedDatabase, declared
from relay.store.interface import Collection, Database, Document, SyncDatabase
from relay.store.schema import Schema
from relay.store.sqlite_file import SqliteFile, open_in_memory, open_path
from relay.store.threads import ThreadedCollection

T = TypeVar("T")

THREADS = 4
"""Worker threads at once: more of them only queue behind one another on two cores."""


class SqliteDatabase:
    """An open embedded database. `strict`: a query that uses no index raises NoIndex."""

    def __init__(self, file: SqliteFile, schema: Schema, *, strict: bool) -> None:
        self._file = file
        self._schema = schema
        self._strict = strict
        self._threads = trio.CapacityLimiter(THREADS)
        self._writing = trio.Lock()

    def collection(self, name: str) -> Collection:
        """The collection `name`. Raises UnsupportedQuery when it is not declared."""
        return ThreadedCollection(self, declared(self._schema, name).name)

    async def transact(self, work: Callable[[SyncDatabase], T]) -> T:
        """Run `work` in one transaction; a write that was refused rolls back all of it, even if `work` swallows it."""
        return await self.write(work)

    async def read(self, work: Callable[[SyncDatabase], T]) -> T:
        """One reading verb."""
        if self._file.reads_beside_writes:
            return await trio.to_thread.run_sync(
                self._file.read, self._guarded(work), abandon_on_cancel=True, limiter=self._threads
            )
        async with self._writing:
            return await trio.to_thread.run_sync(self._file.read, self._guarded(work), limiter=self._threads)

    async def write(self, work: Callable[[SyncDatabase], T]) -> T:
        """One writing verb, or a transaction."""
        return await self._write(self._guarded(work))

    def _guarded(self, work: Callable[[SyncDatabase], T]) -> Callable[[Session], T]:
        return lambda session: work(GuardedDatabase(session, self._schema, self._strict))

    async def _write(self, work: Callable[[Session], T]) -> T:
        async with self._writing:
            return await trio.to_thread.run_sync(self._file.write, work, limiter=self._threads)

    async def insert_each(self, rows: Sequence[tuple[str, Document]]) -> list[Exception | None]:
        """Insert what can be inserted in one transaction; see the interface."""

        def work(session: Session) -> list[Exception | None]:
            database = GuardedDatabase(session, self._schema, self._strict)
            refusals = [_refusal(database, name, document) for name, document in rows]
            session.failure = None  # each refusal is answered for itself, and has been rolled back
            return refusals

        return await self._write(work)

    async def expire(self, now: datetime) -> int:
        """Delete what the TTL indexes say is over at `now`."""
        return await expiry.expire(self, self._schema, now)

    async def ping(self) -> None:
        """Raises StoreUnavailable when the file does not answer."""
        await self.read(lambda _database: None)

    async def close(self) -> None:
        """Close the file after the last write."""
        async with self._writing:
            await trio.to_thread.run_sync(self._file.close)


def _refusal(database: GuardedDatabase, name: str, document: Document) -> Exception | None:
    try:
        database.collection(name).insert_one(document)
    except (Duplicate, BadDocument, UnsupportedQuery) as error:
        return error
    return None


async def open_sqlite(path: Path, schema: Schema, *, strict_indexes: bool = False) -> Database:
    """Open or make the database file at `path`; errors as sqlite_file.open_path."""
    file = await trio.to_thread.run_sync(open_path, path, schema)
    return SqliteDatabase(file, schema, strict=strict_indexes)


async def open_memory(schema: Schema, *, strict_indexes: bool = False) -> Database:
    """A database in memory, for tests and trials."""
    file = await trio.to_thread.run_sync(open_in_memory, schema)
    return SqliteDatabase(file, schema, strict=strict_indexes)
