"""What no adapter answers: everything off the allow-list is refused before it runs, alike everywhere."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from relay.store.errors import NoIndex, UnsupportedQuery
from relay.store.interface import Database, Document, InsertOne, UpdateOne


def nested(operator: str, depth: int) -> Document:
    where: Document = {"a": 1}
    for _ in range(depth):
        where = {operator: [where]}
    return where


FILTERS: list[Any] = [
    {"$where": "1"},
    {"$expr": {"$gt": ["$a", "$b"]}},
    {"a": {"$mod": [2, 0]}},
    {"a": {"$type": "string"}},
    {"a": {"$gt": 1, "b": 2}},
    {"a": {"b": {"$gt": 1}}},
    {"a": [{"$gt": 1}]},
    {"a": {1: 2}},
    {"a": {"$gt": None}},
    {"a": {"$gt": [1]}},
    {"a": {"$lt": {"b": 1}}},
    {"a": {"$in": 5}},
    {"a": {"$in": [[1]]}},
    {"a": {"$in": list(range(1001))}},
    {"a": {"$in": [re.compile("x")]}},
    {"a": re.compile("x")},
    {"a": {"$eq": object()}},
    {"a": 2**63},
    {"a": float("nan")},
    {"a": {"$gt": float("nan")}},
    {"a": {"$exists": 1}},
    {"a": {"$size": -1}},
    {"a": {"$size": True}},
    {"a": {"$all": []}},
    {"a": {"$all": [{"$elemMatch": {"b": 1}}]}},
    {"a": {"$elemMatch": {}}},
    {"a": {"$elemMatch": 5}},
    {"a": {"$elemMatch": {"$where": "1"}}},
    {"a": {"$not": 5}},
    {"a": {"$not": {"$mod": [1, 1]}}},
    {"a": {"$options": "i"}},
    {"a": {"$regex": "a+"}},
    {"a": {"$regex": "(a|b)"}},
    {"a": {"$regex": "[ab]"}},
    {"a": {"$regex": "a.b"}},
    {"a": {"$regex": r"\d"}},
    {"a": {"$regex": "a^"}},
    {"a": {"$regex": "\\"}},
    {"a": {"$regex": "a", "$options": "x"}},
    {"a": {"$regex": "x" * 513}},
    {"a": {"$regex": re.compile("x")}},
    {"$or": []},
    {"$and": {"a": 1}},
    {"$or": [{"a": 1}, 5]},
    {"$or": [{"$text": {"$search": "x"}}]},
    {"$text": {"$search": "x"}},
    {"": 1},
    {"a..b": 1},
    {"a.$.b": 1},
    {"a\0": 1},
    {".".join("a" * 17): 1},
    {5: 1},
    nested("$or", 9),
    5,
]


async def let_pass(verb: Callable[[Any], Awaitable[Any]], arguments: list[Any]) -> list[Any]:
    """The arguments that `verb` does not refuse as unsupported."""
    passed = []
    for argument in arguments:
        try:
            await verb(argument)
        except UnsupportedQuery:
            continue
        passed.append(argument)
    return passed


async def test_filters_are_refused(database: Database) -> None:
    plain = database.collection("plain")
    assert await let_pass(plain.find, FILTERS) == []
    assert await let_pass(plain.delete_many, FILTERS) == []
    assert await let_pass(lambda where: plain.aggregate([{"$match": where}]), FILTERS) == []


@pytest.mark.parametrize(
    "search", [{"$search": 5}, {"$search": "x", "$language": "de"}, {"$search": "x" * 257}, "x"], ids=str
)
async def test_a_search_is_refused(database: Database, search: Any) -> None:
    with pytest.raises(UnsupportedQuery):
        await database.collection("words").find({"$text": search})


UPDATES: list[Any] = [
    {},
    {"a": 1},
    {"$mul": {"a": 2}},
    {"$pop": {"a": 1}},
    {"$currentDate": {"a": True}},
    {"$pullAll": {"a": [1]}},
    {"$set": {}},
    {"$set": 5},
    {"$set": {"m.$.r": 7}},
    {"$set": {"m.$[e].r": 7}},
    {"$set": {"_id": "2"}},
    {"$unset": {"_id": ""}},
    {"$rename": {"a": "_id"}},
    {"$rename": {"a": 5}},
    {"$set": {"a": {"$b": 1}}},
    {"$set": {"a": {1, 2}}},
    {"$set": {"a": 1, "a.b": 1}},
    {"$set": {"a": 1}, "$inc": {"a": 1}},
    {"$set": {"a.1000": 1}},
    {"$inc": {"a": "1"}},
    {"$inc": {"a": True}},
    {"$inc": {"a": float("nan")}},
    {"$min": {"a": None}},
    {"$max": {"a": [1]}},
    {"$push": {"a": {"$each": 1}}},
    {"$push": {"a": {"$each": [1], "$sort": 1}}},
    {"$push": {"a": {"$each": [1], "$position": 0}}},
    {"$push": {"a": {"$each": [1], "$slice": "1"}}},
    {"$push": {"a": {"$slice": 1}}},
    {"$addToSet": {"a": {"$each": [1], "$slice": 1}}},
    {"$pull": {"a": [1]}},
    {"$pull": {"a": {"$mod": [2, 0]}}},
    {"$pull": {"a": {"b": {"$where": "1"}}}},
    [{"$set": {"c": {"$add": ["$a", "$b"]}}}],
]


async def test_updates_are_refused(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "a": 1})
    assert await let_pass(lambda update: plain.update_one({"_id": "1"}, update), UPDATES) == []
    assert await let_pass(lambda update: plain.find_one_and_update({"_id": "1"}, update), UPDATES) == []
    insert = InsertOne({"_id": "2"})
    assert await let_pass(lambda update: plain.bulk_write([insert, UpdateOne({"_id": "1"}, update)]), UPDATES) == []
    assert await plain.find({}) == [{"_id": "1", "a": 1}]


async def test_an_upsert_without_an_id_is_refused(database: Database) -> None:
    plain = database.collection("plain")
    with pytest.raises(UnsupportedQuery):
        await plain.update_one({"a": 1}, {"$set": {"b": 1}}, upsert=True)
    with pytest.raises(UnsupportedQuery):
        await plain.update_one({"_id": {"$in": ["1"]}}, {"$set": {"b": 1}}, upsert=True)
    with pytest.raises(UnsupportedQuery):
        await plain.replace_one({"a": 1}, {"b": 1}, upsert=True)


SORTS: list[Any] = [
    "a",
    [("a", 2)],
    [("a",)],
    [("$a", 1)],
    [("a", 1), ("a", -1)],
    [(name, 1) for name in "abcde"],
]
PROJECTIONS: list[Any] = [{}, {"a": 1, "b": 0}, {"a": 1, "a.b": 1}, {"a": "$b"}, {"a": {"$slice": 1}}, {"$a": 1}, ["a"]]
WINDOWS: list[Any] = [{"skip": -1}, {"limit": -1}, {"limit": True}, {"skip": 1.5}]


async def test_what_goes_with_a_filter_is_refused(database: Database) -> None:
    plain = database.collection("plain")
    assert await let_pass(lambda sort: plain.find({}, sort=sort), SORTS) == []
    assert await let_pass(lambda projection: plain.find({}, projection=projection), PROJECTIONS) == []
    assert await let_pass(lambda window: plain.find({}, **window), WINDOWS) == []


GROUP: Document = {"_id": None}
STAGES: list[Any] = [
    5,
    {"$match": {}, "$limit": 1},
    {"$out": "x"},
    {"$merge": {"into": "x"}},
    {"$sortByCount": "$a"},
    {"$bucket": {"groupBy": "$a", "boundaries": [0, 1]}},
    {"$addFields": {"a": 1}},
    {"$unionWith": "other"},
    {"$sort": {}},
    {"$sort": {"a": 2}},
    {"$sort": {"a": {"$meta": "textScore"}}},
    {"$limit": 0},
    {"$skip": -1},
    {"$count": "a.b"},
    {"$count": 5},
    {"$project": {}},
    {"$project": {"a": 0, "b": "$c"}},
    {"$project": {"a": 1, "b": 0}},
    {"$project": {"a": {"$function": {}}}},
    {"$unwind": "a"},
    {"$unwind": {"path": "$a", "includeArrayIndex": "i"}},
    {"$group": {"n": {"$sum": 1}}},
    {"$group": {**GROUP, "n": 1}},
    {"$group": {**GROUP, "n": {"$sum": 1, "$max": 1}}},
    {"$group": {**GROUP, "n": {"$stdDevPop": "$a"}}},
    {"$group": {**GROUP, "n": {"$count": 1}}},
    {"$group": {**GROUP, "a.b": {"$sum": 1}}},
    {"$group": {"_id": "$$ROOT"}},
    {"$group": {"_id": {"$substr": ["$a", 0, 1]}}},
    {"$group": {"_id": {"$eq": ["$a"]}}},
    {"$group": {"_id": {"$eq": "$a"}}},
    {"$group": {"_id": {"$dateTrunc": {"date": "$a", "unit": "week"}}}},
    {"$group": {"_id": {"$dateTrunc": {"date": "$a"}}}},
    {"$group": {"_id": {"$dateToString": {"date": "$a", "format": "%Z"}}}},
    {"$group": {"_id": [[[[[[[[[["$a"]]]]]]]]]]}},
    {"$group": {"_id": object()}},
    {"$facet": {}},
    {"$facet": {"a": [{"$facet": {"b": []}}]}},
    {"$facet": {"a": [{"$lookup": {"from": "other", "localField": "a", "foreignField": "b", "as": "c"}}]}},
    {"$lookup": {"from": "other", "let": {}, "pipeline": [], "as": "c"}},
    {"$lookup": {"from": "undeclared", "localField": "a", "foreignField": "b", "as": "c"}},
]


async def test_stages_are_refused(database: Database) -> None:
    plain = database.collection("plain")
    assert await let_pass(lambda stage: plain.aggregate([{"$match": {}}, stage]), STAGES) == []


async def test_an_endless_pipeline_is_refused(database: Database) -> None:
    with pytest.raises(UnsupportedQuery):
        await database.collection("plain").aggregate([{"$skip": 1}] * 17)
    with pytest.raises(UnsupportedQuery):
        await database.collection("words").aggregate([{"$match": {}}, {"$match": {"$text": {"$search": "x"}}}])


async def test_an_undeclared_collection_is_refused(database: Database) -> None:
    with pytest.raises(UnsupportedQuery):
        database.collection("undeclared")
    with pytest.raises(UnsupportedQuery):
        await database.transact(lambda session: session.collection("undeclared"))


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"name": "x"},
        {"at": NOON},
        {"org": {"$ne": "x"}},
        {"key": None},
        {"key": {"$exists": False}},
        {"$or": [{"org": "x"}, {"name": "y"}]},
    ],
    ids=str,
)
async def test_a_query_without_an_index_is_refused_where_indexes_are_strict(database: Database, where: Any) -> None:
    strict = database.collection("strict")
    for verb in (strict.find, strict.count, strict.delete_many, strict.find_one, strict.find_one_and_delete):
        with pytest.raises(NoIndex):
            await verb(where)
    with pytest.raises(NoIndex):
        await strict.update_many(where, {"$set": {"a": 1}})
    with pytest.raises(NoIndex):
        await strict.aggregate([{"$match": where}])


@pytest.mark.parametrize(
    "where",
    [
        {"_id": "1"},
        {"_id": {"$in": [str(i) for i in range(1000)]}},
        {"org": {"$in": ["x", *map(str, range(999))]}, "at": {"$in": [NOON.replace(hour=13), NOON]}},
        {"org": "x"},
        {"org": "x", "at": {"$gt": NOON}, "name": "y"},
        {"org": {"$gte": ""}},
        {"$and": [{"org": "x"}, {"name": "y"}]},
        {"$or": [{"org": "x"}, {"tags": "y"}]},
        {"tags": {"$in": ["x", "y"]}},
        {"key": "x"},
        {"key": {"$gt": 5}},
    ],
    ids=lambda where: str(where)[:40],
)
async def test_a_query_with_an_index_is_answered(database: Database, where: Any) -> None:
    strict = database.collection("strict")
    await strict.insert_one(
        {"_id": "1", "org": "x", "at": NOON.replace(hour=13), "name": "y", "tags": ["y"], "key": "x"}
    )
    expected = 0 if where == {"key": {"$gt": 5}} else 1
    assert await strict.count(where) == expected
    assert len(await strict.find(where)) == expected


async def test_the_first_of_all_needs_only_an_order(database: Database) -> None:
    strict = database.collection("strict")
    await strict.insert_many([{"_id": str(i), "org": "x", "at": NOON} for i in range(3)])
    assert [each["_id"] for each in await strict.find({}, sort=[("_id", -1)], limit=1)] == ["2"]
    with pytest.raises(NoIndex):
        await strict.find({}, sort=[("_id", -1)])
    with pytest.raises(NoIndex):
        await strict.find({"name": "x"}, sort=[("_id", -1)], limit=1)
