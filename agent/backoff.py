"""How long to wait before dialling again: full jitter under a doubling, capped ceiling. Chance is passed in."""

from collections.abc import Callable

FIRST_S = 1.0
"""The first wait is at most this long, so that a restarted relay is found again at once."""
CAP_S = 60.0
"""No wait is longer: a machine comes back within a minute of its relay."""


class Backoff:
    """`random` gives a number in [0, 1), as random.random does."""

    def __init__(self, random: Callable[[], float], *, first_s: float = FIRST_S, cap_s: float = CAP_S) -> None:
        self._random = random
        self._first_s = first_s
        self._cap_s = cap_s
        self._ceiling_s = first_s

    def next_s(self) -> float:
        """Seconds to wait now; the ceiling doubles for the next time."""
        wait_s = self._random() * self._ceiling_s
        self._ceiling_s = min(self._cap_s, self._ceiling_s * 2)
        return wait_s

    def slow_s(self) -> float:
        """Seconds to wait when the relay itself said no: near the cap, never in step with other agents."""
        self._ceiling_s = self._cap_s
        return self._cap_s * (0.75 + 0.25 * self._random())

    def reset(self) -> None:
        """A connection was proven: start small again."""
        self._ceiling_s = self._first_s
