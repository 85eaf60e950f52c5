"""Two installations of one distribution: the base is the agent alone, the extra [relay] brings the server."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
EVERY_AGENT_MODULE = """
import importlib, pkgutil, sys, agent
for found in pkgutil.walk_packages(agent.__path__, "agent."):
    importlib.import_module(found.name)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def canonical(requirement: str) -> str:
    """A distribution's name as indexes compare it, without its version."""
    return re.sub(r"[-_.]+", "-", re.split(r"[=<>~!\[ ]", requirement)[0]).lower()


def test_the_agent_loads_nothing_of_the_relays_extra() -> None:
    extra = {canonical(each) for each in PROJECT["optional-dependencies"]["relay"]}
    packages = {name for name, owners in packages_distributions().items() if extra & set(map(canonical, owners))}
    assert {"msgspec", "quart", "cryptography", "bson"} <= packages
    done = run(EVERY_AGENT_MODULE)
    loaded = set(done.stdout.split())
    assert {"agent", "protocol", "trio", "trio_websocket"} <= loaded, done.stderr
    assert loaded & packages == set()
    assert "relay" not in loaded


def test_without_the_extra_the_relay_says_which_one_is_missing() -> None:
    done = run("import sys, runpy; sys.modules['msgspec'] = None; runpy.run_module('relay', run_name='__main__')")
    assert done.returncode == 1
    assert done.stderr.startswith("fairlead: msgspec is missing: the agent alone is installed here.")
    assert "pip install 'fairlead[relay]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_defect_of_ours_is_not_taken_for_a_missing_extra() -> None:
    done = run("import sys, runpy; sys.modules['relay.ids'] = None; runpy.run_module('relay', run_name='__main__')")
    assert "ModuleNotFoundError" in done.stderr
