# ruff: noqa: S608 - the only names in the SQL are those of declared collections and indexes, quoted
"""The tables of one collection: documents, and for each index its keys. Rules of this file:

1. A document is one row: row number, key of its `_id`, BSON.
2. An index is a table of (key, row number); a unique one has the key alone as primary key.
3. Documents and keys change in the same transaction, so that they always agree.
"""

import sqlite3
from collections.abc import Iterator
from itertools import product
from typing import Any

from relay.store.codec import decode, encode
from relay.store.errors import BadDocument, Duplicate
from relay.store.keys import ABSENT, inverse, key_of
from relay.store.matcher import compile_filter
from relay.store.paths import column_keys, values, with_items
from relay.store.planner import Range
from relay.store.schema import PRIMARY, CollectionSchema, Index
from relay.store.substrings import SubstringTable

Document = dict[str, Any]
Row = tuple[int, Document]
"""A document with its row number."""


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class IndexTable:
    """The keys of one index. `holds_lists` says whether some document ever had more than one key."""

    def __init__(self, collection: str, index: Index) -> None:
        self.index = index
        self.name = quoted(f"index:{collection}:{index.name}")
        self.holds_lists = False
        self._columns = [(path.split("."), direction) for path, direction in index.fields]
        self._indexed = compile_filter(index.partial) if index.partial else None
        self._insert = f"INSERT INTO {self.name} VALUES (?, ?)"
        self._delete = f"DELETE FROM {self.name} WHERE k = ? AND rid = ?"

    @property
    def definition(self) -> str:
        """The SQL that makes the table."""
        primary = "PRIMARY KEY" if self.index.unique else ""
        both = "" if self.index.unique else ", PRIMARY KEY (k, rid)"
        return f"CREATE TABLE {self.name} (k BLOB NOT NULL {primary}, rid INTEGER NOT NULL{both}) WITHOUT ROWID"

    def keys(self, document: Document) -> set[bytes]:
        """The keys under which the index holds `document`. Raises BadDocument when two of its fields hold lists."""
        if self._indexed and not self._indexed(document):
            return set()
        if self.index.sparse and self._is_absent(document):
            return set()
        columns = [self._column(document, path, direction) for path, direction in self._columns]
        if sum(len(column) > 1 for column in columns) > 1:
            raise BadDocument(f"two lists in one index: {self.index.name}")
        return {b"".join(parts) for parts in product(*columns)}

    def _is_absent(self, document: Document) -> bool:
        return all(value is ABSENT for path, _ in self._columns for value in values(document, path))

    @staticmethod
    def _column(document: Document, path: list[str], direction: int) -> set[bytes]:
        keys = column_keys(document, path)
        return keys if direction > 0 else {inverse(key) for key in keys}

    def change(self, connection: sqlite3.Connection, rid: int, old: set[bytes], new: set[bytes]) -> None:
        """Move row `rid` from its old keys to its new ones. Raises Duplicate."""
        for key in old - new:
            connection.execute(self._delete, (key, rid))
        try:
            for key in new - old:
                connection.execute(self._insert, (key, rid))
        except sqlite3.IntegrityError:
            raise Duplicate(self.index.name) from None


class TextTable:
    """The words of a text index, in an FTS5 table: whole words, without case or accents."""

    def __init__(self, collection: str, index: Index) -> None:
        self.index = index
        self.name = quoted(f"index:{collection}:{index.name}")
        self.definition = (
            f"CREATE VIRTUAL TABLE {self.name} USING fts5(body, tokenize = 'unicode61 remove_diacritics 2')"
        )

    def change(self, connection: sqlite3.Connection, rid: int, old: Document | None, new: Document | None) -> None:
        """Forget the words of `old` and learn those of `new`."""
        if old is not None and new is not None and self._body(old) == self._body(new):
            return
        if old is not None:
            connection.execute(f"DELETE FROM {self.name} WHERE rowid = ?", (rid,))
        if new is not None:
            connection.execute(f"INSERT INTO {self.name} (rowid, body) VALUES (?, ?)", (rid, self._body(new)))

    def _body(self, document: Document) -> str:
        reached = (values(document, path.split(".")) for path, _ in self.index.fields)
        return "\n".join(value for column in reached for value in with_items(column) if isinstance(value, str))


class Tables:
    """Everything SQLite holds for one collection."""

    def __init__(self, schema: CollectionSchema) -> None:
        self.schema = schema
        self.name = quoted(f"documents:{schema.name}")
        self.indexes = {index.name: IndexTable(schema.name, index) for index in schema.indexes if not index.text}
        self.text = TextTable(schema.name, schema.text_index) if schema.text_index else None
        self.substrings = SubstringTable(schema.name, schema.substrings) if schema.substrings else None
        self.definition = (
            f"CREATE TABLE IF NOT EXISTS {self.name} "
            "(rid INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, document BLOB NOT NULL)"
        )

    def holds_lists(self, index: Index) -> bool:
        """Whether some document has more than one key in `index`."""
        return index is not PRIMARY and self.indexes[index.name].holds_lists

    def source(self, index: Index) -> str:
        """The table whose column `k` holds the keys of `index`."""
        return self.name if index is PRIMARY else self.indexes[index.name].name

    def selection(self, piece: Range) -> tuple[str, str, list[bytes]]:
        """(FROM clause with the keys as x and the documents as d, WHERE clause, parameters) for one range of keys."""
        source = f"{self.name} AS d"
        if piece.index is not PRIMARY:
            source = f"{self.source(piece.index)} AS x CROSS JOIN {self.name} AS d ON d.rid = x.rid"
        key = "d.k" if piece.index is PRIMARY else "x.k"
        if piece.high is None:
            return source, f"{key} >= ?", [piece.low]
        return source, f"{key} >= ? AND {key} < ?", [piece.low, piece.high]

    def insert(self, connection: sqlite3.Connection, document: Document) -> None:
        """Add a clean document. Raises Duplicate, BadDocument."""
        statement = f"INSERT INTO {self.name} (k, document) VALUES (?, ?)"
        try:
            rid = connection.execute(statement, (key_of(document["_id"]), encode(document))).lastrowid
        except sqlite3.IntegrityError:
            raise Duplicate("_id") from None
        assert rid is not None
        self._reindex(connection, rid, None, document)

    def replace(self, connection: sqlite3.Connection, rid: int, old: Document, new: Document) -> bool:
        """Put `new` in the place of `old`, which has the same `_id`; returns whether anything changed."""
        raw = encode(new)
        if raw == encode(old):
            return False
        self._reindex(connection, rid, old, new)
        connection.execute(f"UPDATE {self.name} SET document = ? WHERE rid = ?", (raw, rid))
        return True

    def delete(self, connection: sqlite3.Connection, rid: int, document: Document) -> None:
        """Take a document away."""
        self._reindex(connection, rid, document, None)
        connection.execute(f"DELETE FROM {self.name} WHERE rid = ?", (rid,))

    def _reindex(self, connection: sqlite3.Connection, rid: int, old: Document | None, new: Document | None) -> None:
        for table in self.indexes.values():
            before = table.keys(old) if old is not None else set()
            now = table.keys(new) if new is not None else set()
            if len(now) > 1:
                self._mark_lists(connection, table)
            table.change(connection, rid, before, now)
        if self.text:
            self.text.change(connection, rid, old, new)
        if self.substrings:
            self.substrings.change(connection, rid, old, new)

    def add_to(
        self,
        table: IndexTable | TextTable | SubstringTable,
        connection: sqlite3.Connection,
        rid: int,
        document: Document,
    ) -> None:
        """Add a stored document to a new index. Raises Duplicate, BadDocument."""
        if not isinstance(table, IndexTable):
            table.change(connection, rid, None, document)
            return
        keys = table.keys(document)
        if len(keys) > 1:
            self._mark_lists(connection, table)
        table.change(connection, rid, set(), keys)

    def _mark_lists(self, connection: sqlite3.Connection, table: IndexTable) -> None:
        """Remember, for good, that ranges over this index may not be cut on both sides.

        Written every time: an earlier mark may have been rolled back with its transaction, while the one in memory
        stays, which is harmless.
        """
        statement = "UPDATE catalog SET holds_lists = 1 WHERE collection = ? AND name = ? AND NOT holds_lists"
        connection.execute(statement, (self.schema.name, table.index.name))
        table.holds_lists = True

    def load(self, connection: sqlite3.Connection, rid: int) -> Document:
        """The document in row `rid`."""
        (raw,) = connection.execute(f"SELECT document FROM {self.name} WHERE rid = ?", (rid,)).fetchone()
        return decode(raw)

    def every(self, connection: sqlite3.Connection) -> Iterator[Row]:
        """All documents, oldest row first."""
        for rid, raw in connection.execute(f"SELECT rid, document FROM {self.name} ORDER BY rid"):
            yield rid, decode(raw)
