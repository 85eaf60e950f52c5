"""Documents lead somewhere, are listed, and carry the code's figures."""

import importlib
import re
from pathlib import Path

import pytest

from relay.domain.audit import Action
from tests.architecture.tree import ROOT, name_of, tracked

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
LIMIT = re.compile(r"^\| [^|]+ \| ([\d,]+)[^|]* \| `([\w.]+)\.([A-Z_]+)` \|", re.MULTILINE)
MADE_BY_THE_BROWSER_TEST = {"docs/console.png"}
PROMISED = [
    "README", "architecture", "glossary", "protocol", "security", "flow", "backpressure", "closing", "limits",
    "operations", "agent", "api/webxterm", "decisions/README", "decisions/0001-laws-and-layers",
    "decisions/0002-embedded-store", "decisions/0003-agent-credential",
]  # fmt: skip


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


@pytest.mark.parametrize("name", PROMISED)
def test_what_was_promised_is_there(name: str) -> None:
    assert (ROOT / "docs" / f"{name}.md").is_file()


def test_every_link_leads_somewhere() -> None:
    broken = {
        f"{name_of(document)} → {target}"
        for document in documents()
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
        and (document.parent / target).resolve().relative_to(ROOT).as_posix() not in MADE_BY_THE_BROWSER_TEST
    }
    assert not broken


def test_every_document_is_listed() -> None:
    index = (ROOT / "docs/README.md").read_text() + (ROOT / "docs/decisions/README.md").read_text()
    inside = [path for path in documents() if path.is_relative_to(ROOT / "docs") and path.name != "README.md"]
    assert not {name_of(path) for path in inside if path.name not in index}


LIMITS = LIMIT.findall((ROOT / "docs/limits.md").read_text())


def test_the_limits_page_names_constants() -> None:
    assert len(LIMITS) > 20


@pytest.mark.parametrize(("figure", "module", "name"), LIMITS)
def test_limits_are_those_of_the_code(figure: str, module: str, name: str) -> None:
    assert getattr(importlib.import_module(module), name) == int(figure.replace(",", ""))


@pytest.mark.parametrize("action", Action)
def test_every_audit_action_is_written_and_explained(action: Action) -> None:
    assert f"`{action}`" in (ROOT / "docs/api/webxterm.md").read_text()
    sources = (path.read_text() for path in (ROOT / "relay").rglob("*.py"))
    assert any(f"Action.{action.name}" in source for source in sources if "class Action(" not in source)
