"""How often something may happen: sliding windows in memory, bounded, by the injected clock.

Restarting the relay forgets the counts: the windows are short.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable

from relay.clock import Clock
from relay.domain.errors import TooMany

MAX_KEYS = 20_000
"""Remembered at once; the one counted longest ago is forgotten first."""
TOO_MANY = "Too many attempts, try again later"


class SlidingWindows:
    """Counts events by key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def require_room(self, key: Hashable, *, most: int, window_s: int) -> None:
        """Raises TooMany, with the seconds to wait, when `most` events lie within `window_s`."""
        events = self._events.get(key)
        if events is None:
            return
        now = self._clock.monotonic()
        while events and events[0] <= now - window_s:
            events.popleft()
        if len(events) >= most:
            raise TooMany(TOO_MANY, retry_after_s=max(1, round(events[0] + window_s - now)))

    def count(self, key: Hashable, *, most: int) -> None:
        """One more event; no more than `most` are remembered."""
        events = self._events.setdefault(key, deque(maxlen=most))
        events.append(self._clock.monotonic())
        self._events.move_to_end(key)
        if len(self._events) > MAX_KEYS:
            self._events.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        """The newest event was none after all."""
        events = self._events.get(key)
        if events:
            events.pop()
