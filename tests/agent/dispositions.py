"""What /proc says of a process's signals, without the two that no program can set."""

import re

GLIBC_OWN = 1 << 31 | 1 << 32
"""Signals 32 and 33: glibc's posix_spawn (GNU make's way to start programs) leaves them ignored, and refuses to change
them; no shell and no program is the worse for it."""


def signals_in(text: str, name: str) -> int:
    """The mask `name` (SigIgn, SigBlk) in the text of /proc/self/status, less glibc's own."""
    found = re.search(name + r":\s*([0-9a-f]{16})", text)
    assert found is not None, text
    return int(found[1], 16) & ~GLIBC_OWN
