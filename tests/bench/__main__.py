"""Run the parts named (all by default), each beside its floor. `--quick` proves that the bench itself works."""

import argparse
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime

from tests.bench import audit, http, line, search

PARTS: dict[str, Callable[[bool], None]] = {
    "line": line.run,
    "http": http.run,
    "audit": audit.run,
    "search": search.run,
}
"""Each measures and prints one table; with True in small amounts."""


def main() -> None:
    """Measure and print; exits non-zero only when something did not work at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="small amounts: does the bench work?")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))} (there are {', '.join(PARTS)})")
    print(f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for part in options.parts or PARTS:
        PARTS[part](options.quick)


if __name__ == "__main__":
    main()
