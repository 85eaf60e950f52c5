"""What a user agent says of itself: the kind of client, the browser, the system. Claims, good for logs only."""

import re

from relay.domain.accounts import Source

_VSCODE = re.compile(r"\bvscode\b", re.IGNORECASE)
_CLI = re.compile(r"\b(?:curl|cli)\b", re.IGNORECASE)
_PREFIXES = (("cli-", Source.CLI), ("vscode", Source.VSCODE), ("session", Source.UI))
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")


def source_named(name: str | None) -> Source | None:
    """One of the three, or None for anything else."""
    return Source(name) if name in set(Source) else None


def source_of(hint: str | None, user_agent: str) -> Source:
    """The kind of client that logs in: its own word (X-Source), then whole words of the user agent, then ui."""
    named = source_named(hint)
    if named is not None:
        return named
    if _VSCODE.search(user_agent):
        return Source.VSCODE
    return Source.CLI if _CLI.search(user_agent) else Source.UI


def source_of_session(asked: str | None, login: Source | None, session_id: str) -> Source:
    """The kind of client that opens a shell: what it says, then its login's, then its session id's prefix."""
    named = source_named(asked) or login
    if named is not None:
        return named
    return next((source for prefix, source in _PREFIXES if session_id.startswith(prefix)), Source.UI)


def browser_of(user_agent: str) -> str:
    """Chrome, Firefox, Safari, Edge, or the first product's name; Unknown when it names none."""
    for token, name in _BROWSERS:
        if f"{token}/" in user_agent:
            return name
    product = _PRODUCT.match(user_agent)
    return product[0] if product else "Unknown"


def os_of(user_agent: str) -> str:
    """Windows, macOS, Linux, Android, iOS or Unknown."""
    return next((name for token, name in _SYSTEMS if token in user_agent), "Unknown")
