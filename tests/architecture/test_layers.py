"""Who may import whom. The contracts stand in pyproject.toml; what they cannot say stands here."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, imports, module_name, name_of, python_files

PURE = {
    "__future__", "base64", "binascii", "collections", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "hashlib", "hmac", "ipaddress", "itertools", "json", "math", "operator", "re", "string",
    "struct", "textwrap", "types", "typing", "unicodedata",
}  # fmt: skip
"""Of the standard library, what computes and does nothing else."""
AGENT_MAY_IMPORT = {"agent", "protocol", "trio", "trio_websocket"}


def test_import_contracts_hold() -> None:
    """In a process of its own: import-linter disables every logger of the process it runs in."""
    call = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("room", "may"), [("relay/domain", "relay.domain"), ("protocol", "protocol")])
def test_rules_import_nothing_but_themselves(room: str, may: str) -> None:
    strangers = {
        f"{name_of(path)} imports {name}"
        for path in python_files(room.split("/", maxsplit=1)[0])
        if path.is_relative_to(ROOT / room)
        for name in imports(path)
        if not (name == may or name.startswith(may + ".")) and name.split(".")[0] not in PURE
    }
    assert not strangers


def test_the_agent_needs_nothing_that_a_machine_may_lack() -> None:
    """Base dependencies only, so that `pip install .` and the one-file agent run anywhere Python does."""
    allowed = AGENT_MAY_IMPORT | set(sys.stdlib_module_names)
    strangers = {
        f"{name_of(path)} imports {name}"
        for path in python_files("agent")
        for name in imports(path)
        if name.split(".")[0] not in allowed
    }
    assert not strangers


def test_dialects_never_import_each_other() -> None:
    dialects = {folder.name for folder in (ROOT / "relay" / "api").iterdir() if (folder / "__init__.py").is_file()}
    assert "webxterm" in dialects
    crossing = {
        f"{name_of(path)} imports {name}"
        for path in python_files("relay")
        if (own := dialect_of(path)) in dialects
        for name in imports(path)
        if name.startswith("relay.api.") and name.split(".")[2] in dialects - {own}
    }
    assert not crossing


def dialect_of(path: Path) -> str:
    parts = module_name(path).split(".")
    return parts[2] if parts[:2] == ["relay", "api"] and len(parts) > 2 else ""


def test_no_relative_imports() -> None:
    relative = {name_of(path) for path in python_files(*PACKAGES, "tests") if any(n[0] == "." for n in imports(path))}
    assert not relative
