"""Whether a database file is sound: SQLite's own check, and indexes that agree with the documents."""

import sqlite3
from pathlib import Path

from relay.store.schema import Schema
from relay.store.tables import Tables


def assert_sound(path: Path, schema: Schema) -> None:
    """Every index holds exactly the keys of the documents there are."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for collection in schema.collections:
            _assert_indexes(connection, Tables(collection))
    finally:
        connection.close()


def _assert_indexes(connection: sqlite3.Connection, tables: Tables) -> None:
    documents = list(tables.every(connection))
    for table in tables.indexes.values():
        expected = {(key, rid) for rid, document in documents for key in table.keys(document)}
        assert set(connection.execute(f"SELECT k, rid FROM {table.name}")) == expected
    if tables.text:
        found = {rid for (rid,) in connection.execute(f"SELECT rowid FROM {tables.text.name}")}
        assert found == {rid for rid, _ in documents}
