"""The MongoDB adapter beyond the contract: what the server says when things go wrong, and what we ask of it."""

import socket
from collections.abc import Callable, Iterator

import pytest

from relay.store import mongo
from relay.store.errors import (
    BadDocument,
    Duplicate,
    NewerSchema,
    StoreFull,
    StoreUnavailable,
    UnsupportedQuery,
)
from relay.store.interface import Database, InsertOne, SyncDatabase
from relay.store.mongo import open_mongo
from relay.store.schema import CollectionSchema, Index, Schema
from tests.store.mongo_server import MongoServer
from tests.store.schemas import TEST_SCHEMA
from tests.surroundings import MONGODB_URI

Start = Callable[..., MongoServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers that are stopped afterwards."""
    servers: list[MongoServer] = []

    def begin(*, standalone: bool = False, schema: Schema = TEST_SCHEMA) -> MongoServer:
        servers.append(MongoServer(schema, standalone=standalone))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def test_the_contract_ran_on_a_real_mongodb() -> None:
    if not MONGODB_URI:
        pytest.skip("MONGODB_URI is not set: the contract ran on SQLite and on our own wire server, not on MongoDB")


async def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "TIMEOUT_MS", 200)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await open_mongo(f"mongodb://127.0.0.1:{unused.getsockname()[1]}/x", TEST_SCHEMA)


async def test_a_closed_database_is_unavailable(start: Start) -> None:
    opened = await open_mongo(start().uri, TEST_SCHEMA)
    await opened.ping()
    await opened.close()
    with pytest.raises(StoreUnavailable):
        await opened.ping()
    with pytest.raises(StoreUnavailable):
        await opened.collection("plain").find({})


async def test_a_refused_query_never_reaches_the_server(start: Start) -> None:
    server = start()
    opened = await open_mongo(server.uri, TEST_SCHEMA)
    server.commands.clear()
    with pytest.raises(UnsupportedQuery):
        await opened.collection("plain").find({"$where": "1"})
    with pytest.raises(UnsupportedQuery):
        opened.collection("undeclared")
    assert "find" not in server.commands
    await opened.close()


def work(session: SyncDatabase) -> int:
    session.collection("plain").insert_one({"_id": "1"})
    return session.collection("plain").count({})


async def test_a_conflict_runs_a_transaction_again(start: Start) -> None:
    server = start()
    opened = await open_mongo(server.uri, TEST_SCHEMA)
    conflict = {"code": 112, "errmsg": "write conflict", "errorLabels": ["TransientTransactionError"]}
    server.refuse_next["insert"] = conflict
    assert await opened.transact(work) == 1
    assert server.commands.count("insert") == 2
    server.refuse_next["commitTransaction"] = {**conflict, "errorLabels": ["UnknownTransactionCommitResult"]}
    assert await opened.transact(lambda session: session.collection("plain").delete_one({"_id": "1"})) == 1
    await opened.close()


async def test_a_standalone_server_has_no_transactions(start: Start) -> None:
    opened = await open_mongo(start(standalone=True).uri, TEST_SCHEMA)
    with pytest.raises(StoreUnavailable, match="replica set"):
        await opened.transact(work)
    await opened.collection("plain").insert_many([{"_id": "1"}, {"_id": "2"}])
    with pytest.raises(Duplicate):
        await opened.collection("plain").bulk_write([InsertOne({"_id": "3"}), InsertOne({"_id": "1"})])
    assert await opened.collection("plain").distinct("_id", {}) == ["1", "2", "3"]
    await opened.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"code": 14031, "errmsg": "out of disk space"}, StoreFull),
        ({"code": 13, "errmsg": "not authorized"}, StoreUnavailable),
        ({"code": 17419, "errmsg": "too large"}, BadDocument),
        ({"code": 11000, "errmsg": "dup", "keyPattern": {"a": 1, "b.c": -1}}, Duplicate),
    ],
)
async def test_a_refusal_of_the_server(start: Start, answer: dict[str, object], expected: type[Exception]) -> None:
    server = start()
    opened = await open_mongo(server.uri, TEST_SCHEMA)
    server.refuse_next["findAndModify"] = answer
    with pytest.raises(expected) as refused:
        await opened.collection("plain").find_one_and_delete({"_id": "1"})
    if isinstance(refused.value, Duplicate):
        assert refused.value.index == "a_1_b.c_-1"
    await opened.close()


async def test_a_filter_that_cannot_be_encoded(start: Start) -> None:
    opened = await open_mongo(start().uri, TEST_SCHEMA)
    with pytest.raises(BadDocument):
        await opened.collection("plain").find({"a": "\ud800"})
    await opened.close()


def declare(version: int, *indexes: Index) -> Schema:
    return Schema(version=version, collections=(CollectionSchema(name="plain", indexes=indexes, scan_ok=True),))


NAME, AGE = Index(fields=(("name", 1),), partial={"f": True}), Index(fields=(("age", 1),), sparse=True, unique=True)


async def reopened(server: MongoServer, schema: Schema) -> None:
    database: Database = await open_mongo(server.uri, schema)
    await database.close()


async def test_a_newer_database_is_left_alone(start: Start) -> None:
    server = start()
    await reopened(server, declare(7, NAME))
    server.commands.clear()
    with pytest.raises(NewerSchema, match=r"version 7.*knows 6"):
        await open_mongo(server.uri, declare(6))
    assert not {"create", "createIndexes", "dropIndexes", "update"} & set(server.commands)


async def test_our_own_old_indexes_are_dropped(start: Start) -> None:
    server = start()
    await reopened(server, declare(1, NAME, AGE))
    server.indexes.add("plain/theirs")
    await reopened(server, declare(1, AGE))
    assert server.indexes == {"plain/age_1", "plain/theirs"}
    server.indexes.clear()
    await reopened(server, declare(1))
    assert server.indexes == set()


async def test_a_changed_index_is_made_anew(start: Start) -> None:
    server = start()
    await reopened(server, declare(1, NAME))
    server.refuse_next["createIndexes"] = {"code": 86, "errmsg": "other options"}
    server.commands.clear()
    await reopened(server, declare(1, NAME))
    assert [each for each in server.commands if each.endswith("Indexes")] == [
        "createIndexes",
        "dropIndexes",
        "createIndexes",
    ]
    server.refuse_next["createIndexes"] = {"code": 13, "errmsg": "not authorized"}
    with pytest.raises(StoreUnavailable):
        await open_mongo(server.uri, declare(1, NAME))
    server.refuse_next["dropIndexes"] = {"code": 13, "errmsg": "not authorized"}
    with pytest.raises(StoreUnavailable):
        await open_mongo(server.uri, declare(1))


async def test_a_server_that_fails_fails_a_whole_group(start: Start) -> None:
    server = start()
    opened = await open_mongo(server.uri, TEST_SCHEMA)
    server.refuse_next["insert"] = {"code": 13, "errmsg": "not authorized"}
    with pytest.raises(StoreUnavailable):
        await opened.insert_each([("plain", {"_id": "1"}), ("plain", {"_id": "2"})])
    await opened.close()
