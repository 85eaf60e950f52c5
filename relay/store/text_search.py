"""A `$text` search as an FTS5 expression: words are alternatives, "phrases" are demanded, -words are refused."""

import re

_TERM = re.compile(r'(?P<refused>-?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


def fts_expression(search: str) -> str | None:
    """The expression for `search`, or None when it names nothing to look for."""
    words: list[str] = []
    phrases: list[str] = []
    refused: list[str] = []
    for term in _TERM.finditer(search):
        text = term["phrase"] if term["phrase"] is not None else term["word"]
        if not any(character.isalnum() for character in text):
            continue  # FTS5 has no word for it, and a phrase without words is a syntax error
        kind = refused if term["refused"] else phrases if term["phrase"] is not None else words
        kind.append('"' + text.replace('"', '""') + '"')
    if not words and not phrases:
        return None
    wanted = " AND ".join(phrases) if phrases else " OR ".join(words)
    return f"({wanted})" + "".join(f" NOT {text}" for text in refused)
