"""A setting cannot exist without its line in docs/operations.md, nor a line without its setting."""

import re
from dataclasses import fields

from relay.config import Config, environment_names
from tests.architecture.tree import ROOT

SETTINGS = [field.name for field in fields(Config)]


def documented() -> list[str]:
    """The lines of the settings table: those that begin with a variable's name."""
    text = (ROOT / "docs/operations.md").read_text()
    return [line for line in text.splitlines() if line.startswith("| `FAIRLEAD_")]


def test_every_setting_has_its_line() -> None:
    missing = {environment_names(setting) for setting in SETTINGS if not has_line(*environment_names(setting))}
    assert not missing, "docs/operations.md needs one line for each, which names all of its variables"


def has_line(name: str, *aliases: str) -> bool:
    lines = [line for line in documented() if line.startswith(f"| `{name}`")]
    return len(lines) == 1 and all(f"`{alias}`" in lines[0] for alias in aliases)


def test_every_line_is_a_setting() -> None:
    names = {re.match(r"\| `(\w+)`", line)[1] for line in documented()}  # type: ignore[index]  # documented() begins so
    assert names <= {environment_names(setting)[0] for setting in SETTINGS} | {"FAIRLEAD_WEBUI", "FAIRLEAD_TOKEN"}
