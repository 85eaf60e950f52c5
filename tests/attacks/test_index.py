"""Every case of the checklist that concerns what exists is tried by a test that carries its number."""

import ast
import re

from tests.architecture.tree import functions, name_of, python_files
from tests.attacks.cases import CASES

NUMBERED = re.compile(r"^test_case_(\d\d)_")


def tried() -> dict[int, list[str]]:
    """Case → its tests."""
    found: dict[int, list[str]] = {}
    for path in python_files("tests"):
        if path.name.startswith("test_"):
            for function in functions(path):
                if (numbered := NUMBERED.match(function.name)) and not _is_empty(function):
                    found.setdefault(int(numbered[1]), []).append(f"{name_of(path)}::{function.name}")
    return found


def _is_empty(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A test that checks nothing is none."""
    return not any(isinstance(node, ast.Assert | ast.With | ast.AsyncWith) for node in ast.walk(function))


def test_the_list_is_whole():
    assert [case.number for case in CASES] == list(range(1, 44))
    assert all(case.waits for case in CASES if case.waits_whole)


def test_every_case_that_can_be_tried_is():
    found = tried()
    assert [case for case in CASES if not case.waits_whole and case.number not in found] == []


def test_no_test_tries_a_case_that_is_not_on_the_list():
    assert set(tried()) <= {case.number for case in CASES}
