"""Files hold one idea and functions fit a glance: 400 lines, 30 statements, a median of 12 lines."""

import ast
from pathlib import Path
from statistics import median

from tests.architecture.tree import PACKAGES, FunctionNode, functions, length, name_of, python_files, tracked

FILE_LINES = 400
FUNCTION_STATEMENTS = 30
MEDIAN_FUNCTION_LINES = 12
SOURCE_SUFFIXES = {".py", ".ts", ".tsx", ".css", ".sh"}
GENERATED = {"webui/src/api/schema.d.ts"}


def test_no_file_is_longer_than_it_should_be() -> None:
    sources = [path for path in tracked() if path.suffix in SOURCE_SUFFIXES and name_of(path) not in GENERATED]
    assert sources
    assert not {name_of(path): lines for path in sources if (lines := line_count(path)) > FILE_LINES}


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_function_has_too_many_statements() -> None:
    found = {
        f"{name_of(path)}:{function.lineno} {function.name}": count
        for path in python_files(*PACKAGES)
        for function in functions(path)
        if (count := statements(function)) > FUNCTION_STATEMENTS
    }
    assert not found


def statements(function: FunctionNode) -> int:
    """Statements of the function itself, inner functions included, its docstring not."""
    docstring = 1 if ast.get_docstring(function) else 0
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1 - docstring


def test_the_usual_function_is_short() -> None:
    lengths = [length(function) for path in python_files(*PACKAGES) for function in functions(path)]
    assert median(lengths) <= MEDIAN_FUNCTION_LINES
