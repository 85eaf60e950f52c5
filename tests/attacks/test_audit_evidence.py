"""Case 40: whoever gets at the database, the data directory or an export, the verification names the place."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import bson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.app import DATABASE_NAME
from relay.audit_command import verify_export
from relay.domain.audit_chain import Head, entry_of, hash_of, seal
from relay.domain.audit_export import end_message
from relay.vault.audit_key import AuditKey
from relay.vault.keys import UnusableKey
from tests.webxterm.house import Client, Relay, relay

CODEC = bson.CodecOptions(tz_aware=True)
ENTRIES = 12
NAMES = st.sampled_from(
    [
        "seq",
        "hash",
        "id",
        "tenant_id",
        "prev_hash",
        "checkpoint",
        "earlier",
        "end",
        "rows",
        "last_seq",
        "sha256",
        "kid",
        "keys",
        "x",
    ]
)
"""Names of an export's lines."""
LINKS = '"index:audit:tenant_id_1_seq_1"'


class Intruder:
    """Somebody with the database file, who knows how it is made."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE_NAME

    def entries(self, connection: sqlite3.Connection) -> dict[int, tuple[int, dict[str, Any]]]:
        """seq → (row number, document) of the organization's chain."""
        rows = connection.execute('SELECT rid, document FROM "documents:audit"').fetchall()
        found = [(rid, bson.decode(raw, CODEC)) for rid, raw in rows]
        return {doc["seq"]: (rid, doc) for rid, doc in found if doc["tenant_id"] == "acme" and "seq" in doc}

    def run(self, change: Callable[[sqlite3.Connection, dict[int, tuple[int, dict[str, Any]]]], None]) -> None:
        """One transaction of the intruder's, beside the running relay."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            change(connection, self.entries(connection))
            connection.execute("COMMIT")


def put(connection: sqlite3.Connection, rid: int, document: dict[str, Any]) -> None:
    connection.execute('UPDATE "documents:audit" SET document = ? WHERE rid = ?', (bson.encode(document), rid))


def remove(connection: sqlite3.Connection, rid: int) -> None:
    connection.execute('DELETE FROM "documents:audit" WHERE rid = ?', (rid,))
    tables = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'index:audit:%'").fetchall()
    for (table,) in tables:
        connection.execute(f'DELETE FROM "{table}" WHERE rid = ?', (rid,))


def edited(connection, entries):
    rid, document = entries[5]
    put(connection, rid, {**document, "username": "somebody else"})


def edited_inside(connection, entries):
    rid, document = entries[5]
    put(connection, rid, {**document, "details": {**document["details"], "name": "other"}})


def edited_with_hash(connection, entries):
    rid, document = entries[5]
    changed = {**document, "status": "failure"}
    put(connection, rid, {**changed, "hash": hash_of(entry_of(changed))})


def deleted(connection, entries):
    remove(connection, entries[5][0])


def first_deleted(connection, entries):
    remove(connection, entries[1][0])


def reordered(connection, entries):
    (first, a), (second, b) = entries[5], entries[6]
    put(connection, first, {**a, "seq": 6})
    put(connection, second, {**b, "seq": 5})
    swap = f"UPDATE {LINKS} SET rid = CASE rid WHEN ? THEN ? ELSE ? END WHERE rid IN (?, ?)"
    connection.execute(swap, (first, second, first, first, second))


def rewritten(connection, entries):
    """The whole chain anew from entry 5 on, as the relay would have made it."""
    head = Head(4, entries[4][1]["hash"])
    for seq in sorted(entries)[4:]:
        rid, document = entries[seq]
        linked, head = seal({**document, "ip_address": "198.51.100.7"}, head)
        put(connection, rid, linked)


def cut(connection, entries):
    for seq in sorted(entries)[6:]:
        remove(connection, entries[seq][0])


def cut_with_checkpoints(connection, entries):
    cut(connection, entries)
    connection.execute('DELETE FROM "documents:audit_checkpoints"')
    connection.execute('DELETE FROM "index:audit_checkpoints:tenant_id_1_seq_1"')


def stranger(connection, entries):
    """An entry that never was: copied, without a place in the chain."""
    rid, document = entries[5]
    forged = {name: value for name, value in document.items() if name not in {"chain", "seq", "hash", "prev_hash"}}
    forged["_id"] = "f" * 24
    key = connection.execute('SELECT k FROM "documents:audit" WHERE rid = ?', (rid,)).fetchone()[0]
    other = key.replace(document["_id"].encode(), forged["_id"].encode())
    assert other != key
    insert = 'INSERT INTO "documents:audit" (k, document) VALUES (?, ?)'
    new = connection.execute(insert, (other, bson.encode(forged))).lastrowid
    table = '"index:audit:tenant_id_1_timestamp_-1"'
    (like,) = connection.execute(f"SELECT k FROM {table} WHERE rid = ?", (rid,)).fetchone()
    connection.execute(f"INSERT INTO {table} (k, rid) VALUES (?, ?)", (like, new))


MANIPULATIONS = [
    (edited, 5, "edited", "Entry 5 was edited: its hash is not that of its content"),
    (edited_inside, 5, "edited", "Entry 5 was edited: its hash is not that of its content"),
    (edited_with_hash, 5, "edited", "Entry 5 was edited and its hash made anew: entry 6 was linked to another one"),
    (deleted, 5, "deleted", "Entry 5 is missing"),
    (first_deleted, 1, "deleted", "Entry 1 is missing"),
    (reordered, 5, "reordered", "Entry 5 does not belong here"),
    (rewritten, 1, "edited", f"Entries 1 to {ENTRIES} are not what was signed at"),
    (cut, 7, "cut", f"The trail ends at entry 6, but entry {ENTRIES} was signed at"),
    (cut_with_checkpoints, 7, "cut", f"The trail ends at entry 6, but entry {ENTRIES} was signed at"),
    (stranger, 0, "edited", "Entries outside the chain: 1, which this relay did not write"),
]


async def trail(home: Relay) -> Client:
    """An organization with a signed trail of ENTRIES entries."""
    admin = await home.organization("ada", "Acme")
    number = 0
    while (await admin.get("/api/audit")).body["total"] < ENTRIES:
        await home.machine(admin, f"machine-{(number := number + 1)}")
    await home.services.audit_checkpoints.sign("acme")
    assert (await admin.get("/api/audit/verify")).body["ok"] is True
    return admin


@pytest.mark.parametrize(
    ("change", "position", "kind", "text"), MANIPULATIONS, ids=lambda value: getattr(value, "__name__", None)
)
async def test_case_40_each_manipulation_of_the_database_is_named(tmp_path, change, position, kind, text):
    async with relay(tmp_path, on_disk=True) as home:
        admin = await trail(home)
        Intruder(tmp_path).run(change)
        report = (await admin.get("/api/audit/verify")).body
        assert report["ok"] is False
        fault = report["first_fault"]
        assert (fault["position"], fault["kind"]) == (position, kind)
        assert fault["text"].startswith(text)
        assert (await admin.get("/api/audit")).status == 200, "the relay goes on"


async def test_case_40_a_restored_backup_is_named_also_after_it_has_grown_again(tmp_path, capsys):
    async with relay(tmp_path, on_disk=True) as home:
        admin = await home.organization("ada", "Acme")
        await home.services.audit_checkpoints.sign("acme")
        with (
            closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as source,
            closing(sqlite3.connect(tmp_path / "old")) as to,
        ):
            source.backup(to)
        before = (await admin.get("/api/audit")).body["total"]
        for number in range(5):
            await home.machine(admin, f"machine-{number}")
    for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "old", tmp_path / DATABASE_NAME)
    capsys.readouterr()
    async with relay(tmp_path, on_disk=True, first_id=10_000) as home:
        assert "audit trail ends before its newest checkpoint" in capsys.readouterr().out
        admin = await home.client("ada")
        report = (await admin.get("/api/audit/verify")).body
        assert (report["ok"], report["first_fault"]["kind"]) == (False, "cut")
        for number in range(10):
            await home.machine(admin, f"other-{number}")
        fault = (await admin.get("/api/audit/verify")).body["first_fault"]
        assert (fault["kind"], fault["position"]) == ("edited", before + 1)
        assert "or an older state was restored" in fault["text"]


async def test_case_40_another_organizations_trail_is_not_touched(tmp_path):
    async with relay(tmp_path, on_disk=True) as home:
        await trail(home)
        other = await home.organization("eve", "Beta")
        Intruder(tmp_path).run(deleted)
        assert (await other.get("/api/audit/verify")).body["ok"] is True


# --- an export, on another machine ---


async def exported(folder: Path, home: Relay, admin: Client, **query: str) -> list[str]:
    answer = await admin.get("/api/audit", format="jsonl", **query)
    (folder / "jwks.json").write_text((await home.anybody.get("/.well-known/jwks.json")).text)
    return answer.text.splitlines(keepends=True)


def judged(folder: Path, lines: list[str], *, jwks: bool = True, checkpoints: Path | None = None) -> tuple[int, str]:
    file = folder / "export.jsonl"
    file.write_text("".join(lines))
    return verify_export(file, folder / "jwks.json" if jwks else None, checkpoints)


def with_entry(lines: list[str], number: int, **changes: Any) -> list[str]:
    entry = {**json.loads(lines[number]), **changes}
    return [*lines[:number], json.dumps(entry) + "\n", *lines[number + 1 :]]


LINES = [
    ("an entry changed", lambda lines: with_entry(lines, 5, username="x"), "line 6, entry 5 (edited)"),
    ("an entry removed", lambda lines: [*lines[:5], *lines[6:]], "line 6, entry 5 (deleted): Entry 5 is missing"),
    (
        "two exchanged",
        lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
        "entry 5 (reordered): Entry 5 stands further on, in line 7",
    ),
    ("one twice", lambda lines: [*lines[:6], lines[5], *lines[6:]], "line 7, entry 5 (reordered)"),
    ("cut off", lambda lines: lines[:8], "entry 8 (cut): The export breaks off after entry 7"),
    ("cut in a line", lambda lines: [*lines[:8], lines[8][:40]], "line 9, entry 7 (edited): A line is damaged"),
    ("the end cut out", lambda lines: [*lines[:8], lines[-1]], "entry 8 (cut): Entries 8 to"),
    ("a line added", lambda lines: [*lines, lines[5]], "Something was added after the end line"),
    ("another line", lambda lines: [*lines[:5], '{"a":1}\n', *lines[5:]], "line 6, entry 4 (edited)"),
    (
        "the end rewritten",
        lambda lines: [*lines[:-1], lines[-1].replace('"rows":', '"rows":1')],
        "The end line is not signed",
    ),
    (
        "the header changed",
        lambda lines: [lines[0].replace('"to":null', '"to":"x"'), *lines[1:]],
        "The lines are not those that were exported",
    ),
]


async def test_case_40_each_manipulation_of_an_export_is_named(tmp_path):
    async with relay(tmp_path / "relay") as home:
        admin = await trail(home)
        lines = await exported(tmp_path, home, admin)
        code, sentence = judged(tmp_path, lines)
        assert (code, sentence.split(",")[0]) == (
            0,
            f"intact: {ENTRIES + 1} entries of acme up to number {ENTRIES + 1}",
        )
        for what, change, told in LINES:
            code, sentence = judged(tmp_path, change(lines))
            assert (code, told in sentence) == (1, True), f"{what}: {sentence}"
            assert "\n" not in sentence


async def test_case_40_an_export_signed_by_a_stranger_is_not_the_relays(tmp_path):
    async with relay(tmp_path / "relay") as home, relay(tmp_path / "other") as elsewhere:
        forged = await exported(tmp_path, elsewhere, await trail(elsewhere))
        await exported(tmp_path, home, await trail(home))
        code, sentence = judged(tmp_path, forged)
        assert code == 1
        assert "not signed by this relay's key" in sentence
        code, sentence = judged(tmp_path, forged, jwks=False)
        assert code == 0
        assert "which the export itself names" in sentence


async def test_case_40_checkpoints_kept_elsewhere_find_a_restored_data_directory(tmp_path):
    """Nothing in the directory itself can: it is whole, only older."""
    async with relay(tmp_path / "relay") as home:
        admin = await home.organization("ada", "Acme")
        older = await exported(tmp_path, home, admin)
        await trail_on(home, admin)
        kept = tmp_path / "kept.jsonl"
        shutil.copy(tmp_path / "relay" / "audit-checkpoints.jsonl", kept)
        code, sentence = judged(tmp_path, older, checkpoints=kept)
        assert code == 1
        assert "its end was cut off, or an older state was restored" in sentence
        code, sentence = judged(tmp_path, await exported(tmp_path, home, admin), checkpoints=kept)
        assert code == 0, sentence


async def trail_on(home: Relay, admin: Client) -> None:
    for number in range(4):
        await home.machine(admin, f"machine-{number}")
    await home.services.audit_checkpoints.sign("acme")


async def test_a_stretch_of_time_and_a_filtered_export_are_verified_too(tmp_path):
    async with relay(tmp_path / "relay") as home:
        admin = await trail(home)
        home.clock.advance(3600)
        at = home.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        await home.machine(admin, "late-1")
        await home.machine(admin, "late-2")
        lines = await exported(tmp_path, home, admin, **{"from": at})
        assert json.loads(lines[0])["first_seq"] == ENTRIES + 1
        code, sentence = judged(tmp_path, lines)
        assert (code, "intact: 3 entries of acme" in sentence) == (0, True), sentence
        code, sentence = judged(tmp_path, [lines[0], *lines[2:]])
        assert (code, f"entry {ENTRIES + 1} (deleted)" in sentence) == (1, True), sentence
        chosen = await exported(tmp_path, home, admin, action="machine_created", **{"from": at})
        code, sentence = judged(tmp_path, chosen)
        assert (code, "intact: 2 chosen entries" in sentence) == (0, True), sentence
        assert judged(tmp_path, with_entry(chosen, 1, source="cli"))[0] == 1
        code, sentence = judged(tmp_path, [chosen[0], *chosen[2:]])
        assert (code, "2 entries were exported, 1 are here" in sentence) == (1, True), sentence


@pytest.mark.parametrize("content", ["", "hello\n", "{}\n", '{"fairlead_audit":1}\n', "[" * 100_000])
def test_what_is_no_export_is_said_to_be_none(tmp_path, content):
    file = tmp_path / "x.jsonl"
    file.write_text(content)
    code, sentence = verify_export(file, None, None)
    assert code == 2
    assert sentence.startswith(str(file))
    assert verify_export(tmp_path / "absent", None, None)[0] == 2
    assert verify_export(file, file, None)[0] == 2


@given(st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_case_41_no_file_brings_the_verification_down(tmp_path, data):
    """A hostile export, with keys of its own, is intact or not or none; never a crash."""
    key = AuditKey(tmp_path)
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
        max_leaves=6,
    )
    header = {"fairlead_audit": 1, "tenant_id": "t", "first_seq": 1, "prev_hash": "0" * 64, "filters": {}}
    header |= {"keys": [dict(key.jwk)]} | data.draw(st.dictionaries(NAMES, values, max_size=2))
    lines = [header, *data.draw(st.lists(st.dictionaries(NAMES, values, max_size=6), max_size=5))]
    with suppress(ValueError):
        end = {"rows": 0, "kid": key.kid, **data.draw(st.dictionaries(NAMES, values, max_size=3))}
        lines.append({"end": end, "signature": key.sign(end_message(end))})
    file = tmp_path / "x.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, sentence = verify_export(file, None, None)
    assert code in {0, 1, 2}
    assert sentence


def test_what_an_earlier_key_signed_stays_good(tmp_path):
    old = AuditKey(tmp_path)
    signature = old.sign(b"x")
    (tmp_path / "keys" / "audit.key").unlink()
    assert not AuditKey(tmp_path).verify(old.kid, signature, b"x")
    (tmp_path / "keys" / "audit-retired.json").write_text(json.dumps({"keys": [dict(old.jwk)]}))
    new = AuditKey(tmp_path)
    assert new.verify(old.kid, signature, b"x")
    assert [each["kid"] for each in new.published] == [new.kid, old.kid]
    (tmp_path / "keys" / "audit-retired.json").write_text("{}")
    with pytest.raises(UnusableKey, match="no set of public keys"):
        AuditKey(tmp_path)
