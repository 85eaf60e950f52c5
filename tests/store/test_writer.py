"""The group writer: durable when it says so, each row answered for itself, nothing lost at the end."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.store.errors import BadDocument, Duplicate, StoreFull, StoreUnavailable
from relay.store.interface import Collection, Database, Document
from relay.store.sqlite import open_memory, open_sqlite
from relay.store.writer import BATCH_ROWS, CHANNEL_ROWS, GroupWriter
from tests.store.schemas import TEST_SCHEMA


class Counting:
    """A database that counts how large the groups are, and may have something happen in the middle of one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.groups: list[int] = []
        self.failure: Exception | None = None

    def collection(self, name: str) -> Collection:
        return self.database.collection(name)

    async def insert_each(self, rows: Sequence[tuple[str, Document]]) -> list[Exception | None]:
        self.groups.append(len(rows))
        if self.failure is not None:
            raise self.failure
        return await self.database.insert_each(rows)


@pytest.fixture
async def database() -> AsyncIterator[Counting]:
    opened = await open_memory(TEST_SCHEMA)
    yield Counting(opened)
    await opened.close()


@pytest.fixture
def writer(database: Counting) -> GroupWriter:
    return GroupWriter(database)  # type: ignore[arg-type] # the writer asks for insert_each alone


async def test_what_is_written_is_there(tmp_path: Path) -> None:
    opened = await open_sqlite(tmp_path / "store.db", TEST_SCHEMA)
    writer = GroupWriter(opened)
    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        await writer.write("log", {"_id": "1", "org": 1})
        assert await opened.collection("log").find({}) == [{"_id": "1", "org": 1}]
        await writer.stop()
    await opened.close()


async def test_rows_that_wait_are_written_together(database: Counting, writer: GroupWriter) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(600):
            nursery.start_soon(writer.write, "plain", {"_id": str(number)})
        await trio.testing.wait_all_tasks_blocked()
        async with trio.open_nursery() as running:
            await running.start(writer.run)
            await writer.stop()
    assert database.groups == [BATCH_ROWS, BATCH_ROWS, 600 - 2 * BATCH_ROWS]
    assert await database.collection("plain").count({}) == 600


async def test_each_caller_hears_of_its_own_row(database: Counting, writer: GroupWriter) -> None:
    heard: dict[str, str] = {}

    async def write(name: str, document: Document) -> None:
        try:
            await writer.write("email", document)
        except (Duplicate, BadDocument) as refusal:
            heard[name] = type(refusal).__name__
        else:
            heard[name] = "written"

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write, "first", {"_id": "1", "email": "a"})
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(write, "same", {"_id": "2", "email": "a"})
        nursery.start_soon(write, "bad", {"email": "c"})
        nursery.start_soon(write, "other", {"_id": "3", "email": "b"})
        await trio.testing.wait_all_tasks_blocked()
        await nursery.start(writer.run)
        await writer.stop()
    assert heard == {"first": "written", "same": "Duplicate", "bad": "BadDocument", "other": "written"}
    assert database.groups == [4]


async def test_a_failed_group_is_heard_by_everyone_and_the_writer_goes_on(
    database: Counting, writer: GroupWriter
) -> None:
    refusals: list[Exception] = []

    async def write(number: int) -> None:
        with pytest.raises(StoreFull) as refused:
            await writer.write("plain", {"_id": str(number)})
        refusals.append(refused.value)

    database.failure = StoreFull("no room")
    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as writing:
            for number in range(3):
                writing.start_soon(write, number)
            await trio.testing.wait_all_tasks_blocked()
            await nursery.start(writer.run)
        assert len({id(refusal) for refusal in refusals}) == 3
        database.failure = None
        await writer.write("plain", {"_id": "room again"})
        await writer.stop()
    assert await database.collection("plain").count({}) == 1


async def test_cancelling_writes_what_is_waiting(database: Counting, writer: GroupWriter) -> None:
    written: list[str] = []

    async def write(identity: str) -> None:
        await writer.write("plain", {"_id": identity})
        written.append(identity)

    async with trio.open_nursery() as nursery:
        # More than the channel holds: the last of them still wait to hand their row over.
        for number in range(CHANNEL_ROWS + 10):
            nursery.start_soon(write, str(number))
        await trio.testing.wait_all_tasks_blocked()
        with trio.CancelScope() as scope:
            scope.cancel()
            await writer.run()
    assert len(written) == CHANNEL_ROWS + 10
    assert await database.collection("plain").count({}) == CHANNEL_ROWS + 10
    with pytest.raises(StoreUnavailable):
        await writer.write("plain", {"_id": "late"})


async def test_a_stopped_writer_takes_no_more(writer: GroupWriter) -> None:
    await writer.stop()
    await writer.run()
    with pytest.raises(StoreUnavailable):
        await writer.write("plain", {"_id": "late"})


async def test_a_defect_leaves_nobody_waiting(database: Counting, writer: GroupWriter) -> None:
    refused: list[str] = []

    async def write(number: int) -> None:
        with pytest.raises(StoreUnavailable):
            await writer.write("plain", {"_id": str(number)})
        refused.append(str(number))

    database.failure = ZeroDivisionError()
    async with trio.open_nursery() as nursery:
        for number in range(BATCH_ROWS * 3):
            nursery.start_soon(write, number)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(ZeroDivisionError):
            await writer.run()
    assert len(refused) == BATCH_ROWS * 3


async def test_a_cancelled_caller_does_not_take_its_row_back(database: Counting, writer: GroupWriter) -> None:
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.write, "plain", {"_id": "1"})
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    await writer.stop()
    await writer.run()
    assert await database.collection("plain").count({}) == 1
