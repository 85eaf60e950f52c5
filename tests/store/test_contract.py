"""What every adapter answers: inserting, finding, counting, deleting."""

from datetime import UTC, datetime, timedelta

import pytest

from relay.store.errors import Duplicate
from relay.store.interface import Database, Document


def ids(documents: list[Document]) -> list[str]:
    return [document["_id"] for document in documents]


async def matching(database: Database, documents: list[Document], where: Document) -> list[str]:
    """Insert `documents` with ids 1, 2, 3 … and name those that match."""
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(number), **each} for number, each in enumerate(documents, 1)])
    found = ids(await plain.find(where, sort=[("_id", 1)]))
    assert await plain.count(where) == len(found)
    return found


async def test_a_document_comes_back_as_it_was(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "u1", "a": 1, "b": {"c": [1, "x", None]}})
    assert await plain.find_one({"_id": "u1"}) == {"_id": "u1", "a": 1, "b": {"c": [1, "x", None]}}
    assert await plain.find_one({"_id": "u2"}) is None


async def test_inserting_leaves_the_callers_document_alone(database: Database) -> None:
    moment = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    document = {"_id": "u1", "at": moment}
    await database.collection("plain").insert_one(document)
    assert document == {"_id": "u1", "at": moment}


async def test_an_id_is_there_once(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "k", "a": 1})
    with pytest.raises(Duplicate) as refused:
        await plain.insert_one({"_id": "k", "a": 2})
    assert refused.value.index == "_id"
    assert await plain.find({}) == [{"_id": "k", "a": 1}]


async def test_many_are_inserted_in_order(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": f"{i:02}", "i": i} for i in range(20)])
    wanted = {"_id": {"$in": [f"{i:02}" for i in range(20)]}}
    assert [each["i"] for each in await plain.find(wanted, sort=[("i", 1)])] == list(range(20))


async def test_many_are_inserted_all_or_none(database: Database) -> None:
    plain = database.collection("plain")
    with pytest.raises(Duplicate):
        await plain.insert_many([{"_id": "1"}, {"_id": "2"}, {"_id": "1"}])
    assert await plain.count({}) == 0
    await plain.insert_many([])


async def test_nested_equality(database: Database) -> None:
    assert await matching(database, [{"a": {"b": {"c": 5}}}, {"a": {"b": 5}}], {"a.b.c": 5}) == ["1"]


async def test_equality_with_a_whole_value(database: Database) -> None:
    assert await matching(database, [{"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}], {"a": {"b": 1}}) == ["1"]


async def test_a_list_contains(database: Database) -> None:
    assert await matching(database, [{"t": ["a", "b"]}, {"t": "a"}, {"t": ["c"]}], {"t": "a"}) == ["1", "2"]


async def test_a_list_equals(database: Database) -> None:
    assert await matching(database, [{"t": ["a", "b"]}, {"t": ["b", "a"]}], {"t": ["a", "b"]}) == ["1"]


async def test_elem_match(database: Database) -> None:
    documents = [{"m": [{"u": "x", "r": 1}, {"u": "y", "r": 2}]}, {"m": [{"u": "x", "r": 2}]}]
    assert await matching(database, documents, {"m": {"$elemMatch": {"u": "x", "r": 1}}}) == ["1"]
    plain = database.collection("plain")
    assert ids(await plain.find({"m.u": "x"}, sort=[("_id", 1)])) == ["1", "2"]
    assert ids(await plain.find({"m": {"$elemMatch": {"$or": [{"u": "y"}, {"r": 3}]}}})) == ["1"]


async def test_elem_match_on_plain_items(database: Database) -> None:
    documents = [{"n": [1, 9]}, {"n": [4, 5]}, {"n": 4}]
    assert await matching(database, documents, {"n": {"$elemMatch": {"$gt": 3, "$lt": 6}}}) == ["2"]


async def test_a_path_through_a_position(database: Database) -> None:
    assert await matching(database, [{"m": [{"u": "x"}, {"u": "y"}]}, {"m": [{"u": "y"}]}], {"m.0.u": "y"}) == ["2"]


async def test_in_and_nin(database: Database) -> None:
    documents = [{"v": value} for value in range(5)]
    assert await matching(database, documents, {"v": {"$in": [1, 3, 9]}}) == ["2", "4"]
    assert ids(await database.collection("plain").find({"v": {"$nin": [1, 3]}}, sort=[("_id", 1)])) == ["1", "3", "5"]
    assert await database.collection("plain").find({"v": {"$in": []}}) == []


async def test_in_with_null_finds_what_is_not_there(database: Database) -> None:
    assert await matching(database, [{"v": None}, {}, {"v": 1}, {"v": 2}], {"v": {"$in": [None, 2]}}) == ["1", "2", "4"]


async def test_a_range_of_times(database: Database) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    documents = [{"at": start + timedelta(hours=hour)} for hour in range(48)]
    where = {"at": {"$gte": start + timedelta(hours=10), "$lt": start + timedelta(hours=13)}}
    assert await matching(database, documents, where) == ["11", "12", "13"]


async def test_exists(database: Database) -> None:
    assert await matching(database, [{"a": None}, {}, {"a": 1}], {"a": {"$exists": True}}) == ["1", "3"]
    assert ids(await database.collection("plain").find({"a": {"$exists": False}})) == ["2"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"$or": [{"a": 0, "b": 0}, {"b": 2}]}, ["1", "3", "6"]),
        ({"$nor": [{"a": 0}, {"b": 2}]}, ["2", "4"]),
        ({"$and": [{"a": 1}, {"b": {"$ne": 0}}]}, ["2", "6"]),
        ({"a": 1, "$and": [{"a": {"$lt": 1}}]}, []),
    ],
)
async def test_or_and_nor(database: Database, where: Document, expected: list[str]) -> None:
    assert await matching(database, [{"a": i % 2, "b": i % 3} for i in range(6)], where) == expected


async def test_not_holds_for_what_is_not_there(database: Database) -> None:
    assert await matching(database, [{"a": 1}, {"a": 10}, {}], {"a": {"$not": {"$gt": 5}}}) == ["1", "3"]


async def test_null_is_equal_to_absent(database: Database) -> None:
    assert await matching(database, [{"a": None}, {}, {"a": 0}], {"a": None}) == ["1", "2"]
    assert ids(await database.collection("plain").find({"a": {"$ne": None}})) == ["3"]


async def test_size_and_all(database: Database) -> None:
    assert await matching(database, [{"t": [1, 2]}, {"t": [1]}], {"t": {"$size": 2}}) == ["1"]
    assert ids(await database.collection("plain").find({"t": {"$all": [1, 2]}})) == ["1"]


async def test_types_do_not_meet_in_comparisons(database: Database) -> None:
    documents = [{"a": "zzz"}, {"a": 10}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}, {"a": None}, {}]
    assert await matching(database, documents, {"a": {"$gt": 5}}) == ["2"]


async def test_a_bool_is_no_number(database: Database) -> None:
    assert await matching(database, [{"a": True}, {"a": 1}], {"a": 1}) == ["2"]
    assert ids(await database.collection("plain").find({"a": True})) == ["1"]


async def test_projection(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"_id": "1", "a": 1, "b": {"c": 2, "d": 3}, "l": [{"x": 1, "y": 2}, 5]})
    assert await plain.find_one({}, projection={"b.c": 1, "_id": 0}) == {"b": {"c": 2}}
    assert await plain.find_one({}, projection={"b.d": 0, "l": 0}) == {"_id": "1", "a": 1, "b": {"c": 2}}
    assert await plain.find_one({}, projection={"l.x": 1}) == {"_id": "1", "l": [{"x": 1}]}
    assert await plain.find_one({}, projection={"_id": 1}) == {"_id": "1"}
    assert await plain.find_one({}, projection={"_id": 0, "b": 0, "l.x": 0}) == {"a": 1, "l": [{"y": 2}, 5]}
    assert await plain.find_one({}, projection={"nowhere": 1}) == {"_id": "1"}


async def test_sort_by_two_fields(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "a": i % 3, "b": i} for i in range(9)])
    found = ids(await plain.find({}, sort=[("a", 1), ("b", -1)]))
    assert found == ["6", "3", "0", "7", "4", "1", "8", "5", "2"]


async def test_sort_puts_null_first(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": "1", "a": 2}, {"_id": "2"}, {"_id": "3", "a": -1.5}])
    assert ids(await plain.find({}, sort=[("a", 1)])) == ["2", "3", "1"]
    assert ids(await plain.find({}, sort=[("a", -1)])) == ["1", "3", "2"]


async def test_sort_skip_and_limit(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": f"{i:02}", "n": -i} for i in range(50)])
    found = await plain.find({"_id": {"$gte": "10"}}, sort=[("_id", -1)], skip=5, limit=3)
    assert ids(found) == ["44", "43", "42"]
    assert ids(await plain.find({}, sort=[("n", 1)], skip=48, limit=5)) == ["01", "00"]
    assert await plain.find({}, skip=50) == []


async def test_count(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "a": i % 2} for i in range(11)])
    assert [await plain.count({"a": 1}), await plain.count({}), await plain.count({"_id": "3"})] == [5, 11, 1]


async def test_distinct_opens_lists_and_sorts(database: Database) -> None:
    plain = database.collection("plain")
    lists = [["a", "b"], ["b", "c"], "d", None]
    await plain.insert_many([{"_id": str(number), "t": each} for number, each in enumerate(lists)])
    assert await plain.distinct("t", {}) == [None, "a", "b", "c", "d"]
    assert await plain.distinct("t", {"_id": "1"}) == ["b", "c"]


async def test_more_documents_than_one_batch(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i)} for i in range(1500)])
    assert len(await plain.find({})) == 1500


async def test_delete_one_and_many(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_many([{"_id": str(i), "a": i % 2} for i in range(10)])
    assert await plain.delete_one({"a": 1}) == 1
    assert await plain.delete_many({"a": 1}) == 4
    assert await plain.delete_one({"a": 1}) == 0
    assert await plain.count({}) == 5


async def test_names_that_look_like_sql(database: Database) -> None:
    plain, name = database.collection("plain"), "a'b\"c;--"
    await plain.insert_one({"_id": "1", name: "v'\"", "é😀": {"x y": 1}})
    assert ids(await plain.find({name: "v'\""})) == ["1"]
    assert ids(await plain.find({"é😀.x y": 1})) == ["1"]
    assert await plain.find({name: "nope"}) == []


async def test_the_order_of_fields_is_kept(database: Database) -> None:
    plain = database.collection("plain")
    await plain.insert_one({"z": 1, "_id": "1", "a": {"y": 1, "b": 2}})
    document = await plain.find_one({"_id": "1"})
    assert document is not None
    assert list(document) == ["_id", "z", "a"]
    assert list(document["a"]) == ["y", "b"]


async def test_collections_do_not_mix(database: Database) -> None:
    await database.collection("plain").insert_one({"_id": "1"})
    assert await database.collection("other").count({}) == 0


async def test_regex(database: Database) -> None:
    documents = [{"c": "sudo apt"}, {"c": "SUDO reboot"}, {"c": ["x", "sudo ls"]}, {"c": "ls *.py"}, {"c": 5}]
    assert await matching(database, documents, {"c": {"$regex": "^sudo"}}) == ["1", "3"]
    plain = database.collection("plain")
    insensitive = {"c": {"$regex": "SuDo", "$options": "i"}}
    assert ids(await plain.find(insensitive, sort=[("_id", 1)])) == ["1", "2", "3"]
    assert ids(await plain.find({"c": {"$regex": r"ls\ \*\.py$"}})) == ["4"]
    assert ids(await plain.find({"c": {"$not": {"$regex": "s"}}}, sort=[("_id", 1)])) == ["2", "5"]


async def test_ping_and_strange_collections(database: Database) -> None:
    await database.ping()
