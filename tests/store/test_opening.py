"""What may go wrong around the file: each has its own error, and nothing that was stored suffers."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from relay.store.catalog import APPLICATION_ID
from relay.store.collections import SCHEMA
from relay.store.errors import (
    Duplicate,
    NewerSchema,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
)
from relay.store.interface import Collection
from relay.store.schema import CollectionSchema, Index, Schema
from relay.store.sqlite import open_memory, open_sqlite
from tests.store.consistency import assert_sound
from tests.store.schemas import TEST_SCHEMA

ROOT = Path(__file__).resolve().parents[2]


def schema(*indexes: Index, version: int = 1) -> Schema:
    return Schema(version=version, collections=(CollectionSchema(name="c", indexes=indexes, scan_ok=True),))


NAME = Index(fields=(("name", 1),))
UNIQUE_NAME = Index(fields=(("name", 1),), unique=True)
WORDS = Index(fields=(("name", 1),), text=True)


async def test_the_products_schema_opens(tmp_path: Path) -> None:
    for opened in (await open_memory(SCHEMA), await open_sqlite(tmp_path / "fairlead.db", SCHEMA)):
        for collection in SCHEMA.collections:
            assert await opened.collection(collection.name).count({}) == 0
        await opened.close()


async def test_data_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = await open_sqlite(path, TEST_SCHEMA)
    await first.collection("email").insert_many([{"_id": str(i), "email": str(i)} for i in range(50)])
    await first.collection("prints").insert_one({"_id": "1", "prints": ["a", "z"]})
    await first.close()
    second = await open_sqlite(path, TEST_SCHEMA)
    assert await second.collection("email").count({}) == 50
    assert await second.collection("prints").count({"prints": {"$gte": "k", "$lt": "l"}}) == 1
    with pytest.raises(Duplicate):
        await second.collection("email").insert_one({"_id": "x", "email": "3"})
    await second.close()


async def test_only_the_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "data" / "store.db"
    opened = await open_sqlite(path, TEST_SCHEMA)
    await opened.collection("plain").insert_one({"_id": "1"})
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each.name
    await opened.close()


async def test_a_file_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch(0o644)
    await (await open_sqlite(path, TEST_SCHEMA)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_closed_database_is_unavailable(tmp_path: Path) -> None:
    for opened in (await open_memory(TEST_SCHEMA), await open_sqlite(tmp_path / "store.db", TEST_SCHEMA)):
        await opened.ping()
        await opened.close()
        await opened.close()
        with pytest.raises(StoreUnavailable):
            await opened.ping()
        with pytest.raises(StoreUnavailable):
            await opened.collection("plain").insert_one({"_id": "1"})


async def test_a_second_relay_is_kept_out(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = await open_sqlite(path, TEST_SCHEMA)
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        await open_sqlite(path, TEST_SCHEMA)
    await first.collection("plain").insert_one({"_id": "1"})
    await first.close()
    await (await open_sqlite(path, TEST_SCHEMA)).close()


async def test_another_process_keeps_us_out_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    command = [sys.executable, "-m", "tests.store.dying_writer", str(path), "other"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreLocked, match=str(other.pid)):
            await open_sqlite(path, TEST_SCHEMA)
        other.send_signal(signal.SIGKILL)
        other.stdout.read()
    await (await open_sqlite(path, TEST_SCHEMA)).close()


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await (await open_sqlite(path, schema(NAME, version=7))).close()
    before = path.read_bytes()
    with pytest.raises(NewerSchema, match=r"version 7.*knows 6") as refused:
        await open_sqlite(path, schema(version=6))
    assert (refused.value.found, refused.value.known) == (7, 6)
    assert path.read_bytes() == before
    await (await open_sqlite(path, schema(NAME, version=8))).close()


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="another program"):
        await open_sqlite(path, TEST_SCHEMA)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"precious notes" * 1000)
    with pytest.raises(StoreUnavailable, match="damaged or none of ours"):
        await open_sqlite(path, TEST_SCHEMA)
    assert path.read_bytes() == b"precious notes" * 1000


async def test_a_damaged_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    opened = await open_sqlite(path, TEST_SCHEMA)
    await opened.collection("plain").insert_many([{"_id": str(i), "x": "x" * 500} for i in range(200)])
    await opened.close()
    raw = bytearray(path.read_bytes())
    raw[4096 * 4 :] = b"\xee" * (len(raw) - 4096 * 4)
    path.write_bytes(raw)
    with pytest.raises(StoreUnavailable, match="damaged"):
        await read_all(path)


async def read_all(path: Path) -> None:
    opened = await open_sqlite(path, TEST_SCHEMA)
    try:
        await opened.collection("plain").find({})
    finally:
        await opened.close()


@pytest.mark.parametrize("place", ["file/store.db", "file/deeper/store.db"])
async def test_a_file_in_place_of_the_directory(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreReadOnly, match="file"):
        await open_sqlite(tmp_path / place, TEST_SCHEMA)


async def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreReadOnly):
        await open_sqlite(tmp_path, TEST_SCHEMA)


async def test_a_directory_that_cannot_be_made() -> None:
    with pytest.raises(StoreReadOnly):
        await open_sqlite(Path("/proc/no-such-place/store.db"), TEST_SCHEMA)


async def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await (await open_sqlite(path, schema(version=7))).close()
    with pytest.raises(NewerSchema):
        await open_sqlite(path, schema(version=6))
    await (await open_sqlite(path, schema(version=7))).close()


async def fill(collection: Collection) -> int:
    """Insert documents until there is no room; returns how many were acknowledged."""
    stored = 0
    with suppress(StoreFull):
        while True:
            await collection.insert_one({"_id": str(stored), "x": "x" * 3000})
            stored += 1
    return stored


async def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The page limit gives SQLite the same answer as a full disk."""
    path = tmp_path / "store.db"
    opened = await open_sqlite(path, TEST_SCHEMA)
    plain = opened.collection("plain")
    opened._file._writer.execute("PRAGMA max_page_count = 80")  # type: ignore[attr-defined] # no way in from outside
    stored = await fill(plain)
    assert stored > 3
    with pytest.raises(StoreFull, match="free some space"):
        await plain.insert_many([{"_id": f"more{i}", "x": "x" * 3000} for i in range(100)])
    assert await plain.count({}) == stored
    await plain.delete_many({"_id": {"$in": [str(i) for i in range(stored - 1)]}})
    await plain.insert_one({"_id": "room again", "x": "x" * 3000})
    await opened.close()
    assert_sound(path, TEST_SCHEMA)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of two megabytes, where the tests may mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a small file system: the full disk was tried by page limit only")
    return mount


async def test_a_really_full_disk_loses_nothing(small_disk: Path) -> None:
    try:
        path = small_disk / "data" / "store.db"
        opened = await open_sqlite(path, TEST_SCHEMA)
        stored = await fill(opened.collection("plain"))
        assert stored > 3
        assert await opened.collection("plain").count({}) == stored
        await opened.close()
        fill_up(small_disk)
        with pytest.raises(StoreFull):
            await open_sqlite(small_disk / "second" / "store.db", TEST_SCHEMA)
        assert_sound(path, TEST_SCHEMA)
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)


def fill_up(disk: Path) -> None:
    """Leave no room at all."""
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


async def test_an_index_is_built_over_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = await open_sqlite(path, schema())
    await first.collection("c").insert_many([{"_id": "1", "name": ["b", "x"]}, {"_id": "2", "name": "a"}])
    await first.close()
    second = await open_sqlite(path, schema(NAME, WORDS))
    names = second.collection("c")
    assert [each["_id"] for each in await names.find({"name": {"$gte": "b", "$lt": "c"}})] == ["1"]
    assert await names.count({"name": {"$gt": "c", "$lt": "w"}}) == 1  # "b" and "x" each meet one bound
    assert await names.count({"$text": {"$search": "x"}}) == 1
    await second.close()
    assert_sound(path, schema(NAME, WORDS))


async def test_an_index_that_does_not_hold_stops_the_opening(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = await open_sqlite(path, schema(NAME))
    await first.collection("c").insert_many([{"_id": "1", "name": "a"}, {"_id": "2", "name": "a"}])
    await first.close()
    with pytest.raises(Duplicate):
        await open_sqlite(path, schema(UNIQUE_NAME))
    again = await open_sqlite(path, schema(NAME))
    assert await again.collection("c").count({"name": "a"}) == 2
    await again.close()


async def test_an_index_may_change_or_go(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for indexes in ((NAME, WORDS), (UNIQUE_NAME,), (), (NAME,)):
        opened = await open_sqlite(path, schema(*indexes))
        await opened.collection("c").update_one({"_id": "1"}, {"$set": {"name": "a"}}, upsert=True)
        assert await opened.collection("c").count({"name": "a"}) == 1
        await opened.close()
        assert_sound(path, schema(*indexes))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()
