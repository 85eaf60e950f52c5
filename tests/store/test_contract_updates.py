"""What every adapter changes: updates, replacements, the find-and-change verbs."""

from typing import Any

import pytest

from relay.store.errors import BadDocument, BadUpdate, Duplicate
from relay.store.interface import Database, Document, UpdateResult


async def changed(database: Database, document: Document, update: Document) -> Document:
    """The fields of `document` after `update`."""
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", **document})
    await plain.update_one({"_id": "1"}, update)
    found = await plain.find_one({"_id": "1"}, projection={"_id": 0})
    assert found is not None
    return found


CHANGES: list[tuple[Document, Document, Document]] = [
    ({}, {"$set": {"a.b.c": 1}}, {"a": {"b": {"c": 1}}}),
    ({"a": {"b": 1, "c": 2}}, {"$unset": {"a.b": "", "nowhere.x": ""}}, {"a": {"c": 2}}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [3, 4, 5], "$slice": -3}}}, {"l": [3, 4, 5]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [3], "$slice": 2}}}, {"l": [1, 2]}),
    ({}, {"$push": {"m": 1}}, {"m": [1]}),
    ({"l": [1]}, {"$push": {"l": [2, 3]}}, {"l": [1, [2, 3]]}),
    ({"t": ["a"]}, {"$addToSet": {"t": "a"}}, {"t": ["a"]}),
    ({"t": ["a"]}, {"$addToSet": {"t": {"$each": ["b", "a", "c", "c"]}}}, {"t": ["a", "b", "c"]}),
    ({"t": [1]}, {"$addToSet": {"t": 1.0}}, {"t": [1]}),
    ({"t": ["a", "b", "a"]}, {"$pull": {"t": "a"}}, {"t": ["b"]}),
    ({"t": [1, 5, 9]}, {"$pull": {"t": {"$gt": 4, "$lt": 6}}}, {"t": [1, 9]}),
    ({"t": ["a", "b", "c"]}, {"$pull": {"t": {"$in": ["a", "c"]}}}, {"t": ["b"]}),
    ({"m": [{"u": 1, "r": 5}, {"u": 2, "r": 9}, 7]}, {"$pull": {"m": {"r": {"$gt": 6}}}}, {"m": [{"u": 1, "r": 5}, 7]}),
    ({}, {"$pull": {"t": "a"}}, {}),
    ({"a": 5, "b": 5}, {"$min": {"a": 3, "b": 9, "c": 1}}, {"a": 3, "b": 5, "c": 1}),
    ({"a": 5, "b": 5}, {"$max": {"a": 3, "b": 9}}, {"a": 5, "b": 9}),
    ({"old": 1}, {"$rename": {"old": "new.er", "nowhere": "else"}}, {"new": {"er": 1}}),
    ({"n": 1, "m": 1.5}, {"$inc": {"n": 2, "m": 1, "k": -1}}, {"n": 3, "m": 2.5, "k": -1}),
    ({"l": [{"a": 1}, {"a": 2}]}, {"$set": {"l.1.a": 7}}, {"l": [{"a": 1}, {"a": 7}]}),
    ({"l": [1]}, {"$set": {"l.3": 4}}, {"l": [1, None, None, 4]}),
    ({"l": [1]}, {"$set": {"l.2.a": 4}}, {"l": [1, None, {"a": 4}]}),
    ({"l": [1, 2, 3]}, {"$unset": {"l.1": ""}}, {"l": [1, None, 3]}),
    ({"a": 1}, {"$setOnInsert": {"b": 1}, "$set": {"c": 1}}, {"a": 1, "c": 1}),
]


@pytest.mark.parametrize(("document", "update", "expected"), CHANGES, ids=str)
async def test_an_update(database: Database, document: Document, update: Document, expected: Document) -> None:
    assert await changed(database, document, update) == expected


@pytest.mark.parametrize(
    ("document", "update"),
    [
        ({"a": "x"}, {"$inc": {"a": 1}}),
        ({"a": True}, {"$inc": {"a": 1}}),
        ({"a": None}, {"$inc": {"a": 1}}),
        ({"a": 2**63 - 1}, {"$inc": {"a": 1}}),
        ({"a": "x"}, {"$push": {"a": 1}}),
        ({"a": "x"}, {"$addToSet": {"a": 1}}),
        ({"a": "x"}, {"$pull": {"a": 1}}),
        ({"a": "x"}, {"$set": {"a.b": 1}}),
        ({"a": None}, {"$set": {"a.b": 1}}),
        ({"a": [1]}, {"$set": {"a.b": 1}}),
        ({"a": [1]}, {"$set": {"a.b.c": 1}}),
        ({"a": [None]}, {"$set": {"a.0.b": 1}}),
    ],
    ids=str,
)
async def test_an_update_that_does_not_fit_changes_nothing(
    database: Database, document: Document, update: Document
) -> None:
    with pytest.raises(BadUpdate):
        await changed(database, document, {**update, "$set": {**update.get("$set", {}), "z": 1}})
    assert await database.collection("plain").find({}) == [{"_id": "1", **document}]


async def test_an_update_may_not_outgrow_a_document(database: Database) -> None:
    with pytest.raises(BadDocument):
        await changed(database, {"a": "x" * (9 << 20)}, {"$set": {"b": "x" * (9 << 20)}})


async def test_what_was_so_already_is_not_modified(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "a": 1})
    assert await plain.update_one({"_id": "1"}, {"$set": {"a": 1}}) == UpdateResult(matched=1, modified=0)
    assert await plain.update_one({"_id": "1"}, {"$set": {"a": 2}}) == UpdateResult(matched=1, modified=1)
    assert await plain.update_one({"_id": "2"}, {"$set": {"a": 2}}) == UpdateResult(matched=0, modified=0)


async def test_increments_and_upserts(database: Database) -> None:
    plain = database.collection("plain")
    first = await plain.update_one({"_id": "k"}, {"$inc": {"n": 2}, "$setOnInsert": {"x": 1}}, upsert=True)
    assert first == UpdateResult(matched=0, modified=0, upserted_id="k")
    again = await plain.update_one({"_id": "k"}, {"$inc": {"n": 3}, "$setOnInsert": {"x": 9}}, upsert=True)
    assert again == UpdateResult(matched=1, modified=1)
    assert await plain.find({}) == [{"_id": "k", "n": 5, "x": 1}]


async def test_an_upsert_takes_the_equalities_of_its_filter(database: Database) -> None:
    plain = database.collection("plain")
    where = {"a": 1, "b.c": 2, "d": {"$gt": 3}, "e": {"$eq": 4}, "$and": [{"f": 5}], "$or": [{"g": 6}]}
    await plain.update_one(where, {"$set": {"h": 7}, "$setOnInsert": {"_id": "new"}}, upsert=True)
    assert await plain.find({}) == [{"_id": "new", "a": 1, "b": {"c": 2}, "e": 4, "f": 5, "h": 7}]


async def test_many_are_updated(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "a": i % 2, "b": int(i == 1)} for i in range(10)])
    assert await plain.update_many({"a": 1}, {"$set": {"b": 1}}) == UpdateResult(matched=5, modified=4)
    assert await plain.count({"b": 1}) == 5


async def test_a_replacement_keeps_the_id(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "a": 1})
    assert await plain.replace_one({"a": 1}, {"b": 2}) == UpdateResult(matched=1, modified=1)
    assert await plain.replace_one({"b": 2}, {"_id": "1", "b": 2}) == UpdateResult(matched=1, modified=0)
    assert await plain.replace_one({"a": 9}, {"b": 3}) == UpdateResult(matched=0, modified=0)
    assert await plain.replace_one({"_id": "5"}, {"z": 1}, upsert=True) == UpdateResult(0, 0, "5")
    assert await plain.replace_one({"_id": {"$eq": "6"}}, {"z": 2}, upsert=True) == UpdateResult(0, 0, "6")
    assert await plain.find({}, sort=[("_id", 1)]) == [
        {"_id": "1", "b": 2},
        {"_id": "5", "z": 1},
        {"_id": "6", "z": 2},
    ]
    with pytest.raises(BadUpdate):
        await plain.replace_one({"b": 2}, {"_id": "2"})
    with pytest.raises(BadDocument):
        await plain.replace_one({"b": 2}, {"_id": 2})


async def test_find_and_update(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "n": 1})
    increment: Any = {"$inc": {"n": 1}}
    assert await plain.find_one_and_update({"_id": "1"}, increment) == {"_id": "1", "n": 2}
    assert await plain.find_one_and_update({"_id": "1"}, increment, return_new=False) == {"_id": "1", "n": 2}
    assert await plain.find_one_and_update({"_id": "9"}, increment) is None
    assert await plain.find_one_and_update({"_id": "9"}, increment, upsert=True) == {"_id": "9", "n": 1}
    assert await plain.find_one_and_update({"_id": "8"}, increment, upsert=True, return_new=False) is None
    assert await plain.find_one({"_id": "8"}) == {"_id": "8", "n": 1}


async def test_find_and_change_take_the_first_in_order(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "p": p, "s": "new"} for i, p in enumerate([3, 9, 1])])
    taken = await plain.find_one_and_update({"s": "new"}, {"$set": {"s": "run"}}, sort=[("p", -1)])
    assert taken == {"_id": "1", "p": 9, "s": "run"}
    gone = await plain.find_one_and_delete({"s": "new"}, sort=[("p", 1)])
    assert gone == {"_id": "2", "p": 1, "s": "new"}
    assert await plain.find_one_and_delete({"s": "old"}) is None
    assert await plain.count({}) == 2


async def test_compare_and_set(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "v": 1})
    update = {"$set": {"x": 1}, "$inc": {"v": 1}}
    assert (await plain.update_one({"_id": "1", "v": 1}, update)).modified == 1
    assert (await plain.update_one({"_id": "1", "v": 1}, update)).modified == 0


async def test_a_refused_update_of_many_changes_none(database: Database) -> None:
    email = database.collection("email")
    await email.insert_many([{"_id": str(i), "email": f"{i}", "n": 1} for i in range(3)])
    with pytest.raises(Duplicate) as refused:
        await email.update_many({"n": 1}, {"$set": {"email": "same"}})
    assert refused.value.index == "email_1"
    assert [each["email"] for each in await email.find({}, sort=[("_id", 1)])] == ["0", "1", "2"]
