"""Power may go at any moment: what was acknowledged is there afterwards, and the indexes agree with the documents."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from relay.store.interface import Database
from relay.store.sqlite import open_sqlite
from tests.store.consistency import assert_sound
from tests.store.schemas import TEST_SCHEMA

ROUNDS = 5
ROOT = Path(__file__).resolve().parents[2]


def killed_after(path: Path, prefix: str, acknowledged: int) -> list[str]:
    """Run the writer and kill it once it has acknowledged so many ids; returns all it got out."""
    command = [sys.executable, "-m", "tests.store.dying_writer", str(path), prefix]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    # The last line may be cut short by the kill: without its end it was never printed whole.
    return [line.strip() for line in lines if line.endswith("\n")]


async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path, chance = tmp_path / "store.db", random.Random(20261121)
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        acknowledged += killed_after(path, f"round{number}", chance.randrange(20, 300))
        database = await open_sqlite(path, TEST_SCHEMA)
        assert set(acknowledged) <= await stored(database)
        await database.close()
        assert_sound(path, TEST_SCHEMA)
    assert len(acknowledged) >= 20 * ROUNDS


async def stored(database: Database) -> set[str]:
    found = await database.collection("log").distinct("_id", {})
    return {*found, *await database.collection("names").distinct("_id", {"name": {"$regex": "^moved"}})}
