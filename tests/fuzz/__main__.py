"""`make fuzz`: for long, as each of the people, with a new seed; says the seed, so that a finding can be had again."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

import structlog
import trio

from tests.fuzz.running import PEOPLE, Bounds, fuzz


def main() -> int:
    """The number of people who found something."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--examples", type=int, default=300, help="of one operation in one phase")
    parser.add_argument("--seconds", type=int, default=None, help="at most, for each person")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--only", default="", help="paths that this regular expression finds")
    parser.add_argument("--as", dest="people", action="append", choices=PEOPLE)
    asked = parser.parse_args()
    bounds = Bounds(
        seed=asked.seed, most_examples=asked.examples, phases=asked.phases, most_s=asked.seconds, only=asked.only
    )
    return sum(_as(person, bounds) for person in asked.people or PEOPLE)


def _as(person: str, bounds: Bounds) -> bool:
    with tempfile.TemporaryDirectory() as folder, structlog.testing.capture_logs():
        found = trio.run(fuzz, Path(folder), person, bounds)
    print(f"--- {person}, seed {bounds.seed}\n{found.text}", flush=True)
    if not found.still_knows_us:
        print(f"THE LOGIN OF {person} WAS LOST ON THE WAY: what came after it tested nothing")
    return not (found.is_clean and found.still_knows_us)


if __name__ == "__main__":
    sys.exit(main())
