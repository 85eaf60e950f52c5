"""One run: a relay with people and a machine, and schemathesis, in a process of its own, asking as one of them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import trio

from tests.isolation.world import World, world_of
from tests.webxterm.house import Client, relay

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEOPLE = ("super_admin", "admin", "granted")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much of it."""

    seed: int
    most_examples: int
    phases: str = "examples,coverage,fuzzing,stateful"
    most_s: int | None = None
    only: str = ""
    """A regular expression of paths, while looking for one fault."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What came out; `is_clean` means that nothing was found."""

    is_clean: bool
    text: str
    still_knows_us: bool


async def fuzz(folder: Path, person: str, bounds: Bounds) -> Findings:
    """Ask a new relay as this person."""
    everyone = (ip_network("127.0.0.0/8"),)
    async with relay(folder, trusted_proxies=everyone) as home, world_of(home) as world:
        for _ in range(2):
            await world.session()
            await world.group()
            await world.command()
        throwaway = await home.user(world.admin, "acme-nobody")
        done = await trio.run_process(
            _command(world, bounds),
            cwd=folder,
            env=_environment(world, person, throwaway),
            check=False,
            capture_stdout=True,
            stderr=subprocess.STDOUT,
        )
        still = await world.people[person].get("/api/users/me")
        return Findings(is_clean=done.returncode == 0, text=done.stdout.decode(), still_knows_us=still.status == 200)


def _command(world: World, bounds: Bounds) -> list[str]:
    wanted = [
        "--seed", str(bounds.seed), "--max-examples", str(bounds.most_examples), "--phases", bounds.phases,
        "--no-color", "--continue-on-failure", "--no-shrink",
    ]  # fmt: skip
    if bounds.most_s is not None:
        wanted += ["--max-time", str(bounds.most_s)]
    if bounds.only:
        wanted += ["--include-path-regex", bounds.only]
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")]
    return [*program, "run", f"{world.relay.running.url}/api/openapi.json", *wanted]


def _environment(world: World, person: str, throwaway: Client) -> dict[str, str]:
    """Ours, without coverage: the fuzzer is not what is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "FUZZ_URL": world.relay.running.url,
        "FUZZ_TOKEN": world.people[person].token,
        "FUZZ_USER_ID": world.people[person].actor.user_id,
        "FUZZ_THROWAWAY_ID": throwaway.actor.user_id,
    }
