"""A row of the matrix: what each column is answered, and how to ask."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.isolation.people import COLUMNS
from tests.isolation.world import World

Make = Callable[[World], Awaitable[dict[str, str]]]
Body = Callable[[World], Any]


@dataclass
class Form:
    """A multipart body: fields, and files as name → (file name, content, media type)."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)


async def nothing(world: World) -> dict[str, str]:
    """The path has no values."""
    return {}


@dataclass
class Row:
    """`expected` follows COLUMNS. `make` gives the path's values, `body` and `query` the rest.

    `others` says what a column of KEYS or DEAD is answered where that does not follow from the permission. A request
    that ends the login it is made with gets a fresh one each time (`ends_login`).
    """

    expected: tuple[int, ...]
    make: Make = nothing
    body: Body = lambda world: {}
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ends_login: bool = False
    others: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert len(self.expected) == len(COLUMNS), f"{self.expected}: one status for each of {COLUMNS}"
