"""What every adapter aggregates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.store.interface import Collection, Database, Document

START = datetime(2026, 3, 1, tzinfo=UTC)


async def seeded(database: Database) -> Collection:
    plain = database.collection("plain")
    await plain.insert_many(
        [
            {
                "_id": f"{i:02}",
                "org": i % 2,
                "u": f"u{i % 3}",
                "n": i,
                "at": START + timedelta(hours=i * 8),
                "tags": ["a", "b"] if i % 2 else ["c"],
            }
            for i in range(12)
        ]
    )
    return plain


async def aggregated(database: Database, *stages: Document) -> list[Document]:
    return await (await seeded(database)).aggregate(stages)


async def test_group(database: Database) -> None:
    fields = {"n": {"$sum": 1}, "s": {"$sum": "$n"}, "mx": {"$max": "$n"}, "mn": {"$min": "$n"}, "av": {"$avg": "$n"}}
    found = await aggregated(
        database, {"$match": {"org": 1}}, {"$group": {"_id": "$u", **fields}}, {"$sort": {"_id": 1}}
    )
    assert found == [
        {"_id": "u0", "n": 2, "s": 12, "mx": 9, "mn": 3, "av": 6.0},
        {"_id": "u1", "n": 2, "s": 8, "mx": 7, "mn": 1, "av": 4.0},
        {"_id": "u2", "n": 2, "s": 16, "mx": 11, "mn": 5, "av": 8.0},
    ]


async def test_group_over_what_is_not_there(database: Database) -> None:
    fields = {"s": {"$sum": "$no"}, "av": {"$avg": "$no"}, "mx": {"$max": "$no"}, "f": {"$first": "$no"}}
    found = await aggregated(database, {"$group": {"_id": "$no", **fields, "p": {"$push": "$no"}}})
    assert found == [{"_id": None, "s": 0, "av": None, "mx": None, "f": None, "p": []}]


async def test_group_by_day(database: Database) -> None:
    day = {"$dateToString": {"format": "%Y-%m-%dT%H:%M:%S.%L", "date": {"$dateTrunc": {"date": "$at", "unit": "day"}}}}
    found = await aggregated(database, {"$group": {"_id": day, "n": {"$sum": 1}}}, {"$sort": {"_id": 1}})
    assert found == [{"_id": f"2026-03-0{d}T00:00:00.000", "n": 3} for d in range(1, 5)]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("second", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("minute", datetime(2026, 3, 1, 10, 20, tzinfo=UTC)),
        ("hour", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("day", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
async def test_truncated_times(database: Database, unit: str, expected: datetime) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "at": datetime(2026, 3, 1, 10, 20, 30, 400000, tzinfo=UTC)})
    assert await plain.aggregate([{"$group": {"_id": {"$dateTrunc": {"date": "$at", "unit": unit}}}}]) == [
        {"_id": expected}
    ]


async def test_group_collects(database: Database) -> None:
    fields = {"f": {"$first": "$n"}, "l": {"$last": "$n"}, "p": {"$push": "$n"}, "us": {"$addToSet": "$u"}}
    found = await aggregated(
        database, {"$sort": {"n": 1}}, {"$group": {"_id": "$org", **fields, "c": {"$count": {}}}}, {"$sort": {"_id": 1}}
    )
    first = found[0]
    assert (first["f"], first["l"], first["p"], first["c"]) == (0, 10, [0, 2, 4, 6, 8, 10], 6)
    assert sorted(first["us"]) == ["u0", "u1", "u2"]


async def test_group_by_several(database: Database) -> None:
    found = await aggregated(
        database,
        {"$group": {"_id": {"o": "$org", "u": "$u"}, "n": {"$sum": 1}}},
        {"$sort": {"_id.o": 1, "_id.u": 1}},
    )
    assert found[0] == {"_id": {"o": 0, "u": "u0"}, "n": 2}
    assert len(found) == 6


async def test_facet(database: Database) -> None:
    page = [{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"n": 1}}]
    found = await aggregated(database, {"$match": {"org": 0}}, {"$facet": {"total": [{"$count": "n"}], "page": page}})
    assert found == [{"total": [{"n": 6}], "page": [{"_id": "08", "n": 8}, {"_id": "06", "n": 6}]}]


async def test_lookup(database: Database) -> None:
    plain, other = database.collection("plain"), database.collection("other")
    await plain.insert_many(
        [{"_id": "1", "m": "x"}, {"_id": "2", "m": "q"}, {"_id": "3", "m": ["x", "y"]}, {"_id": "4"}]
    )
    await other.insert_many([{"_id": "x", "name": "X"}, {"_id": "y", "name": "Y"}])
    stage = {"$lookup": {"from": "other", "localField": "m", "foreignField": "_id", "as": "found"}}
    joined = await plain.aggregate([stage, {"$sort": {"_id": 1}}])
    assert [sorted(each["_id"] for each in one["found"]) for one in joined] == [["x"], [], ["x", "y"], []]


async def test_unwind(database: Database) -> None:
    found = await aggregated(
        database, {"$unwind": "$tags"}, {"$group": {"_id": "$tags", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}
    )
    assert found == [{"_id": "a", "n": 6}, {"_id": "b", "n": 6}, {"_id": "c", "n": 6}]


async def test_unwind_keeps_the_empty_when_asked(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": "1", "t": [1, 2]}, {"_id": "2", "t": []}, {"_id": "3"}, {"_id": "4", "t": 5}])
    kept: Any = {"$unwind": {"path": "$t", "preserveNullAndEmptyArrays": True}}
    order: Any = {"$sort": {"_id": 1}}
    assert [each["_id"] for each in await plain.aggregate([kept, order])] == ["1", "1", "2", "3", "4"]
    assert [each["_id"] for each in await plain.aggregate([{"$unwind": "$t"}, order])] == ["1", "1", "4"]


async def test_a_sum_under_a_condition(database: Database) -> None:
    condition = {"$cond": [{"$gte": ["$n", 6]}, 1, 0]}
    assert await aggregated(database, {"$group": {"_id": None, "big": {"$sum": condition}}}) == [
        {"_id": None, "big": 6}
    ]


async def test_count(database: Database) -> None:
    plain = await seeded(database)
    assert await plain.aggregate([{"$match": {"n": {"$lt": 5}}}, {"$count": "k"}]) == [{"k": 5}]
    assert await plain.aggregate([{"$match": {"n": 99}}, {"$count": "k"}]) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"$add": ["$n", 2, 0.5]}, 7.5),
        ({"$subtract": ["$n", 2]}, 3),
        ({"$subtract": ["$at", START]}, 5 * 8 * 3_600_000),
        ({"$multiply": ["$n", 3]}, 15),
        ({"$add": ["$n", "$no"]}, None),
        ({"$ifNull": ["$no", "$n"]}, 5),
        ({"$ifNull": ["$no", "$nothing", None]}, None),
        ({"$eq": ["$n", 5]}, True),
        ({"$ne": ["$u", "u2"]}, False),
        ({"$lt": ["$n", 5]}, False),
        ({"$lte": ["$n", 5]}, True),
        ({"$gt": ["$u", "u1"]}, True),
        ({"$cond": ["$no", 1, {"x": "$u"}]}, {"x": "u2"}),
        ({"$dateToString": {"format": "%H", "date": "$no"}}, None),
        ({"$dateTrunc": {"date": "$no", "unit": "day"}}, None),
        (["$n", "$no"], [5, None]),
        ("$tags", ["a", "b"]),
    ],
    ids=str,
)
async def test_a_computed_field(database: Database, expression: Any, expected: Any) -> None:
    found = await aggregated(database, {"$match": {"_id": "05"}}, {"$project": {"_id": 0, "x.y": expression}})
    assert found == [{"x": {"y": expected}}]


async def test_projected_fields(database: Database) -> None:
    match = {"$match": {"_id": "05"}}
    plain = await seeded(database)
    assert await plain.aggregate([match, {"$project": {"m": "$n", "u": 1, "no": "$nowhere"}}]) == [
        {"_id": "05", "m": 5, "u": "u2"}
    ]
    assert await plain.aggregate([match, {"$project": {"at": 0, "tags": 0, "u": 0}}]) == [
        {"_id": "05", "org": 1, "n": 5}
    ]
    assert await plain.aggregate([match, {"$project": {"m": "$n"}}]) == [{"_id": "05", "m": 5}]


async def test_the_first_stages_may_use_the_index(database: Database) -> None:
    plain = await seeded(database)
    newest = [{"$sort": {"_id": -1}}, {"$limit": 2}, {"$skip": 1}, {"$match": {"org": 0}}, {"$project": {"n": 1}}]
    assert await plain.aggregate(newest) == [{"_id": "10", "n": 10}]
    assert len(await plain.aggregate([])) == 12
