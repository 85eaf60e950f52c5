"""Texts without case, and the runs of three characters they are found by. Pure.

Rule: whatever `re.IGNORECASE` takes for the same character folds to the same one; a test compares them all. So an index
of folded runs never hides what the matcher would find.
"""

from functools import lru_cache

FOLDING = 1
"""Grows when `fold` changes: what was indexed by another one is indexed anew."""
GRAM = 3
MOST_GRAMS = 24
"""Runs looked up for one search: they cover the text without overlapping, and more narrow no further."""

_ALIKE = {"\u0130": "i", "\u0131": "i", "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb06": "\ufb05"}
"""What has no single case-folded character and is the same to `re` all the same."""


def fold(text: str) -> str:
    """The text, each character replaced by the one that stands for all its cases; as long as before."""
    folded = text.lower() if text.isascii() else "".join(map(_fold_one, text))
    return folded.replace("\0", "\ufffd")  # FTS5 would take it for the end


@lru_cache(maxsize=4096)
def _fold_one(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"  # half of a pair: no database holds it
    folded = next((each for each in (char.casefold(), char.lower()) if len(each) == 1), char)
    return _ALIKE.get(folded, folded)


def grams(text: str) -> list[str]:
    """Runs of `text` that every text containing it has too; none when it is shorter than one run."""
    folded = fold(text)
    starts = range(0, len(folded) - GRAM + 1, GRAM)
    found = dict.fromkeys(folded[start : start + GRAM] for start in starts)
    if starts:
        found[folded[-GRAM:]] = None
    return list(found)[:MOST_GRAMS]
