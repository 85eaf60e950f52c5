"""Command search over a million rows: a request to the relay beside the plain FTS5 query SQLite itself needs.

The floor is what somebody would write without a relay: one FTS5 table of the same commands with SQLite's own trigram
tokenizer, asked for the newest 50 that contain the text, in this process. It knows no organizations, machines or
rights, and sorts by row number. The requests are HTTP, with token, rights and JSON; both see the same texts in turns.
"""

import multiprocessing
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from relay.app import DATABASE_NAME
from relay.store.collections import SCHEMA
from relay.store.engine import Session
from relay.store.interface import Document
from relay.store.sqlite_file import open_path
from tests import processes
from tests.bench.http import MS, Connection, in_turns, request
from tests.bench.measures import percentile
from tests.bench.table import head, row

ROWS, QUICK_ROWS = 1_000_000, 20_000
AT_ONCE = 10_000
MACHINES, PEOPLE, DAYS = 500, 50, 90
ASKED, QUICK_ASKED = 200, 10
SEED = 20261125
TENANTS = ("bench", "other")
"""Nine rows of ten are the first one's; the other one's must cost nothing and show nowhere."""

VERBS = (
    "systemctl restart", "systemctl status", "journalctl -u", "docker compose logs", "docker exec -it",
    "kubectl get pods -n",
    "tail -f /var/log/", "less /etc/", "rm -rf /var/cache/", "sudo apt-get install -y", "git -C /srv/ pull", "cd /srv/",
    "grep -rn error /srv/", "ls -la /home/", "psql -h db -d", "curl -fsS https://", "make -C /opt/", "python3 -m",
    "vi /etc/",
)  # fmt: skip
NOUNS = (
    "nginx", "postgres", "redis", "billing", "frontend", "worker", "gateway", "metrics", "backup", "auth", "search",
    "mailer",
    "ledger", "reports", "staging", "importer",
)  # fmt: skip


def commands(count: int) -> Iterator[str]:
    """The same lines each time: a few shapes, many names, one number that is nearly unique."""
    chance = random.Random(SEED)
    for _ in range(count):
        yield f"{chance.choice(VERBS)} {chance.choice(NOUNS)}-{chance.randrange(100)} # {chance.randrange(10**6):06d}"


def questions() -> dict[str, Callable[[random.Random], str]]:
    """Kinds of texts, from frequent to absent."""
    return {
        "a frequent text": lambda chance: chance.choice(VERBS),
        "a path or flag inside": lambda chance: chance.choice(["-rf /var", "/etc/", "-fsS", "exec -it", "/srv/ pull"]),
        "verb and name": lambda chance: f"{chance.choice(VERBS)} {chance.choice(NOUNS)}-{chance.randrange(100)}",
        "one of few rows": lambda chance: f"# {chance.randrange(10**6):06d}",
        "nowhere": lambda chance: f"zz{chance.randrange(10**6):06d}q",
    }


def run(quick: bool) -> None:
    """Measure and print."""
    count = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        data, raw = Path(folder) / "data", Path(folder) / "raw.db"
        with processes.relay_process(data) as url:
            token = processes.sign_up(url, TENANTS[0])
        start = time.perf_counter()
        beside = multiprocessing.get_context("spawn").Process(target=build_raw, args=(raw, count))
        beside.start()
        build(data / DATABASE_NAME, count)
        beside.join()
        print(f"\n{count:,} rows built in {time.perf_counter() - start:.0f} s, {_mib(data / DATABASE_NAME)} MiB")
        with processes.relay_process(data) as url:
            _ask(url, token, raw, QUICK_ASKED if quick else ASKED)


def build(path: Path, count: int) -> None:
    """The relay's own rows, through its own tables."""
    file = open_path(path, SCHEMA)
    documents = _documents(count)
    for _ in range(0, count, AT_ONCE):

        def insert(session: Session) -> None:
            for _, document in zip(range(AT_ONCE), documents, strict=False):
                session.layout["commands"].insert(session.connection, document)

        file.write(insert)
    file.close()


def _documents(count: int) -> Iterator[Document]:
    begin, step = datetime(2026, 8, 1, tzinfo=UTC), timedelta(days=DAYS) / count
    for number, command in enumerate(commands(count)):
        machine, person = number * 7 % MACHINES, number * 3 % PEOPLE
        at = begin + step * number
        yield {
            "_id": f"{number:024x}", "tenant_id": TENANTS[number % 10 == 0], "machine_id": f"{machine:024x}",
            "agent_id": f"{machine:012x}", "machine_name": f"machine-{machine}", "user_id": f"{person:024x}",
            "username": f"person-{person}", "command": command,
            "timestamp": at.replace(microsecond=at.microsecond // 1000 * 1000), "success": number % 13 != 0,
            "exit_code": 0 if number % 13 else 1, "duration_ms": 5, "source": "ui", "session_id": f"s{number // 30}",
            "method": "bash", "confidence": "high", "ip_address": "203.0.113.9", "browser": "Firefox", "os": "Linux",
            "cwd": "/srv", "version": 1,
        }  # fmt: skip


def build_raw(path: Path, count: int) -> None:
    """The floor's table."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIRTUAL TABLE log USING fts5(command, machine UNINDEXED, tokenize = 'trigram')")
    rows = ((command, f"machine-{number * 7 % MACHINES}") for number, command in enumerate(commands(count)))
    connection.executemany("INSERT INTO log VALUES (?, ?)", rows)
    connection.commit()
    connection.close()


class RawSearch:
    """The newest 50 of the floor's table."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def ask(self, text: str) -> None:
        """One search; what is shorter than three characters by reading."""
        is_short = len(text) < 3
        asked = f"%{text}%" if is_short else '"' + text.replace('"', '""') + '"'
        where = "command LIKE ?" if is_short else "log MATCH ?"
        found = f"SELECT rowid, command, machine FROM log WHERE {where} ORDER BY rowid DESC LIMIT 50"
        self._connection.execute(found, (asked,)).fetchall()


def _ask(url: str, token: str, raw: Path, count: int) -> None:
    floor, ours = RawSearch(raw), Connection(url)
    chance = random.Random(SEED)
    head("GET /api/logs/search, ms", "raw FTS5", "newest 50, p50 of each kind")
    everything: tuple[list[float], list[float]] = ([], [])
    for kind, text_of in questions().items():
        texts = [text_of(chance) for _ in range(count)]
        times = _measured(floor, ours, token, texts)
        row(kind, *(percentile(each, 0.5) * MS for each in times))
        for into, each in zip(everything, times, strict=True):
            into += each
    for name, share in (("all of them, p50", 0.5), ("all of them, p99", 0.99)):
        row(name, *(percentile(each, share) * MS for each in everything))
    _narrowed(floor, ours, token, count)


def _narrowed(floor: RawSearch, ours: Connection, token: str, count: int) -> None:
    """Texts with a condition more; the floor is the text alone."""
    chance = random.Random(SEED)
    begin = datetime(2026, 9, 1, tzinfo=UTC)
    conditions = {
        "… of one person": lambda: {"user_id": f"{chance.randrange(PEOPLE):024x}"},
        "… that failed": lambda: {"exit_code": "1"},
        "… before a day": lambda: {"to": (begin + timedelta(days=chance.randrange(30))).date().isoformat()},
    }
    for kind, more in conditions.items():
        texts = [chance.choice(VERBS) for _ in range(count)]
        times = _measured(floor, ours, token, texts, more)
        row(kind, *(percentile(each, 0.5) * MS for each in times))
    short = [chance.choice(["ls", "vi", "cd", "-u"]) for _ in range(count)]
    times = _measured(floor, ours, token, short)
    row("two letters (both by reading)", *(percentile(each, 0.5) * MS for each in times))


def _measured(
    floor: RawSearch, ours: Connection, token: str, texts: list[str], more: Callable[[], dict[str, str]] = dict
) -> tuple[list[float], list[float]]:
    asked = iter([request("GET", f"/api/logs/search?{urlencode({'q': text, **more()})}", token) for text in texts])
    plain = iter(texts)
    return in_turns(lambda: floor.ask(next(plain)), lambda: _checked(ours.ask(next(asked))), len(texts))


def _checked(answer: bytes) -> None:
    """Only whole answers count: what was read in part would be quick for nothing."""
    if b'"logs":[]' in answer and b'"searched_to":null' not in answer:
        raise RuntimeError("the search stopped before it found anything")


def _mib(path: Path) -> int:
    return round(path.stat().st_size / 2**20)
