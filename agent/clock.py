"""The only reader of the wall clock in the agent. Time that is waited for is trio's."""

import time


def unix_ms() -> int:
    """Milliseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1_000_000
