"""A process for test_chained.py: audit entries without end, a line for each acknowledged one. Usage: PATH TURN."""

import sys
from pathlib import Path

import trio

from relay.store.chained import Chains
from relay.store.collections import SCHEMA
from relay.store.sqlite import open_sqlite
from relay.store.writer import GroupWriter
from tests.store.test_chained import entry

TASKS = 9


async def main(path: str, turn: str) -> None:
    """Only a signal ends it."""
    database = await open_sqlite(Path(path), SCHEMA)
    writer = GroupWriter(database, Chains(database))

    async def write(task: int) -> None:
        number = 0
        while True:
            number += 1
            document = entry(number, f"tenant-{task % 3}")
            await writer.write("audit", {**document, "_id": f"{turn}-{task}-{number}"})
            print(number, flush=True)

    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        for task in range(TASKS):
            nursery.start_soon(write, task)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
