"""Names are the field's terms. Words that say nothing are not names."""

import ast
import re

from tests.architecture.tree import PACKAGES, name_of, parsed, python_files, tracked

EMPTY_WORDS = {"Manager", "Helper", "Util", "Utils", "Base", "Impl", "Data", "Info"}
EMPTY_FILES = {"util", "utils", "helper", "helpers", "misc", "manager", "base"}
WORD = re.compile(r"[A-Z][a-z0-9]*")


def test_no_class_is_named_by_an_empty_word() -> None:
    found = {
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in python_files(*PACKAGES, "tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and ends_empty(node.name)
    }
    assert not found


def ends_empty(name: str) -> bool:
    return not EMPTY_WORDS.isdisjoint(WORD.findall(name)[-1:])


def test_the_law_sees_what_it_forbids() -> None:
    assert ends_empty("SessionManager")
    assert not ends_empty("DataReceived")


def test_no_file_is_named_by_an_empty_word() -> None:
    programs = [path for path in tracked() if path.suffix in {".py", ".ts", ".tsx"}]
    assert not {name_of(path) for path in programs if path.stem in EMPTY_FILES}


def test_every_module_says_what_it_owns() -> None:
    silent = {name_of(path) for path in python_files(*PACKAGES) if not ast.get_docstring(parsed(path))}
    assert not silent


def test_every_exception_to_a_lint_rule_has_its_reason() -> None:
    """`# noqa: X` or `# type: ignore[x]` is followed, on the same line, by why."""
    bare = re.compile(r"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[^\]]*\])?)\s*$")
    found = {
        f"{name_of(path)}:{number}"
        for path in python_files(*PACKAGES, "tests")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    }
    assert not found
