"""What every adapter keeps together: bulk writes, transactions, and many tasks at once."""

from functools import partial
from typing import Any

import pytest
import trio

from relay.store.errors import BadUpdate, Duplicate
from relay.store.interface import (
    BulkResult,
    Database,
    DeleteMany,
    DeleteOne,
    Document,
    InsertOne,
    ReplaceOne,
    SyncDatabase,
    UpdateMany,
    UpdateOne,
)


class Boom(Exception):
    """What a transaction's work may raise."""


async def test_a_bulk_write(database: Database) -> None:
    plain = database.collection("plain")
    result = await plain.bulk_write(
        [
            InsertOne({"_id": "1", "a": 1}),
            InsertOne({"_id": "2", "a": 1}),
            UpdateOne({"_id": "1"}, {"$set": {"a": 5}}),
            UpdateOne({"_id": "7"}, {"$set": {"a": 7}}, upsert=True),
            UpdateMany({"a": 1}, {"$inc": {"a": 1}}),
            ReplaceOne({"_id": "9"}, {"z": 1}, upsert=True),
            DeleteOne({"_id": "2"}),
            DeleteMany({"z": 1}),
        ]
    )
    assert result == BulkResult(inserted=2, matched=2, modified=2, upserted=2, deleted=2)
    assert await plain.find({}, sort=[("_id", 1)]) == [{"_id": "1", "a": 5}, {"_id": "7", "a": 7}]
    assert await plain.bulk_write([]) == BulkResult()


async def test_a_bulk_write_happens_whole_or_not_at_all(database: Database) -> None:
    email = database.collection("email")
    await email.insert_one({"_id": "1", "email": "a"})
    with pytest.raises(Duplicate):
        await email.bulk_write([DeleteOne({"_id": "1"}), InsertOne({"_id": "2"}), InsertOne({"_id": "2"})])
    with pytest.raises(BadUpdate):
        await email.bulk_write(
            [
                DeleteMany({}),
                InsertOne({"_id": "3"}),
                UpdateOne({"_id": "3"}, {"$push": {"_x.y": 1}}),
                UpdateOne({"_id": "3"}, {"$inc": {"_x": 1}}),
            ]
        )
    assert await email.find({}) == [{"_id": "1", "email": "a"}]


async def test_a_transaction_is_committed(database: Database) -> None:
    def work(session: SyncDatabase) -> int:
        plain, other = session.collection("plain"), session.collection("other")
        plain.insert_one({"_id": "1", "n": 1})
        other.insert_many([{"_id": "1"}, {"_id": "2"}])
        plain.update_one({"_id": "1"}, {"$set": {"of": other.count({})}})
        assert plain.find_one({"_id": "1"}) == {"_id": "1", "n": 1, "of": 2}
        assert other.distinct("_id", {}) == ["1", "2"]
        return 42

    assert await database.transact(work) == 42
    assert await database.collection("plain").find({}) == [{"_id": "1", "n": 1, "of": 2}]


async def test_a_transaction_is_rolled_back(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "0"})

    def work(session: SyncDatabase) -> None:
        session.collection("plain").insert_one({"_id": "1"})
        session.collection("plain").update_one({"_id": "0"}, {"$set": {"a": 1}})
        session.collection("other").insert_one({"_id": "1"})
        raise Boom

    with pytest.raises(Boom):
        await database.transact(work)
    assert await plain.find({}) == [{"_id": "0"}]
    assert await database.collection("other").count({}) == 0


async def test_a_refused_write_rolls_back_even_if_it_is_swallowed(database: Database) -> None:
    def work(session: SyncDatabase) -> None:
        email = session.collection("email")
        email.insert_one({"_id": "1", "email": "a"})
        try:
            email.insert_one({"_id": "2", "email": "a"})
        except Duplicate:
            return

    with pytest.raises(Duplicate):
        await database.transact(work)
    assert await database.collection("email").count({}) == 0


async def test_nobody_sees_half_a_transaction(database: Database) -> None:
    """Two documents always change together; a reader never finds them apart."""
    plain = database.collection("plain")
    await plain.insert_many([{"_id": "a", "n": 0}, {"_id": "b", "n": 0}])

    def work(session: SyncDatabase) -> None:
        session.collection("plain").update_one({"_id": "a"}, {"$inc": {"n": 1}})
        session.collection("plain").update_one({"_id": "b"}, {"$inc": {"n": 1}})

    async def read() -> None:
        for _ in range(20):
            first, second = await plain.find({"_id": {"$in": ["a", "b"]}})
            assert first["n"] == second["n"]

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        for _ in range(20):
            await database.transact(work)
    assert [each["n"] for each in await plain.find({})] == [20, 20]


async def together(number: int, work: Any) -> None:
    async with trio.open_nursery() as nursery:
        for each in range(number):
            nursery.start_soon(work, each)


async def test_increments_at_once_are_all_counted(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "n", "v": 0})
    numbers: list[int] = []

    async def work(_: int) -> None:
        for _ in range(10):
            found = await plain.find_one_and_update({"_id": "n"}, {"$inc": {"v": 1}})
            assert found is not None
            numbers.append(found["v"])

    await together(8, work)
    assert sorted(numbers) == list(range(1, 81))


async def test_a_job_is_claimed_once(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": f"{i:03}", "s": 0} for i in range(40)])
    claimed: list[str] = []

    async def work(worker: int) -> None:
        claim = partial(plain.find_one_and_update, {"s": 0}, {"$set": {"s": 1, "by": worker}}, sort=[("_id", 1)])
        while (job := await claim()) is not None:
            claimed.append(job["_id"])

    await together(8, work)
    assert sorted(claimed) == [f"{i:03}" for i in range(40)]


async def test_a_race_for_a_name_has_one_winner(database: Database) -> None:
    names = database.collection("names")
    won: list[int] = []

    async def work(worker: int) -> None:
        for name in range(10):
            try:
                await names.insert_one({"_id": f"{worker}-{name}", "org": 1, "name": name})
            except Duplicate:
                continue
            won.append(name)

    await together(4, work)
    assert sorted(won) == list(range(10))
    assert await names.count({}) == 10


async def test_reads_and_writes_at_once(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "a": i} for i in range(100)])

    async def work(worker: int) -> None:
        for turn in range(10):
            if worker % 2:
                await plain.insert_one({"_id": f"w{worker}-{turn}", "a": -1})
            else:
                assert len(await plain.find({"a": {"$gte": 0}}, sort=[("a", 1)])) == 100

    await together(6, work)
    assert await plain.count({}) == 130


async def test_each_row_of_a_group_is_answered_for_itself(database: Database) -> None:
    rows: list[tuple[str, Document]] = [
        ("email", {"_id": "1", "email": "a"}),
        ("email", {"_id": "2", "email": "a"}),
        ("plain", {"_id": "1"}),
        ("plain", {"no": "id"}),
        ("undeclared", {"_id": "1"}),
        ("email", {"_id": "3", "email": "b"}),
    ]
    refusals = await database.insert_each(rows)
    assert [type(each).__name__ for each in refusals] == [
        "NoneType",
        "Duplicate",
        "NoneType",
        "BadDocument",
        "UnsupportedQuery",
        "NoneType",
    ]
    assert await database.collection("email").distinct("_id", {}) == ["1", "3"]
    assert await database.insert_each([]) == []
