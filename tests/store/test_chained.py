"""The chain whatever happens to a writer: many at once, refusals, a full disk, kills, a second relay."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio

from relay.domain.audit_chain import CHAIN, ChainCheck
from relay.store.chained import Chains
from relay.store.collections import SCHEMA
from relay.store.errors import BadDocument, Duplicate, StoreFull
from relay.store.interface import Database
from relay.store.mongo import open_mongo
from relay.store.sqlite import open_memory, open_sqlite
from relay.store.writer import GroupWriter
from tests.store.mongo_server import MongoServer

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def entry(number: int, tenant_id: str = "acme", **changes: Any) -> dict[str, Any]:
    names = ("user_id", "username", "action", "category", "severity", "resource", "resource_id", "ip_address",
             "user_agent", "source", "status")  # fmt: skip
    return {
        "_id": f"{tenant_id}-{number}", "tenant_id": tenant_id, **dict.fromkeys(names, ""), "timestamp": AT,
        "details": {"number": number, "text": "é\u2028\x01"}, **changes,
    }  # fmt: skip


@pytest.fixture(params=["memory", "file", "wire"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    server = MongoServer(SCHEMA) if request.param == "wire" else None
    if server is not None:
        opened = await open_mongo(server.uri, SCHEMA, strict_indexes=True)
    elif request.param == "file":
        opened = await open_sqlite(tmp_path / "fairlead.db", SCHEMA, strict_indexes=True)
    else:
        opened = await open_memory(SCHEMA, strict_indexes=True)
    yield opened
    await opened.close()
    if server is not None:
        server.close()


async def checked(database: Database, tenant_id: str = "acme") -> ChainCheck:
    """The whole chain as it is stored, which must be right."""
    found = await database.collection("audit").find({"tenant_id": tenant_id, "chain": CHAIN}, sort=[("seq", 1)])
    check = ChainCheck()
    check.documents(found)
    assert check.fault is None
    assert check.rows == len(found)
    return check


async def test_many_writers_of_several_organizations_make_one_chain_each(database: Database) -> None:
    writer = GroupWriter(database, Chains(database))
    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        async with trio.open_nursery() as writing:
            for number in range(300):
                writing.start_soon(writer.write, "audit", entry(number, f"tenant-{number % 3}"))
        await writer.stop()
    for tenant in range(3):
        assert (await checked(database, f"tenant-{tenant}")).rows == 100


async def test_a_new_writer_goes_on_where_the_old_one_ended(database: Database) -> None:
    for turn in range(3):
        assert await Chains(database).insert([entry(2 * turn), entry(2 * turn + 1)]) == [None, None]
    assert (await checked(database)).head.seq == 6


async def test_a_row_that_is_refused_leaves_no_gap(database: Database) -> None:
    chains = Chains(database)
    bad = entry(2, details={"at": object()})
    refusals = await chains.insert([entry(1), bad, entry(1, details={"another": 1}), entry(3)])
    assert [type(each) for each in refusals] == [type(None), BadDocument, Duplicate, type(None)]
    assert (await checked(database)).rows == 2
    assert chains.written["acme"].seq == 2
    assert await chains.insert([entry(4)]) == [None]
    assert (await checked(database)).rows == 3


async def test_two_relays_on_one_database_make_no_fork(database: Database) -> None:
    """As MongoDB allows: each believes to know the end, and the unique index tells the slower one."""
    first, second = Chains(database), Chains(database)
    for turn in range(10):
        await first.insert([entry(10 * turn), entry(10 * turn + 1)])
        await second.insert([entry(10 * turn + 2), entry(10 * turn + 3)])
    assert (await checked(database)).rows == 40


class Failing:
    """A database whose disk is full now and then, in the middle of everything."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_full = False

    def collection(self, name: str) -> Any:
        collection = self.database.collection(name)
        if self.is_full:
            raise StoreFull("the disk is full")
        return collection

    async def insert_each(self, rows: Any) -> Any:
        return await self.database.insert_each(rows)


async def test_a_full_disk_costs_the_rows_of_that_moment_and_nothing_else(database: Database) -> None:
    disk = Failing(database)
    writer = GroupWriter(disk, Chains(disk))  # type: ignore[arg-type]  # as much of a database as the writer asks for
    heard: Counter[str] = Counter()

    async def write(number: int) -> None:
        try:
            await writer.write("audit", entry(number))
        except StoreFull:
            heard["full"] += 1
        else:
            heard["written"] += 1

    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        for turn in range(4):
            disk.is_full = turn % 2 == 1
            async with trio.open_nursery() as writing:
                for number in range(20):
                    writing.start_soon(write, 20 * turn + number)
        await writer.stop()
    assert heard == {"written": 40, "full": 40}
    assert (await checked(database)).rows == 40


async def test_entries_without_a_chain_do_not_clash(database: Database) -> None:
    for number in range(3):
        await database.collection("audit").insert_one(entry(number, "older"))
    assert await Chains(database).insert([entry(9, "older")]) == [None]
    assert (await checked(database, "older")).rows == 1


async def test_a_kill_at_any_moment_leaves_a_whole_chain(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "fairlead.db", 0
    for turn in range(4):
        command = [sys.executable, "-m", "tests.store.dying_chain", str(path), str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(50 + 37 * turn)]
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        acknowledged += sum(line.endswith("\n") for line in lines)
        database = await open_sqlite(path, SCHEMA, strict_indexes=True)
        rows = sum([(await checked(database, f"tenant-{number}")).rows for number in range(3)])
        await database.close()
        assert rows >= acknowledged
