"""The community: issues that people of an organization write, and fixes that others propose for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.domain.errors import Invalid
from relay.domain.names import check_name

MAX_TITLE_CHARS = 200
MAX_TEXT_CHARS = 20_000
"""Of a description, and of a fix."""
MAX_TAGS = 10
MAX_TAG_CHARS = 32
MAX_FIXES = 500
"""Fixes of one issue: more is a discussion of something else."""


class IssueStatus(StrEnum):
    """Where an issue stands. Accepting a fix makes it resolved; people may set any."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue. `machine_id` is what the author gave: a machine's agent id or internal id, or nothing.

    Lists are read without `description`.
    """

    id: str
    tenant_id: str
    title: str
    description: str = ""
    status: IssueStatus
    machine_id: str
    tags: tuple[str, ...]
    author_id: str
    author_username: str
    fix_count: int
    created_at: datetime
    updated_at: datetime
    accepted_fix_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A proposed fix. `likes` counts people; `accepted` is true of at most one of an issue's."""

    id: str
    tenant_id: str
    issue_id: str
    content: str
    author_id: str
    author_username: str
    likes: int
    accepted: bool
    created_at: datetime


def check_status(name: str) -> IssueStatus:
    """A status by its name. Raises Invalid."""
    if name not in set(IssueStatus):
        raise Invalid("status must be open, in_progress, resolved or closed")
    return IssueStatus(name)


def check_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Each tag once. Raises Invalid."""
    if len(tags) > MAX_TAGS:
        raise Invalid(f"tags must have at most {MAX_TAGS} entries")
    return tuple(dict.fromkeys(check_name(tag, field="tags", maximum=MAX_TAG_CHARS) for tag in tags))
