"""Texts found by their parts: the same answers as without the index, newest first, and never past the bound."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest

from relay.store.errors import BadDocument, NoIndex, UnsupportedQuery
from relay.store.schema import CollectionSchema, Schema
from relay.store.sqlite import open_memory, open_sqlite
from relay.store.substrings import SECOND_BITS
from tests.store.schemas import TEST_SCHEMA

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
WORDS = ("rm -rf /var", "RM -RF /var/log", "ls", "cat a_b%c", "Привет мир", "привет", 'say "hi"', "x" * 300, "a\nb", "")
EVERYTHING = 10_000
SEARCHED = TEST_SCHEMA.collection("searched")


def row(number, text, *, org="o", machine="m", at=0.0, session="s"):
    return {
        "_id": f"{number:04d}", "org": org, "machine": machine, "session": session, "text": text,
        "at": NOON + timedelta(seconds=at),
    }  # fmt: skip


def containing(text):
    return {"$regex": re.escape(text), "$options": "i"}


async def ids(database, where, *, limit=EVERYTHING, examine=EVERYTHING):
    found = await database.collection("searched").newest(where, "at", limit=limit, examine=examine)
    assert found.stopped_at is None
    return [each["_id"] for each in found.documents]


async def filled(database, count=300):
    chance = random.Random(7)
    rows = [
        row(
            number, chance.choice(WORDS) + chance.choice(WORDS), org=chance.choice("op"), machine=chance.choice("mno"),
            at=chance.choice((0, 0.5, 1, 2, 60, -5)) + chance.randrange(3), session=chance.choice("stu"),
        )
        for number in range(count)
    ]  # fmt: skip
    await database.collection("searched").insert_many(rows)
    return rows


def expected(rows, text, **equal):
    found = [
        each for each in rows
        if re.search(re.escape(text), each["text"], re.IGNORECASE)
        and all(each[name] in (value if isinstance(value, list) else [value]) for name, value in equal.items())
    ]  # fmt: skip
    return [each["_id"] for each in sorted(found, key=lambda each: (each["at"], each["_id"]), reverse=True)]


@pytest.mark.parametrize(
    "text", ["rm -rf /var", "rm -rf /VAR/l", "-rf", "ПРИВЕТ", "_b%", '"hi"', "x" * 200, "s", "zz", "a\nb"]
)
async def test_the_newest_that_contain_a_text_are_those_a_reader_of_everything_finds(database, text):
    rows = await filled(database)
    assert await ids(database, {"org": "o", "text": containing(text)}) == expected(rows, text, org="o")
    several = {"org": "o", "machine": {"$in": ["m", "n"]}, "text": containing(text)}
    assert await ids(database, several) == expected(rows, text, org="o", machine=["m", "n"])
    assert await ids(database, several, limit=3) == expected(rows, text, org="o", machine=["m", "n"])[:3]
    by_session = {"session": "t", "text": containing(text)}
    assert await ids(database, by_session) == expected(rows, text, session="t")


async def test_other_verbs_use_it_too_and_sort_as_they_are_told(database):
    rows = await filled(database)
    where = {"org": "o", "text": containing("rm -rf")}
    searched = database.collection("searched")
    found = await searched.find(where, sort=[("at", 1), ("_id", 1)])
    assert [each["_id"] for each in found] == expected(rows, "rm -rf", org="o")[::-1]
    found = await searched.find(where, sort=[("_id", 1)], skip=2, limit=3)
    assert [each["_id"] for each in found] == sorted(expected(rows, "rm -rf", org="o"))[2:5]
    assert await searched.count(where) == len(expected(rows, "rm -rf", org="o"))


async def test_bounds_of_time_and_a_place_to_go_on_from(database):
    rows = await filled(database)
    whole = expected(rows, "rm -rf", org="o")
    by_id = {each["_id"]: each for each in rows}
    read, last = [], None
    while True:
        where = {"org": "o", "text": containing("rm -rf")}
        if last is not None:
            at = by_id[last]["at"]
            where |= {"at": {"$lte": at}, "$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": last}}]}
        page = await ids(database, where, limit=7)
        if not page:
            break
        read, last = read + page, page[-1]
    assert read == whole
    late = {"org": "o", "text": containing("rm -rf"), "at": {"$gt": NOON + timedelta(seconds=1.5)}}
    assert await ids(database, late) == [each for each in whole if by_id[each]["at"] > NOON + timedelta(seconds=1.5)]


async def test_changed_and_deleted_documents_are_found_as_they_are_now(database):
    searched = database.collection("searched")
    await searched.insert_many([row(1, "systemctl stop"), row(2, "systemctl start"), row(3, "reboot")])
    await searched.update_one({"org": "o", "_id": "0001"}, {"$set": {"text": "poweroff"}})
    await searched.update_one({"org": "o", "_id": "0002"}, {"$set": {"at": NOON + timedelta(days=1)}})
    await searched.delete_one({"org": "o", "_id": "0003"})
    assert await ids(database, {"org": "o", "text": containing("systemctl")}) == ["0002"]
    assert await ids(database, {"org": "o", "text": containing("poweroff")}) == ["0001"]
    assert await ids(database, {"org": "o", "text": containing("reboot")}) == []
    assert await ids(database, {"org": "o"}) == ["0002", "0001"]


async def test_without_an_index_that_ends_in_the_time_it_is_refused(database):
    searched = database.collection("searched")
    with pytest.raises(NoIndex):
        await searched.newest({"machine": "m"}, "at", limit=1, examine=1)
    with pytest.raises(NoIndex):
        await searched.newest({"text": containing("ls")}, "at", limit=1, examine=1)
    with pytest.raises(UnsupportedQuery):
        await searched.newest({"org": "o"}, "at", limit=0, examine=1)


async def test_it_stops_at_its_bound_and_says_where():
    database = await open_memory(Schema(version=1, collections=(SEARCHED,)), strict_indexes=True)
    searched = database.collection("searched")
    await searched.insert_many([row(number, f"needle {number}", at=number // 2) for number in range(40)])
    for where in ({"org": "o", "machine": {"$in": ["m"]}}, {"org": "o", "text": containing("needle")}):
        rare = {**where, "session": "none"}
        stopped = await searched.newest(rare, "at", limit=5, examine=9)
        assert (stopped.documents, stopped.stopped_at) == ([], NOON + timedelta(seconds=15))
        found = await searched.newest(where, "at", limit=5, examine=9)
        assert ([each["_id"] for each in found.documents], found.stopped_at) == (
            ["0039", "0038", "0037", "0036", "0035"], None,
        )  # fmt: skip
    await database.close()


async def test_a_document_without_its_time_is_refused():
    database = await open_memory(Schema(version=1, collections=(SEARCHED,)))
    with pytest.raises(BadDocument, match="at must be a time"):
        await database.collection("searched").insert_one({"_id": "1", "org": "o", "text": "ls"})
    await database.close()


async def test_it_is_built_for_what_is_there_and_taken_away_with_its_declaration(tmp_path):
    plain = Schema(version=1, collections=(CollectionSchema(name="searched", indexes=SEARCHED.indexes),))
    with_search = Schema(version=1, collections=(SEARCHED,))
    path = tmp_path / "store.db"
    for schema, expects in (
        (plain, False),
        (with_search, True),
        (with_search, True),
        (plain, False),
        (with_search, True),
    ):
        database = await open_sqlite(path, schema, strict_indexes=True)
        if schema is plain and not await database.collection("searched").count({"org": "o"}):
            await filled(database)
        if expects:
            found = await ids(database, {"text": containing("rm -rf /var")})
            assert found == expected(await filled_rows(), "rm -rf /var")
        await database.close()


async def filled_rows():
    database = await open_memory(Schema(version=1, collections=(SEARCHED,)))
    rows = await filled(database)
    await database.close()
    return rows


def test_a_second_has_room_for_a_million():
    assert 1 << SECOND_BITS > 1_000_000
