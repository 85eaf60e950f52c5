"""An empty database for each test, on every adapter there is."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.store.interface import Database
from relay.store.sqlite import open_memory, open_sqlite
from tests.store.schemas import TEST_SCHEMA

ADAPTERS = ["memory", "file", *(["mongo"] if "MONGODB_URI" in os.environ else [])]
"""Every contract test runs on each of them; test_mongo.py says so loudly where there is no MongoDB."""


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> str:
    """The adapter under test."""
    return str(request.param)


@pytest.fixture
async def database(adapter: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with TEST_SCHEMA, where a query without an index is refused."""
    opened = await _open(adapter, tmp_path)
    try:
        yield opened
    finally:
        await opened.close()


async def _open(adapter: str, directory: Path) -> Database:
    if adapter == "memory":
        return await open_memory(TEST_SCHEMA, strict_indexes=True)
    if adapter == "file":
        return await open_sqlite(directory / "data" / "store.db", TEST_SCHEMA, strict_indexes=True)
    from tests.store.mongo_server import open_emptied  # pymongo is slow to import: only where it is used

    return await open_emptied(os.environ["MONGODB_URI"], TEST_SCHEMA)
