"""An empty database for each test, on every adapter there is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relay.store.interface import Database
from relay.store.mongo import open_mongo
from relay.store.sqlite import open_memory, open_sqlite
from tests.store.mongo_server import MongoServer
from tests.store.real_server import open_emptied
from tests.store.schemas import TEST_SCHEMA
from tests.surroundings import MONGODB_URI

ADAPTERS = ["memory", "file", "wire", *(["mongo"] if MONGODB_URI else [])]
"""Every contract test runs on each of them. `wire` is the MongoDB adapter with pymongo, on a server of our own;
test_mongo.py says so loudly where there is no real one."""


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> str:
    """The adapter under test."""
    return str(request.param)


@pytest.fixture
async def database(adapter: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with TEST_SCHEMA, where a query without an index is refused."""
    async with _open(adapter, tmp_path) as opened:
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def _open(adapter: str, directory: Path) -> AsyncIterator[Database]:
    if adapter == "memory":
        yield await open_memory(TEST_SCHEMA, strict_indexes=True)
    elif adapter == "file":
        yield await open_sqlite(directory / "data" / "store.db", TEST_SCHEMA, strict_indexes=True)
    elif adapter == "wire":
        server = MongoServer(TEST_SCHEMA)
        try:
            yield await open_mongo(server.uri, TEST_SCHEMA, strict_indexes=True)
        finally:
            server.close()
    else:
        assert MONGODB_URI
        yield await open_emptied(MONGODB_URI, TEST_SCHEMA)
