"""HTTP: an authenticated GET beside the raw SQLite reads it cannot do without, and a login beside one argon2id hash.

The floor of the GET is what the relay must read for it and no less: login, user, organization, groups, each a point
read through its index in a copy of the relay's own database, in this process. The floor of the login is one
`argon2.verify` with the relay's own parameters.
"""

import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from argon2 import PasswordHasher

from tests import processes
from tests.bench.measures import percentile
from tests.bench.table import head, row

GETS = 2_000
LOGINS = 20
CONNECTIONS = 16
TABLES = ("documents:revoked_tokens", "documents:users", "documents:organizations", "documents:groups")
MS = 1e3


def run(quick: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with processes.relay_process(data) as url:
            token = processes.sign_up(url, "bench")
            gets, logins = (GETS // 20, 3) if quick else (GETS, LOGINS)
            head("HTTP: GET /api/users/me", "raw SQLite")
            _gets(url, token, data / "fairlead.db", gets)
            head("HTTP: POST /api/auth/login", "raw argon2")
            _logins(url, logins)


def _gets(url: str, token: str, database: Path, count: int) -> None:
    get = request("GET", "/api/users/me", token)
    connection = Connection(url)
    floor, ours = in_turns(PointReads(database).read, lambda: connection.ask(get), count)
    row("one at a time p50, ms", percentile(floor, 0.5) * MS, percentile(ours, 0.5) * MS)
    row("one at a time p99, ms", percentile(floor, 0.99) * MS, percentile(ours, 0.99) * MS)
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    per_s = _together([lambda each=each: each.ask(get) for each in connections], count // CONNECTIONS)
    row(f"{CONNECTIONS} connections, requests/s", len(floor) / sum(floor), per_s)


def _logins(url: str, count: int) -> None:
    hasher = PasswordHasher()
    hashed = hasher.hash(processes.PASSWORD)
    login = request("POST", "/api/auth/login", "", _json(processes.PASSWORD))
    connection = Connection(url)
    floor, ours = in_turns(lambda: hasher.verify(hashed, processes.PASSWORD), lambda: connection.ask(login), count)
    row("one at a time p50, ms", percentile(floor, 0.5) * MS, percentile(ours, 0.5) * MS)
    at_once = [Connection(url) for _ in range(4)]
    raw = _together([lambda: hasher.verify(hashed, processes.PASSWORD)] * 4, count // 2)
    per_s = _together([lambda each=each: each.ask(login) for each in at_once], count // 2)
    row("4 at once, logins/s", raw, per_s)


def _json(password: str) -> bytes:
    return f'{{"email":"bench@example.com","password":"{password}"}}'.encode()


def in_turns(floor: Callable[[], object], ours: Callable[[], object], count: int) -> tuple[list[float], list[float]]:
    """Seconds of each call, taken in turns so that both see the same machine."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(count):
        for call, into in zip((floor, ours), times, strict=True):
            start = time.perf_counter()
            call()
            into.append(time.perf_counter() - start)
    return times


def _together(calls: list[Callable[[], object]], each: int) -> float:
    """Calls a second with one thread for each of `calls`."""

    def repeat(call: Callable[[], object]) -> None:
        for _ in range(each):
            call()

    threads = [threading.Thread(target=repeat, args=(call,)) for call in calls]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return each * len(calls) / (time.perf_counter() - start)


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    authorization = f"authorization: Bearer {token}\r\n" if token else ""
    length = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nhost: bench\r\n{authorization}{length}\r\n".encode() + body


class Connection:
    """One keep-alive connection, by hand, to keep the client's cost out of the figures."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self._address = (at.hostname or "", at.port or 0)
        self._connect()

    def ask(self, request: bytes) -> bytes:
        """One request, its whole answer. Raises RuntimeError for any status but 200."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        top, _, body = answer.partition(b"\r\n\r\n")
        if not top.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer[:200].decode())
        length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._receive()
        if b"connection: close" in top.lower():  # the server ends each connection after a thousand requests
            self._socket.close()
            self._connect()
        return body

    def _connect(self) -> None:
        self._socket = socket.create_connection(self._address, timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _receive(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise RuntimeError("the relay closed the connection")
        return chunk


class PointReads:
    """One row of each table a GET needs, by rowid, from the relay's own file opened for reading."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, cached_statements=16)
        names = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self._statements = [f'SELECT * FROM "{name}" WHERE rid = 1' for name in TABLES if name in names]
        if len(self._statements) != len(TABLES):
            raise RuntimeError(f"the database has other tables: {sorted(names)}")

    def read(self) -> None:
        """All of them once."""
        for statement in self._statements:
            self._connection.execute(statement).fetchall()
