"""What every adapter's indexes hold: uniqueness of every kind, words, times to live."""

from datetime import UTC, datetime, timedelta

import pytest

from relay.store.errors import BadDocument, Duplicate
from relay.store.interface import Database, Document

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def refused_second(database: Database, name: str, first: Document, second: Document) -> str:
    """The index that refuses `second` after `first`."""
    collection = database.collection(name)
    await collection.insert_one({"_id": "1", **first})
    with pytest.raises(Duplicate) as refused:
        await collection.insert_one({"_id": "2", **second})
    assert await collection.count({}) == 1
    assert await collection.count({"_id": "2"}) == 0
    return refused.value.index


@pytest.mark.parametrize(
    ("name", "first", "second", "index"),
    [
        ("email", {"email": "a"}, {"email": "a"}, "email_1"),
        ("email", {}, {"email": None}, "email_1"),
        ("email", {"email": 5}, {"email": 5.0}, "email_1"),
        ("names", {"org": 1, "name": "a"}, {"org": 1, "name": "a"}, "org_1_name_1"),
        ("nested", {"a": {"b": 1}}, {"a": {"b": 1}}, "a.b_1"),
        ("prints", {"prints": ["a", "b"]}, {"prints": ["b", "c"]}, "prints_1"),
        ("living", {"name": "a", "deleted": False}, {"name": "a", "deleted": False}, "name_1"),
        ("keys", {"key": 1}, {"key": 1}, "key_1"),
        ("keys", {"key": None}, {"key": None}, "key_1"),
    ],
)
async def test_a_unique_index_refuses(
    database: Database, name: str, first: Document, second: Document, index: str
) -> None:
    assert await refused_second(database, name, first, second) == index


@pytest.mark.parametrize(
    ("name", "documents"),
    [
        ("email", [{"email": "a"}, {"email": "b"}, {}]),
        ("names", [{"org": 1, "name": "a"}, {"org": 2, "name": "a"}, {"org": 1, "name": "b"}]),
        ("prints", [{"prints": ["a", "a"]}, {"prints": ["b"]}, {"prints": []}]),
        ("living", [{"name": "a", "deleted": True}, {"name": "a", "deleted": True}, {"name": "a", "deleted": False}]),
        ("keys", [{"x": 1}, {"x": 2}, {"key": 1}]),
    ],
)
async def test_a_unique_index_lets_pass(database: Database, name: str, documents: list[Document]) -> None:
    collection = database.collection(name)
    await collection.insert_many([{"_id": str(number), **each} for number, each in enumerate(documents)])
    assert await collection.count({}) == len(documents)


async def test_uniqueness_holds_on_update(database: Database) -> None:
    names = database.collection("names")
    await names.insert_many([{"_id": "1", "org": 1, "name": "a"}, {"_id": "2", "org": 1, "name": "b"}])
    with pytest.raises(Duplicate):
        await names.update_one({"_id": "2"}, {"$set": {"name": "a"}})
    with pytest.raises(Duplicate):
        await names.find_one_and_update({"_id": "2"}, {"$set": {"name": "a"}})
    with pytest.raises(Duplicate):
        await names.replace_one({"_id": "2"}, {"org": 1, "name": "a"})
    with pytest.raises(Duplicate):
        await names.update_one({"_id": "3"}, {"$set": {"org": 1, "name": "a"}}, upsert=True)
    assert [each["name"] for each in await names.find({}, sort=[("_id", 1)])] == ["a", "b"]


async def test_a_name_is_free_again(database: Database) -> None:
    email = database.collection("email")
    await email.insert_one({"_id": "1", "email": "a"})
    await email.update_one({"_id": "1"}, {"$set": {"email": "b"}})
    await email.insert_one({"_id": "2", "email": "a"})
    await email.delete_one({"_id": "1"})
    await email.insert_one({"_id": "3", "email": "b"})
    assert await email.distinct("email", {}) == ["a", "b"]


async def test_leaving_a_partial_index(database: Database) -> None:
    living = database.collection("living")
    await living.insert_one({"_id": "1", "name": "a", "deleted": False})
    await living.update_one({"_id": "1"}, {"$set": {"deleted": True}})
    await living.insert_one({"_id": "2", "name": "a", "deleted": False})
    assert [each["_id"] for each in await living.find({"name": "a", "deleted": False})] == ["2"]
    assert await living.count({"name": "a"}) == 2


async def test_a_sparse_index_hides_nothing(database: Database) -> None:
    keys = database.collection("keys")
    await keys.insert_many([{"_id": "1"}, {"_id": "2", "key": "x"}])
    assert await keys.count({"key": None}) == 1
    assert await keys.count({"key": {"$exists": False}}) == 1
    assert [each["_id"] for each in await keys.find({}, sort=[("key", 1)])] == ["1", "2"]
    assert await keys.count({"key": "x"}) == 1


async def test_two_lists_in_one_index_are_refused(database: Database) -> None:
    with pytest.raises(BadDocument):
        await database.collection("pairs").insert_one({"_id": "1", "x": [1, 2], "y": [1, 2]})


async def test_both_bounds_may_be_met_by_different_items(database: Database) -> None:
    prints = database.collection("prints")
    await prints.insert_many([{"_id": "1", "prints": ["a", "z"]}, {"_id": "2", "prints": ["m"]}])
    where = {"prints": {"$gte": "k", "$lt": "l"}}
    assert [each["_id"] for each in await prints.find(where)] == ["1"]
    assert await prints.count(where) == 1


async def test_the_log_is_read_newest_first(database: Database) -> None:
    log = database.collection("log")
    await log.insert_many(
        [
            {"_id": f"{i:03}", "org": i % 2, "machine": f"m{i % 3}", "at": NOON + timedelta(seconds=i // 4)}
            for i in range(120)
        ]
    )
    where = {
        "org": 1,
        "machine": "m1",
        "at": {"$gte": NOON + timedelta(seconds=5), "$lt": NOON + timedelta(seconds=20)},
    }
    page = await log.find(where, sort=[("at", -1), ("_id", 1)], skip=2, limit=3)
    expected = [i for i in range(120) if i % 2 == 1 and i % 3 == 1 and 5 <= i // 4 < 20]
    expected.sort(key=lambda i: (-(i // 4), i))
    assert [each["_id"] for each in page] == [f"{i:03}" for i in expected[2:5]]
    assert await log.count(where) == len(expected)


async def test_words_are_found(database: Database) -> None:
    words = database.collection("words")
    await words.insert_many(
        [
            {"_id": "1", "command": "systemctl restart nginx", "note": "proxy"},
            {"_id": "2", "command": "docker ps"},
            {"_id": "3", "command": "nginx stop then RESTART"},
        ]
    )

    async def search(text: str) -> list[str]:
        found = await words.find({"$text": {"$search": text}}, sort=[("_id", 1)])
        assert await words.count({"$text": {"$search": text}}) == len(found)
        return [each["_id"] for each in found]

    assert await search("nginx") == ["1", "3"]
    assert await search("restart") == ["1", "3"]
    assert await search("docker proxy") == ["1", "2"]
    assert await search('"restart nginx"') == ["1"]
    assert await search("nginx -proxy") == ["3"]
    assert await search("-proxy") == []
    assert await search("ngin") == []
    assert await search('" -* " AND (') == []
    assert [each["_id"] for each in await words.find({"$text": {"$search": "nginx"}, "note": "proxy"})] == ["1"]
    await words.update_one({"_id": "1"}, {"$set": {"command": "apache"}})
    await words.delete_one({"_id": "3"})
    assert await search("nginx") == []
    assert await search("apache") == ["1"]


async def test_what_is_over_expires(database: Database) -> None:
    brief = database.collection("brief")
    hours = [NOON - timedelta(hours=age) for age in range(4)]
    await brief.insert_many([{"_id": str(age), "at": at} for age, at in enumerate(hours)])
    await brief.insert_many([{"_id": "text", "at": "long ago"}, {"_id": "none"}])
    assert await database.expire(NOON) == 3
    assert await brief.distinct("_id", {}) == ["0", "none", "text"]
    assert await database.expire(NOON) == 0


async def test_expiring_takes_more_than_one_batch(database: Database) -> None:
    brief = database.collection("brief")
    await brief.insert_many([{"_id": f"{i}", "at": NOON} for i in range(1100)])
    assert await database.expire(NOON + timedelta(days=1)) == 1100
    assert await brief.count({}) == 0
