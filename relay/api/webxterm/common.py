"""What the terminal API's views share: how times, pages and plain answers look on the wire."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from msgspec import Meta, Struct

from relay.api.fields import line, word
from relay.api.routing import Call
from relay.domain.accounts import MACHINE_ROLE_NAMES, Role
from relay.domain.errors import Invalid
from relay.domain.paging import UNPAGED_LIMIT, Page, PageRequest, page_request
from relay.services.ports import Caller

LAST_YEAR = 2999
"""Later times are a mistake, and beyond what every part of the relay can reckon with."""

Name = Annotated[str, line(1, 100)]
Username = Annotated[str, line(3, 50, told=r"^\s*[A-Za-z0-9._-]{3,50}\s*$")]
SLUGGABLE = r"^\s*[A-Za-z0-9][A-Za-z0-9 -]{0,61}[A-Za-z0-9]\s*$"
"""What a tenant id can be made of."""
OrganizationName = Annotated[str, line(1, 100, told=SLUGGABLE)]
GivenRole = Annotated[str, word(Role.COMPANY_ADMIN, Role.USER)]
"""A portal role that an administrator may give."""
MachineRoleName = Annotated[str, word(*sorted(MACHINE_ROLE_NAMES))]
Search = Annotated[str, line(0, 200)]
Tenant = Annotated[str, line(0, 63)]
PageNumber = Annotated[int, Meta(ge=1, le=UNPAGED_LIMIT)]
Limit = Annotated[int, Meta(ge=1, le=200)]
LogLimit = Annotated[int, Meta(ge=1, le=500)]


_TIME = {"anyOf": [{"format": "date-time"}, {"format": "date"}, {"pattern": r"^\s*$"}]}
TimeBound = Annotated[str, line(0, 40), Meta(extra_json_schema=_TIME)]
"""Read with `read_moment`."""


class Message(Struct):
    """The answer of a pure action."""

    message: str


class Counts(Struct, kw_only=True):
    """What stands beside every list."""

    total: int
    page: int
    limit: int
    total_pages: int


class PageQuery(Struct, kw_only=True):
    """Which page of a list; without both, everything."""

    page: PageNumber | None = None
    limit: Limit | None = None

    def wanted(self) -> PageRequest:
        """As the services want it."""
        return page_request(self.page, self.limit)


def counts(page: Page[Any]) -> dict[str, int]:
    """The numbers beside a list. A list that was not paged says its own length as the limit."""
    limit = max(page.total, 1) if page.limit == UNPAGED_LIMIT else page.limit
    return {"total": page.total, "page": page.page, "limit": limit, "total_pages": page.total_pages}


def moment(at: datetime | None) -> str | None:
    """RFC 3339, UTC, whole seconds, Z."""
    return None if at is None else timestamp(at)


def timestamp(at: datetime) -> str:
    """As `moment`, for times that are always there."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str, *, field: str, whole_day: bool = False) -> datetime | None:
    """A bound of time in a query: RFC 3339 or a date (its first moment, or its last with `whole_day`).

    Raises Invalid("Invalid <field> date"). Nothing gives None.
    """
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            edge = time.max if whole_day else time.min
            found = datetime.combine(date.fromisoformat(text), edge, UTC)
        else:
            found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"Invalid {field} date") from error
    if not 1970 < found.year <= LAST_YEAR:
        raise Invalid(f"Invalid {field} date")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def caller_of(call: Call[Any]) -> Caller:
    """The connection's facts, for services that are asked by nobody in particular."""
    facts = call.facts
    return Caller(
        ip_address=facts.ip_address,
        user_agent=facts.user_agent,
        source_hint=facts.source_hint,
        correlation_id=facts.correlation_id,
    )
