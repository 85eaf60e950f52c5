"""What a database file says about itself, and how it is brought to the schema that the code declares.

The header carries who wrote it (application id) and the schema's version (user version); the table `catalog` carries
each index with its definition, so that a changed one is built anew.
"""

import json
import sqlite3
from collections.abc import Mapping

from relay.store.connection import transaction
from relay.store.errors import NewerSchema, StoreUnavailable
from relay.store.folding import FOLDING
from relay.store.schema import Index, Schema
from relay.store.substrings import SubstringTable
from relay.store.tables import IndexTable, Tables, TextTable, quoted

APPLICATION_ID = 0x46414952
"""`FAIR`, in the header of every database of ours."""

Layout = Mapping[str, Tables]
"""The tables of each collection, by its name."""


def check_owner(connection: sqlite3.Connection, schema: Schema) -> None:
    """Raises NewerSchema or StoreUnavailable when the file is not ours to write. Writes nothing."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if objects and application != APPLICATION_ID:
        raise StoreUnavailable("the file is a database of another program")
    if version > schema.version:
        raise NewerSchema(version, schema.version)


def lay_out(connection: sqlite3.Connection, schema: Schema) -> Layout:
    """Bring the database to `schema` in one transaction. Raises Duplicate when a new unique index does not hold."""
    layout = {collection.name: Tables(collection) for collection in schema.collections}
    with transaction(connection, write=True):
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS catalog (collection TEXT, name TEXT, definition TEXT NOT NULL, "
            "holds_lists INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (collection, name)) WITHOUT ROWID"
        )
        for tables in layout.values():
            _lay_out_collection(connection, tables)
    return layout


def _lay_out_collection(connection: sqlite3.Connection, tables: Tables) -> None:
    connection.execute(tables.definition)
    rows = connection.execute(
        "SELECT name, definition, holds_lists FROM catalog WHERE collection = ?", (tables.schema.name,)
    )
    known = {name: (definition, holds_lists) for name, definition, holds_lists in rows}
    for index in tables.schema.indexes:
        definition, holds_lists = known.pop(index.name, (None, 0))
        if definition == describe(index):
            if not index.text:
                tables.indexes[index.name].holds_lists = bool(holds_lists)
            continue
        if definition is not None:
            _drop(connection, tables, index.name)
        table = tables.text if index.text else tables.indexes[index.name]
        assert table is not None
        _build(connection, tables, index.name, describe(index), table, table.definition)
    if tables.substrings is not None:
        _lay_out_substrings(connection, tables, tables.substrings, known)
    for name in known:
        _drop(connection, tables, name)


def describe(index: Index) -> str:
    """The definition of an index as text, to tell whether it has changed. When it expires is no part of its table."""
    return json.dumps(
        [index.fields, index.unique, index.sparse, index.partial, index.text], sort_keys=True, default=str
    )


def _lay_out_substrings(
    connection: sqlite3.Connection, tables: Tables, table: SubstringTable, known: dict[str, tuple[str, int]]
) -> None:
    name, wanted = table.declared.name, json.dumps([FOLDING, *table.definitions])
    definition, _ = known.pop(name, (None, 0))
    if definition == wanted:
        return
    if definition is not None:
        _drop(connection, tables, name)
    _build(connection, tables, name, wanted, table, *table.definitions)


def _drop(connection: sqlite3.Connection, tables: Tables, name: str) -> None:
    connection.execute(f"DROP TABLE {quoted(f'index:{tables.schema.name}:{name}')}")
    connection.execute(f"DROP TABLE IF EXISTS {quoted(f'index:{tables.schema.name}:{name}:rows')}")
    connection.execute("DELETE FROM catalog WHERE collection = ? AND name = ?", (tables.schema.name, name))


def _build(
    connection: sqlite3.Connection,
    tables: Tables,
    name: str,
    description: str,
    table: IndexTable | TextTable | SubstringTable,
    *definitions: str,
) -> None:
    for each in definitions:
        connection.execute(each)
    statement = "INSERT INTO catalog (collection, name, definition) VALUES (?, ?, ?)"
    connection.execute(statement, (tables.schema.name, name, description))
    for rid, document in tables.every(connection):
        tables.add_to(table, connection, rid, document)
