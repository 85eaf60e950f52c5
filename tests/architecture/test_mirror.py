"""Numbers and names that stand in two places are the same in both."""

import re
import tomllib
from pathlib import Path

import pytest

from protocol import frames, window
from tests.architecture.tree import ROOT

FRAMES_TS = ROOT / "webui/src/lib/frames.ts"
CONSTANT = re.compile(r"^export const ([A-Z_]+) = ([0-9a-fx* _]+);", re.MULTILINE)
SHARED = ("CONTROL", "DATA", "STDERR", "CREDIT", "MAX_PAYLOAD_BYTES")


def typescript_constants(path: Path) -> dict[str, int]:
    return {name: product(text) for name, text in CONSTANT.findall(path.read_text())}


def product(text: str) -> int:
    result = 1
    for factor in text.split("*"):
        result *= int(factor.strip(), 0)
    return result


@pytest.mark.parametrize("name", SHARED)
def test_the_browser_carries_the_same_numbers(name: str) -> None:
    assert typescript_constants(FRAMES_TS)[name] == getattr(frames, name)


def test_the_browser_has_the_same_window() -> None:
    assert typescript_constants(FRAMES_TS)["INITIAL_CREDIT_BYTES"] == window.WINDOW_BYTES


def test_one_python_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert "Python 3.11" in (ROOT / "README.md").read_text()


def test_one_version_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()
    assert f'"version": "{version}"' in (ROOT / "webui/package.json").read_text()
