"""Times and counts on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from relay.api.webxterm.common import counts, moment, read_moment
from relay.domain.errors import Invalid
from relay.domain.paging import UNPAGED_LIMIT, Page


@pytest.mark.parametrize(
    ("text", "whole_day", "found"),
    [
        ("", False, None),
        ("2026-11-21", False, datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21", True, datetime(2026, 11, 21, 23, 59, 59, 999999, UTC)),
        ("2026-11-21T10:00:00Z", True, datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00+02:00", False, datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T10:00:00", False, datetime(2026, 11, 21, 10, tzinfo=UTC)),
    ],
)
def test_a_bound_of_time(text, whole_day, found):
    assert read_moment(text, field="from", whole_day=whole_day) == found


@pytest.mark.parametrize(
    "text", ["today", "2026-13-01", "2026-1-1", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-11-21T"]
)
def test_no_bound_of_time(text):
    with pytest.raises(Invalid, match="Invalid from date"):
        read_moment(text, field="from")


def test_a_time_is_utc_in_whole_seconds():
    at = datetime(2026, 11, 21, 10, 0, 0, 999000, timezone(timedelta(hours=2)))
    assert (moment(at), moment(None)) == ("2026-11-21T08:00:00Z", None)


def test_a_list_that_was_not_paged_says_its_own_length():
    assert counts(Page(items=[1, 2], total=2, page=1, limit=UNPAGED_LIMIT))["limit"] == 2
    assert counts(Page(items=[], total=0, page=1, limit=UNPAGED_LIMIT)) == {
        "total": 0, "page": 1, "limit": 1, "total_pages": 1,
    }  # fmt: skip
    assert counts(Page(items=[1], total=3, page=1, limit=1))["total_pages"] == 3
