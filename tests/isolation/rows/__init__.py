"""The table, one file a noun; every file here is read, and no route may stand in two."""

from importlib import import_module
from pkgutil import iter_modules

from tests.isolation.row import Row


def gather() -> dict[str, Row]:
    """All rows of all files."""
    table: dict[str, Row] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        rows = import_module(module.name).ROWS
        twice = table.keys() & rows.keys()
        assert not twice, f"{module.name} repeats {sorted(twice)}"
        table |= rows
    return table
