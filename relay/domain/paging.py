"""Pages of lists: page and limit as asked for, and the counts that stand beside every list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from relay.domain.errors import Invalid

DEFAULT_LIMIT = 25
MAX_LIMIT = 200
LOG_LIMIT = 100
MAX_LOG_LIMIT = 500

UNPAGED_LIMIT = 10_000
"""What "everything" means for a list asked for without page and limit: more is asked for page by page."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page of how many rows, both from 1."""

    page: int = 1
    limit: int = UNPAGED_LIMIT

    @property
    def skip(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """The rows of one page and how many there are in all."""

    items: Sequence[T]
    total: int
    page: int
    limit: int

    @property
    def total_pages(self) -> int:
        """At least 1, so that page 1 always exists."""
        return max(1, -(-self.total // self.limit))


def page_request(
    page: int | None, limit: int | None, *, default: int | None = None, maximum: int = MAX_LIMIT
) -> PageRequest:
    """What was asked for. Without both, everything (or `default` rows where the list has one). Raises Invalid."""
    if page is not None and not 1 <= page <= UNPAGED_LIMIT:
        raise Invalid("page must be a positive integer")
    if limit is not None and not 1 <= limit <= maximum:
        raise Invalid(f"limit must be between 1 and {maximum}")
    unasked = UNPAGED_LIMIT if page is None else DEFAULT_LIMIT
    return PageRequest(page=page or 1, limit=limit or default or unasked)


def page_of(items: Sequence[T], asked: PageRequest) -> Page[T]:
    """One page of a list that is whole in memory."""
    chosen = items[asked.skip : asked.skip + asked.limit]
    return Page(items=chosen, total=len(items), page=asked.page, limit=asked.limit)
