"""The adapter for production: a Database over MongoDB through pymongo, its work in a few worker threads.

Every filter and update passes the same guard as on the embedded adapter, and goes to the server as it is. Several
documents change together only on a replica set (one node is enough) or behind mongos.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import trio
from pymongo import MongoClient
from pymongo.client_session import ClientSession

from relay.store import expiry
from relay.store.codec import clean_document
from relay.store.errors import BadDocument, StoreUnavailable, UnsupportedQuery
from relay.store.guarded import GuardedDatabase, declared
from relay.store.interface import Collection, Database, Document, SyncDatabase
from relay.store.mongo_engine import MongoSession, Server
from relay.store.mongo_errors import meaning_of_write, translated
from relay.store.mongo_layout import lay_out
from relay.store.schema import Schema
from relay.store.threads import ThreadedCollection

T = TypeVar("T")

THREADS = 8
"""Worker threads at once: each waits for the server most of the time."""
TIMEOUT_MS = 10_000
"""For one verb, finding a server included."""
DEFAULT_DATABASE = "fairlead"


class MongoDatabase:
    """An open database on a server. `strict`: a query that uses no index raises NoIndex."""

    def __init__(self, server: Server, schema: Schema, *, strict: bool) -> None:
        self._server = server
        self._schema = schema
        self._strict = strict
        self._threads = trio.CapacityLimiter(THREADS)

    def collection(self, name: str) -> Collection:
        """The collection `name`. Raises UnsupportedQuery when it is not declared."""
        return ThreadedCollection(self, declared(self._schema, name).name)

    def _guarded(self, session: MongoSession) -> GuardedDatabase:
        return GuardedDatabase(session, self._schema, self._strict)

    async def read(self, work: Callable[[SyncDatabase], T]) -> T:
        """One reading verb."""
        return await self._run(lambda: work(self._guarded(MongoSession(self._server))), abandon=True)

    async def write(self, work: Callable[[SyncDatabase], T]) -> T:
        """One writing verb."""
        return await self._run(lambda: work(self._guarded(MongoSession(self._server))))

    async def _run(self, work: Callable[[], T], *, abandon: bool = False) -> T:
        def run() -> T:
            with translated():
                return work()

        return await trio.to_thread.run_sync(run, abandon_on_cancel=abandon, limiter=self._threads)

    async def transact(self, work: Callable[[SyncDatabase], T]) -> T:
        """Run `work` in one transaction. Raises StoreUnavailable on a standalone server."""
        if not self._server.has_transactions:
            raise StoreUnavailable("transactions need a replica set: start mongod with --replSet, one node is enough")

        def once(raw: ClientSession) -> T:
            session = MongoSession(self._server, raw)
            result = work(self._guarded(session))
            if session.failure is not None:
                raise session.failure
            return result

        return await self._run(lambda: self._server.together(once))

    async def insert_each(self, rows: Sequence[tuple[str, Document]]) -> list[Exception | None]:
        """Insert what can be inserted, one write for each collection; see the interface."""
        return await self._run(lambda: self._insert_each(rows))

    def _insert_each(self, rows: Sequence[tuple[str, Document]]) -> list[Exception | None]:
        refusals: list[Exception | None] = [None] * len(rows)
        cleaned: dict[str, dict[int, Document]] = defaultdict(dict)
        for position, (name, document) in enumerate(rows):
            try:
                cleaned[declared(self._schema, name).name][position] = clean_document(document)
            except (BadDocument, UnsupportedQuery) as refusal:
                refusals[position] = refusal
        for name, documents in cleaned.items():
            positions = list(documents)
            collection = MongoSession(self._server).collection(name)
            for index, answer in collection.insert_unordered(list(documents.values())).items():
                refusals[positions[index]] = meaning_of_write(answer)
        return refusals

    async def expire(self, now: datetime) -> int:
        """Delete what the TTL indexes say is over at `now`."""
        return await expiry.expire(self, self._schema, now)

    async def ping(self) -> None:
        """Raises StoreUnavailable when the server does not answer."""
        await self._run(lambda: self._server.client.admin.command("ping"), abandon=True)

    async def close(self) -> None:
        """Close the connections."""
        await trio.to_thread.run_sync(self._server.client.close)


def _connect(uri: str, schema: Schema) -> Server:
    with translated():
        client: MongoClient[Document] = MongoClient(
            uri, tz_aware=True, tzinfo=UTC, timeoutMS=TIMEOUT_MS, w="majority", journal=True, appname="fairlead"
        )
        try:
            hello = client.admin.command("hello")
            server = Server(
                client=client,
                database=client.get_default_database(DEFAULT_DATABASE).name,
                has_transactions="setName" in hello or hello.get("msg") == "isdbgrid",
            )
            lay_out(client[server.database], schema)
        except BaseException:
            client.close()
            raise
        return server


async def open_mongo(uri: str, schema: Schema, *, strict_indexes: bool = False) -> Database:
    """Open the database that `uri` names (`fairlead` if it names none).

    Raises StoreUnavailable, NewerSchema; Duplicate when a new unique index does not hold over what is stored.
    """
    server = await trio.to_thread.run_sync(_connect, uri, schema)
    return MongoDatabase(server, schema, strict=strict_indexes)
