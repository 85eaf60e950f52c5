"""The rate limiter forgets, is bounded, and cannot be walked around with one subscriber's addresses."""

import pytest

from relay.api.limits import Limit, RateLimiter
from relay.clock import FakeClock
from relay.domain.errors import Invalid, TooMany, Unauthenticated
from relay.domain.names import network_of
from relay.services import windows

ONE = (Limit(name="one", most=2, window_s=10, key=lambda address, body: network_of(address)),)
FAILURES = (Limit(name="failures", most=1, window_s=10, key=lambda address, body: address, failures_only=True),)


def test_the_window_slides() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    limiter.admit(ONE, "192.0.2.1", None)
    clock.advance(6)
    limiter.admit(ONE, "192.0.2.1", None)
    with pytest.raises(TooMany) as refused:
        limiter.admit(ONE, "192.0.2.1", None)
    assert refused.value.retry_after_s == 4
    clock.advance(4)
    limiter.admit(ONE, "192.0.2.1", None)
    with pytest.raises(TooMany):
        limiter.admit(ONE, "192.0.2.1", None)


def test_only_wrong_credentials_are_failures() -> None:
    limiter = RateLimiter(FakeClock())
    limiter.settle(FAILURES, "a", None, Invalid("x"))
    limiter.admit(FAILURES, "a", None)
    limiter.settle(FAILURES, "a", None, Unauthenticated("x"))
    with pytest.raises(TooMany):
        limiter.admit(FAILURES, "a", None)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
def test_one_subscriber_is_one_key(address: str, network: str) -> None:
    assert network_of(address) == network


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MAX_KEYS", 3)
    limiter = RateLimiter(FakeClock())
    for last in range(10):
        limiter.admit(ONE, f"192.0.2.{last}", None)
    assert len(limiter._windows._events) == 3
