"""Sessions as they are remembered: who opened which shell, from where, and how it ended."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.domain.accounts import Source
from relay.domain.errors import Invalid

MAX_CELLS = 1000
"""Columns, and likewise rows: no screen is wider, and a hostile size must not become an allocation."""

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SessionStatus(StrEnum):
    """A session is active, also while nobody looks at it, until its shell ended."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSession:
    """One row. `tenant_id` is the machine's organization; `login_tenant_id` the person's (a super admin's differs)."""

    id: str
    tenant_id: str
    machine_id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    login_tenant_id: str
    source: Source
    status: SessionStatus
    started_at: datetime
    ended_at: datetime | None = None
    close_reason: str | None = None
    browser: str = ""
    os: str = ""
    ip_address: str = ""
    cols: int = 80
    rows: int = 24
    via: str = ""
    sudo: bool = False
    command_count: int = 0


def check_session_id(session_id: str) -> str:
    """The id, when it is one. Raises Invalid."""
    if not _SESSION_ID.fullmatch(session_id):
        raise Invalid("session_id must be 1 to 64 letters, digits, hyphens and underscores")
    return session_id


def check_size(cols: int, rows: int) -> None:
    """Raises Invalid unless both are 1 to 1000."""
    for name, cells in (("cols", cols), ("rows", rows)):
        if not 1 <= cells <= MAX_CELLS:
            raise Invalid(f"{name} must be between 1 and {MAX_CELLS}")
