"""What every adapter keeps: each type of value, exactly."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from relay.store.errors import BadDocument
from relay.store.interface import Database

TOKYO = timezone(timedelta(hours=9))


async def stored(database: Database, value: Any) -> Any:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "v": value})
    document = await plain.find_one({"_id": "1"})
    assert document is not None
    return document["v"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**62 + 1,
        -(2**63),
        2**63 - 1,
        1.5,
        float("inf"),
        "",
        "a\x00b é😀 \u2028",
        "\x1b[31mred\x1b[0m\r\n\t\x07",
        bytes(range(256)),
        [],
        {},
        [[1], {"a": [None]}],
    ],
    ids=repr,
)
async def test_a_value_comes_back_as_it_was(database: Database, value: Any) -> None:
    found = await stored(database, value)
    assert found == value
    assert isinstance(found, type(value))


async def test_a_megabyte(database: Database) -> None:
    assert await stored(database, "x" * (1 << 20)) == "x" * (1 << 20)


async def test_deep_nesting(database: Database) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"k": deep}
    assert await stored(database, deep) == deep


async def test_a_time_of_another_zone_is_the_same_moment_in_utc(database: Database) -> None:
    moment = datetime(2026, 7, 1, 12, 30, 15, 123000, tzinfo=TOKYO)
    found = await stored(database, moment)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


async def test_a_time_loses_its_microseconds_downwards(database: Database) -> None:
    assert await stored(database, datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == datetime(
        1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC
    )


async def test_a_naive_time_is_utc(database: Database) -> None:
    naive = datetime(2026, 7, 1, 5, tzinfo=UTC).replace(tzinfo=None)
    assert await stored(database, naive) == datetime(2026, 7, 1, 5, tzinfo=UTC)


async def test_times_compare_across_zones(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "t": datetime(2026, 1, 1, tzinfo=UTC)})
    assert await plain.count({"t": {"$gt": datetime(2026, 1, 1, 5, tzinfo=TOKYO)}}) == 1


async def test_int_and_float_stay_apart_and_compare_equal(database: Database) -> None:
    found = await stored(database, [5, 5.0])
    assert [isinstance(each, float) for each in found] == [False, True]
    plain = database.collection("plain")
    await plain.insert_one({"_id": "2", "n": 5})
    assert await plain.count({"n": 5.0}) == 1


async def test_large_integers_are_told_apart(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "n": 2**60 + i} for i in range(4)])
    assert [each["_id"] for each in await plain.find({"n": {"$gt": 2**60 + 1}}, sort=[("n", -1)])] == ["3", "2"]


async def test_bytes_are_found(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "v": b"\x00\xff"})
    assert await plain.count({"v": b"\x00\xff"}) == 1
    assert await plain.count({"v": b"\x00"}) == 0


@pytest.mark.parametrize(
    "document",
    [
        {"a": 1},
        {"_id": 5},
        {"_id": ""},
        {"_id": "x" * 513},
        {"_id": "1", "a": {1, 2}},
        {"_id": "1", "a": object()},
        {"_id": "1", "a": 2**63},
        {"_id": "1", "a": float("nan")},
        {"_id": "1", "a.b": 1},
        {"_id": "1", "a": {"$set": 1}},
        {"_id": "1", "": 1},
        {"_id": "1", 5: 1},
        {"_id": "1", "a": "\ud800"},
        {"_id": "1", "a": "x" * (17 << 20)},
    ],
    ids=lambda document: str(document)[:30],
)
async def test_what_cannot_be_stored_is_refused(database: Database, document: dict[Any, Any]) -> None:
    with pytest.raises(BadDocument):
        await database.collection("plain").insert_one(document)
    assert await database.collection("plain").count({}) == 0


async def test_endless_nesting_is_refused(database: Database) -> None:
    deep: list[Any] = []
    deep.append(deep)
    with pytest.raises(BadDocument):
        await stored(database, deep)
