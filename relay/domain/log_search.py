"""Searching the command log: what is asked for, where a page ends, and where in a command the text stands."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from relay.domain.commands import CommandRecord
from relay.domain.errors import Invalid

DEFAULT_ROWS = 50
MAX_ROWS = 200
MAX_MATCHES = 20
"""Places marked in one command; the text may stand there more often."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(\d{1,14})\.([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """Which rows, of all machines one may see. Bounds of time are inclusive; the text is literal, whatever its case."""

    text: str = ""
    user_id: str = ""
    agent_id: str = ""
    tag: str = ""
    source: str = ""
    exit_code: int | None = None
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    tenant_id: str = ""

    def shown(self) -> dict[str, str]:
        """What was asked for, without the text: an audit entry holds no command."""
        given = {name: getattr(self, name) for name in ("user_id", "agent_id", "tag", "source", "exit_code", "success")}
        return {name: str(value) for name, value in given.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Between two rows of the log by (time, id), latest first: what comes after this. No id: the time is done."""

    at: datetime
    id: str = ""

    def cursor(self) -> str:
        """As it goes over the wire."""
        return urlsafe_b64encode(f"{(self.at - _EPOCH) // timedelta(milliseconds=1)}.{self.id}".encode()).decode()


def read_cursor(text: str) -> Place | None:
    """The place a cursor names; nothing begins at the latest row. Raises Invalid."""
    if not text:
        return None
    try:
        found = _CURSOR.fullmatch(urlsafe_b64decode(text.encode()).decode())
        if found:
            return Place(at=_EPOCH + timedelta(milliseconds=int(found[1])), id=found[2] or "")
    except (binascii.Error, UnicodeError, ValueError, OverflowError):
        pass
    raise Invalid("cursor is not one that was given out: begin without one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page. `next` is where to go on; None means that nothing older matches.

    A page may be short and have a next: then the bound of one request was reached, and all since `next.at` was read.
    """

    rows: Sequence[CommandRecord]
    next: Place | None


def matches_in(command: str, text: str) -> list[tuple[int, int]]:
    """Where the text stands in the command: (start, end) in characters."""
    if not text:
        return []
    found = re.finditer(re.escape(text), command, re.IGNORECASE)
    return [each.span() for each, _ in zip(found, range(MAX_MATCHES), strict=False)]
