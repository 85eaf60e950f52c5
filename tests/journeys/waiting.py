"""Waiting for what another process does: there is no event of ours to wait on, so it is asked again, up to a limit."""

import time
from collections.abc import Callable

LIMIT_S = 15.0
PAUSE_S = 0.02


def until(holds: Callable[[], bool]) -> None:
    """Return once `holds()`. Raises TimeoutError."""
    end_s = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > end_s:
            raise TimeoutError("it did not come about")
        time.sleep(PAUSE_S)
