"""An organization sees and changes its own documents, and cannot name another."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from relay.store.errors import Missing, OutOfScope, Stale, StoreError, UnsupportedQuery
from relay.store.interface import Collection, Database, UpdateResult
from relay.store.scoped import Page, Scoped
from relay.store.sqlite import open_memory
from tests.store.schemas import TEST_SCHEMA


@pytest.fixture
async def plain() -> AsyncIterator[Collection]:
    opened: Database = await open_memory(TEST_SCHEMA)
    collection = opened.collection("plain")
    for tenant in ("a", "b"):
        await Scoped(collection, tenant).insert_many(
            [{"_id": f"{tenant}{i}", "n": i, "kind": i % 2, "version": 1} for i in range(5)]
        )
    yield collection
    await opened.close()


async def test_documents_carry_their_organization(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    await mine.insert_one({"_id": "new"})
    await mine.insert_one({"_id": "named", "tenant_id": "a"})
    assert await plain.find({"_id": {"$in": ["new", "named"]}}, projection={"_id": 0}) == [{"tenant_id": "a"}] * 2
    with pytest.raises(OutOfScope):
        await mine.insert_one({"_id": "theirs", "tenant_id": "b"})
    with pytest.raises(OutOfScope):
        await mine.insert_many([{"_id": "mine"}, {"_id": "theirs", "tenant_id": "b"}])
    with pytest.raises(OutOfScope):
        await mine.replace_one({"_id": "new"}, {"tenant_id": "b"})
    assert await plain.count({"_id": {"$in": ["mine", "theirs"]}}) == 0


async def test_only_ones_own_are_found(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    assert (await mine.get("a1"))["n"] == 1
    assert await mine.get("a1", projection={"kind": 1}) == {"_id": "a1", "kind": 1}
    with pytest.raises(Missing, match="b1"):
        await mine.get("b1")
    assert await mine.find_one({"_id": "b1"}) is None
    assert [each["_id"] for each in await mine.find({"kind": 0}, sort=[("n", -1)], skip=1, limit=1)] == ["a2"]
    assert await mine.count({}) == 5
    assert await mine.distinct("_id", {"n": {"$lt": 2}}) == ["a0", "a1"]
    assert await mine.count({"$or": [{"_id": "b1"}, {"_id": "a1"}]}) == 1
    assert issubclass(Missing, KeyError)


async def test_only_ones_own_are_aggregated(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    assert await mine.aggregate([{"$count": "n"}]) == [{"n": 5}]
    assert await mine.aggregate([{"$match": {"kind": 1}}, {"$count": "n"}]) == [{"n": 2}]
    assert len(await mine.aggregate([])) == 5
    with pytest.raises(OutOfScope):
        await mine.aggregate([{"$lookup": {"from": "plain", "localField": "n", "foreignField": "n", "as": "x"}}])
    with pytest.raises(OutOfScope):
        await mine.aggregate([{"$match": {"tenant_id": "b"}}])


async def test_only_ones_own_are_changed(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    change: Any = {"$set": {"x": 1}}
    assert await mine.update_one({"_id": "b1"}, change) == UpdateResult(0, 0)
    assert await mine.replace_one({"_id": "b1"}, {"x": 1}) == UpdateResult(0, 0)
    assert await mine.find_one_and_update({"_id": "b1"}, change) is None
    assert await mine.find_one_and_delete({"_id": "b1"}) is None
    assert await mine.delete_one({"_id": "b1"}) == 0
    assert await mine.update_many({}, change) == UpdateResult(5, 5)
    assert (await mine.replace_one({"_id": "a0"}, {"y": 1})).modified == 1
    assert await mine.get("a0") == {"_id": "a0", "y": 1, "tenant_id": "a"}
    assert await mine.find_one_and_delete({"kind": 0}, sort=[("n", -1)]) is not None
    assert await mine.delete_many({}) == 4
    assert await plain.find({"x": 1}) == []
    assert await plain.count({}) == 5


async def test_an_upsert_belongs_to_the_organization(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    await mine.update_one({"_id": "new"}, {"$set": {"x": 1}}, upsert=True)
    assert await mine.get("new") == {"_id": "new", "tenant_id": "a", "x": 1}
    with pytest.raises(StoreError):  # the id is taken, by somebody else
        await mine.update_one({"_id": "b1"}, {"$set": {"x": 1}}, upsert=True)


@pytest.mark.parametrize(
    "where",
    [
        {"tenant_id": "a"},
        {"tenant_id.x": "b"},
        {"$or": [{"tenant_id": "b"}, {"n": 1}]},
        {"$and": [{"$nor": [{"tenant_id": "a"}]}]},
    ],
    ids=str,
)
async def test_a_filter_cannot_name_an_organization(plain: Collection, where: Any) -> None:
    mine = Scoped(plain, "a")
    for verb in (mine.find, mine.find_one, mine.count, mine.delete_one, mine.delete_many, mine.find_one_and_delete):
        with pytest.raises(OutOfScope):
            await verb(where)
    with pytest.raises(OutOfScope):
        await mine.update_many(where, {"$set": {"x": 1}})


@pytest.mark.parametrize(
    "update",
    [
        {"$set": {"tenant_id": "b"}},
        {"$unset": {"tenant_id": ""}},
        {"$rename": {"kind": "tenant_id"}},
        {"$setOnInsert": {"tenant_id.x": 1}},
    ],
    ids=str,
)
async def test_an_update_cannot_move_a_document(plain: Collection, update: Any) -> None:
    mine = Scoped(plain, "a")
    for verb in (mine.update_one, mine.update_many, mine.find_one_and_update):
        with pytest.raises(OutOfScope):
            await verb({"_id": "a1"}, update)
    with pytest.raises(OutOfScope):
        await mine.update_version("a1", 1, update)


async def test_a_version_is_used_once(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    assert (await mine.update_version("a1", 1, {"$set": {"x": 1}, "$inc": {"n": 10}}))["version"] == 2
    with pytest.raises(Stale):
        await mine.update_version("a1", 1, {"$set": {"x": 2}})
    with pytest.raises(Missing):
        await mine.update_version("b1", 1, {"$set": {"x": 2}})
    with pytest.raises(UnsupportedQuery):
        await mine.update_version("a1", 2, {"$set": {"version": 9}})
    assert await mine.get("a1") == {"_id": "a1", "n": 11, "kind": 1, "version": 2, "tenant_id": "a", "x": 1}


async def test_pages_follow_one_another(plain: Collection) -> None:
    mine = Scoped(plain, "a")
    pages = [await mine.page({}, sort=[("kind", -1)], page=number, limit=2) for number in (1, 2, 3, 4)]
    assert [[each["_id"] for each in page.items] for page in pages] == [["a3", "a1"], ["a4", "a2"], ["a0"], []]
    assert {page.total for page in pages} == {5}
    assert await mine.page({"n": 9}, sort=[], page=1, limit=2) == Page(items=[], total=0, page=1, limit=2)
    by_id = await mine.page({}, sort=[("_id", -1)], page=1, limit=1)
    assert by_id.items[0]["_id"] == "a4"
    for page, limit in ((0, 2), (1, 0)):
        with pytest.raises(UnsupportedQuery):
            await mine.page({}, sort=[], page=page, limit=limit)
