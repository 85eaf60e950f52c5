"""The tasks everybody relies on: their names, their help, and that continuous integration does nothing of its own."""

import re
import subprocess

import pytest

from tests.architecture.tree import ROOT

TASKS = ("run", "test", "check", "fix", "bench", "help")
STEPS = ("format", "lint", "types", "contracts", "spelling", "console-check", "coverage")


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_help_names_every_task() -> None:
    assert set(TASKS) <= set(re.findall(r"^  make (\S+) +\S", make("help"), re.MULTILINE))
    assert make() == make("help")


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]


@pytest.mark.parametrize("step", STEPS)
def test_test_is_check_and_check_is_everything(step: str) -> None:
    rules = dict(re.findall(r"^([a-z-]+): ([^#\n]*)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert rules["test"].split() == ["check"]
    assert step in rules["check"].split()


def test_coverage_has_its_floor() -> None:
    assert "coverage report --fail-under=90" in (ROOT / "Makefile").read_text()
