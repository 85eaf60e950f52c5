"""One SQLite database, synchronously: its lock, its writing connection, its readers and its tables."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from relay.store.catalog import Layout, check_owner, lay_out
from relay.store.connection import Readers, connect, opening, peek, transaction, translated
from relay.store.engine import Session
from relay.store.lockfile import LockFile, prepare
from relay.store.schema import Schema

T = TypeVar("T")


class SqliteFile:
    """An open database. One thread at a time may write; reads may run beside it where there is a file."""

    def __init__(
        self,
        directory: Path | None,
        writer: sqlite3.Connection,
        layout: Layout,
        readers: Readers | None,
        lock: LockFile | None,
    ) -> None:
        self._directory = directory
        self._writer = writer
        self._layout = layout
        self._readers = readers
        self._lock = lock

    @property
    def reads_beside_writes(self) -> bool:
        """Whether reads have connections of their own; in memory they share the writer's."""
        return self._readers is not None

    def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on one state of the database."""
        with translated(self._directory):
            if self._readers is None:
                return self._read_on(self._writer, work)
            with self._readers.one() as connection:
                return self._read_on(connection, work)

    def _read_on(self, connection: sqlite3.Connection, work: Callable[[Session], T]) -> T:
        with transaction(connection, write=False):
            return work(Session(connection, self._layout))

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` and commit, or roll back: also when `work` swallowed the refusal of a write."""
        with translated(self._directory), transaction(self._writer, write=True):
            session = Session(self._writer, self._layout)
            result = work(session)
            if session.failure is not None:
                raise session.failure
        return result

    def close(self) -> None:
        """Close the connections, which folds the log into the file, and let go of the lock. Once is enough."""
        if self._readers is not None:
            self._readers.close()
        self._writer.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def open_path(path: Path, schema: Schema) -> SqliteFile:
    """Open or make the database at `path`.

    Raises StoreLocked, NewerSchema, StoreReadOnly, StoreFull, StoreUnavailable; Duplicate when a new unique index
    does not hold over what is stored.
    """
    with opening(path.parent):
        prepare(path)
        lock = LockFile(path.with_name(f"{path.name}.lock"))
        try:
            _check(path, schema)
            writer, layout = _open_writer(path, schema)
        except BaseException:
            lock.release()
            raise
    return SqliteFile(path.parent, writer, layout, Readers(path), lock)


def open_in_memory(schema: Schema) -> SqliteFile:
    """A database that lives as long as it is open."""
    writer, layout = _open_writer(None, schema)
    return SqliteFile(None, writer, layout, None, None)


def _check(path: Path, schema: Schema) -> None:
    connection = peek(path)
    try:
        check_owner(connection, schema)
    finally:
        connection.close()


def _open_writer(path: Path | None, schema: Schema) -> tuple[sqlite3.Connection, Layout]:
    writer = connect(path)
    try:
        return writer, lay_out(writer, schema)
    except BaseException:
        writer.close()
        raise
