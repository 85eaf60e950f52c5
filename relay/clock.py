"""The only reader of time in the relay. Everything else is handed a clock, so that tests own the time."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall-clock time and a clock that never jumps."""

    def now(self) -> datetime:
        """UTC, cut to milliseconds: what the store can hold."""
        now = datetime.now(UTC)  # noqa: TID251  this file is the one reader of wall-clock time
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic()


class FakeClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """The time it was set to, plus every advance."""
        return self._now

    def monotonic(self) -> float:
        """1000 seconds, plus every advance."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
