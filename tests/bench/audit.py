"""The audit trail: entries written, verified in the database and verified in an export, each beside its floor.

The floor of writing is the same rows through the same group commit without a chain. The floor of verifying is one scan
of the same rows in the same order by SQLite alone, and SHA-256 of the same bytes; that of an export is reading its
lines and SHA-256 of each.
"""

import hashlib
import sqlite3
import tempfile
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import trio

from relay.audit_command import verify_export
from relay.clock import Clock
from relay.domain.audit_chain import canonical, entry_of
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.services.audit_exports import AuditExports
from relay.services.audit_log import AuditFilter, AuditLog
from relay.services.audit_verification import AuditVerification
from relay.store.chained import Chains
from relay.store.collections import SCHEMA
from relay.store.interface import Database
from relay.store.sqlite import open_sqlite
from relay.store.writer import GroupWriter
from relay.vault.audit_key import AuditKey
from relay.vault.checkpoint_file import CheckpointFile
from tests.bench.table import head, row

ROWS = 100_000
WRITERS = 64
TENANT = "bench"
SCAN = (
    'SELECT d.document FROM "index:audit:tenant_id_1_seq_1" AS x CROSS JOIN "documents:audit" AS d ON d.rid = x.rid '
    "ORDER BY x.k"
)


class Anybody:
    """An administrator, as far as the services look."""

    is_super_admin = False
    tenant_id = TENANT
    user_id = username = ip_address = user_agent = source = ""


def run(quick: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        trio.run(_measure, Path(folder), ROWS // 50 if quick else ROWS)


async def _measure(folder: Path, rows: int) -> None:
    head(f"audit: {rows:,} entries, rows/s", "raw")
    async with _database(folder / "plain.db") as plain:
        floor = await _write(plain, GroupWriter(plain), rows)
    async with _database(folder / "fairlead.db") as database:
        chains = Chains(database)
        row(f"written by {WRITERS} at once", floor, await _write(database, GroupWriter(database, chains), rows))
        await _verified(folder, database, chains, rows)


@asynccontextmanager
async def _database(path: Path) -> Any:
    opened = await open_sqlite(path, SCHEMA, strict_indexes=True)
    try:
        yield opened
    finally:
        await opened.close()


async def _write(database: Database, writer: GroupWriter, rows: int) -> float:
    ids, clock = Ids(), Clock()

    async def write(count: int) -> None:
        for number in range(count):
            await writer.write("audit", _entry(ids.object_id(), clock, number))

    async with trio.open_nursery() as nursery:
        await nursery.start(writer.run)
        start = time.perf_counter()
        async with trio.open_nursery() as writing:
            for _ in range(WRITERS):
                writing.start_soon(write, rows // WRITERS)
        seconds = time.perf_counter() - start
        await writer.stop()
    return rows / seconds


def _entry(object_id: str, clock: Clock, number: int) -> dict[str, Any]:
    return {
        "_id": object_id, "tenant_id": TENANT, "user_id": "0" * 24, "username": "somebody", "action": "machine_access",
        "category": "session", "severity": "info", "resource": "session", "resource_id": "0123456789ab",
        "ip_address": "203.0.113.9", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "source": "ui",
        "status": "success", "timestamp": clock.now(),
        "details": {"machine_name": f"web-{number}", "via": "group", "session_id": object_id},
    }  # fmt: skip


async def _verified(folder: Path, database: Database, chains: Chains, rows: int) -> None:
    key, file, clock = AuditKey(folder), CheckpointFile(folder), Clock()
    checkpoints = AuditCheckpoints(database=database, chains=chains, key=key, file=file, clock=clock)
    await checkpoints.sign_all()
    verification = AuditVerification(database=database, chains=chains, checkpoints=checkpoints, key=key)
    start = time.perf_counter()
    report = await verification.verify(Anybody(), TENANT)  # type: ignore[arg-type]  # as much of an actor as is asked
    seconds = time.perf_counter() - start
    assert report.fault is None
    entries = await database.collection("audit").find({"tenant_id": TENANT}, sort=[("timestamp", -1)])
    raw = [canonical(entry_of(each)) for each in entries]
    row("verified in the database", rows / _scan_and_hash(folder / "fairlead.db", raw), rows / seconds)
    export = await _export(folder, database, chains, checkpoints)
    floor = time.perf_counter()
    with export.open("rb") as lines:
        for line in lines:
            hashlib.sha256(line).hexdigest()
    floor = time.perf_counter() - floor
    start = time.perf_counter()
    code, sentence = await trio.to_thread.run_sync(verify_export, export, None, None)
    assert code == 0, sentence
    row("verified in an export", rows / floor, rows / (time.perf_counter() - start))


def _scan_and_hash(path: Path, raw: list[bytes]) -> float:
    start = time.perf_counter()
    with closing(sqlite3.connect(path)) as connection:
        for _, text in zip(connection.execute(SCAN), raw, strict=True):
            hashlib.sha256(text).hexdigest()
    return time.perf_counter() - start


async def _export(folder: Path, database: Database, chains: Chains, checkpoints: AuditCheckpoints) -> Path:
    """Past the audit entry that an export is: the writer has stopped."""
    clock = Clock()
    exports = AuditExports(
        database=database, log=AuditLog(database=database), audit=Audit(writer=Silent(), clock=clock, ids=Ids()),
        chains=chains, checkpoints=checkpoints, key=checkpoints.key, clock=clock,
    )  # fmt: skip
    path = folder / "export.jsonl"
    start, size = time.perf_counter(), 0
    with path.open("wb") as file:
        async for part in await exports.export(Anybody(), AuditFilter(), TENANT, "jsonl"):  # type: ignore[arg-type]  # see above
            size += file.write(part)
    print(f"  (exported {size / 1e6:.0f} MB in {time.perf_counter() - start:.2f} s)")
    return path


class Silent:
    """A writer for entries nobody needs."""

    async def write(self, collection: str, document: dict[str, Any]) -> None:
        del collection, document
