"""A process for test_kill.py: inserts without end and prints each id once it is acknowledged. Usage: PATH PREFIX."""

import sys
from pathlib import Path

import trio

from relay.store.interface import Database
from relay.store.sqlite import open_sqlite
from relay.store.writer import GroupWriter
from tests.store.schemas import TEST_SCHEMA

TASKS = 6


async def insert_without_end(database: Database, writer: GroupWriter, task: int, prefix: str) -> None:
    """Log rows through the writer, and documents that are inserted, moved and deleted one by one."""
    names, number = database.collection("names"), 0
    while True:
        number += 1
        identity = f"{prefix}-{task}-{number}"
        if task % 2:
            await writer.write("log", {"_id": identity, "org": task, "machine": "m", "at": number, "n": "x" * 50})
        else:
            await names.insert_one({"_id": identity, "org": prefix, "name": [identity, f"{identity}-again"]})
            await names.update_one({"_id": identity}, {"$set": {"name": f"moved-{identity}"}})
        print(identity, flush=True)


async def main(path: str, prefix: str) -> None:
    """Start everything; only a signal ends it."""
    database = await open_sqlite(Path(path), TEST_SCHEMA)
    writer = GroupWriter(database)
    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        for task in range(TASKS):
            nursery.start_soon(insert_without_end, database, writer, task, prefix)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
