"""The regular expressions a query may use: a literal text, at the start, at the end or anywhere. Rules:

1. Only what costs linear time on every engine: no repetition, no groups, no classes, no alternation.
2. A character with a meaning stands behind a backslash, as `re.escape` writes it; a letter or digit never does.
"""

import re
from collections.abc import Mapping

from relay.store.errors import UnsupportedQuery

PATTERN_CHARACTERS = 512
"""Room for a 256-character search with every character escaped."""

_LITERAL = re.compile(r"\^?(?:[^\\^$.|?*+()\[\]{}]|\\[^A-Za-z0-9])*\$?", re.DOTALL)


def check_pattern(pattern: object, options: object = "") -> None:
    """Raises UnsupportedQuery unless `pattern` is such a literal and `options` is empty or `i`."""
    if not isinstance(pattern, str) or len(pattern) > PATTERN_CHARACTERS:
        raise UnsupportedQuery(f"$regex takes text of at most {PATTERN_CHARACTERS} characters")
    if options not in ("", "i"):
        raise UnsupportedQuery("$options takes only i")
    if not _LITERAL.fullmatch(pattern):
        raise UnsupportedQuery("$regex takes an escaped literal, with ^ before or $ behind it")


def compile_pattern(pattern: str, options: str = "") -> re.Pattern[str]:
    """The checked pattern, ready to search with."""
    return re.compile(pattern, re.IGNORECASE if options else 0)


def literal_of(asked: object) -> str | None:
    """The text that a `$regex` condition demands somewhere; None for any other condition."""
    if not isinstance(asked, Mapping) or not isinstance(asked.get("$regex"), str):
        return None
    pattern: str = asked["$regex"]
    return re.sub(r"\\(.)", r"\1", _without_anchors(pattern), flags=re.DOTALL)


def _without_anchors(pattern: str) -> str:
    pattern = pattern.removeprefix("^")
    backslashes = len(pattern[:-1]) - len(pattern[:-1].rstrip("\\"))
    return pattern[:-1] if pattern.endswith("$") and backslashes % 2 == 0 else pattern
