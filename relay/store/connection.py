"""Connections to one SQLite file: how they are opened, pooled and put into transactions, and what their errors mean."""

import errno
import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relay.store.errors import StoreError, StoreFull, StoreReadOnly, StoreUnavailable

BUSY_S = 5.0
"""Only a checkpoint or a crash recovery ever holds a lock; nobody else may open the file."""
CACHE_KIB = 16 * 1024
WAL_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a burst."""
STATEMENTS = 256

FULL = "the disk of the data directory is full: free some space, then try again; nothing was lost"
FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_CODES = frozenset({sqlite3.SQLITE_FULL})
READ_ONLY_CODES = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


def connect(path: Path | None, *, query_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode to the file, or to a new database in memory (None)."""
    connection = sqlite3.connect(
        path or ":memory:",
        isolation_level=None,
        check_same_thread=False,  # each connection is used by one thread at a time: pooled, or under the writer's lock
        timeout=BUSY_S,
        cached_statements=STATEMENTS,
    )
    try:
        _configure(connection, in_memory=path is None, query_only=query_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _configure(connection: sqlite3.Connection, *, in_memory: bool, query_only: bool) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal" and not in_memory:
        raise StoreUnavailable(f"the file system of the data directory has no shared memory (journal mode {mode})")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    if query_only:
        connection.execute("PRAGMA query_only = ON")


def peek(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, not even the journal mode, to see whose file this is."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


@contextmanager
def translated(directory: Path | None) -> Iterator[None]:
    """Turn what sqlite3 raises into the store's errors. `directory` is where the file lives, None in memory."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning_of(error, directory) from error


@contextmanager
def opening(directory: Path) -> Iterator[None]:
    """The same while the files are made, when the file system speaks too."""
    try:
        with translated(directory):
            yield
    except OSError as error:
        if error.errno in FULL_ERRNOS:
            raise StoreFull(FULL) from error
        raise StoreReadOnly(f"the data directory cannot be used: {error.strerror}: {error.filename}") from error


def _meaning_of(error: sqlite3.Error, directory: Path | None) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in FULL_CODES or (code == sqlite3.SQLITE_IOERR and _is_full(directory)):
        return StoreFull(FULL)
    if code in READ_ONLY_CODES:
        return StoreReadOnly(f"the data directory cannot be written: {error}")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreUnavailable(f"the database is damaged or none of ours: {error}")
    return StoreUnavailable(f"the database does not answer: {error}")


def _is_full(directory: Path | None) -> bool:
    """Whether an I/O error has the disk's lack of room as its cause: less than one page of the shared memory file."""
    if directory is None:
        return False
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize < 64 * 1024


@contextmanager
def transaction(connection: sqlite3.Connection, *, write: bool) -> Iterator[None]:
    """One transaction; a read sees one state of the database throughout. Rolls back on any exception."""
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # A full disk makes SQLite roll back by itself, and a failed COMMIT leaves the transaction open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction that happens whole or not at all."""
    connection.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO step")
            connection.execute("RELEASE step")
        raise
    connection.execute("RELEASE step")


class Readers:
    """Idle reading connections. No more are open than there are threads that read at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone."""
        if self._closed:
            raise StoreUnavailable("the database is closed")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self._path, query_only=True)
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:  # closed while an abandoned thread was still reading
            self.close()

    def close(self) -> None:
        """Close what is idle, and what comes back later as it comes back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
