"""How things end: the close codes of sockets and the reason a session is over."""

from dataclasses import dataclass

SHELL_EXITED = 1000
SHUTDOWN = 1001
TOO_BIG = 1009
INTERNAL = 1011
PROTOCOL_ERROR = 4400
NOT_PROVEN = 4401
ACCESS_LOST = 4403
MACHINE_GONE = 4404
SILENT = 4408
IDLE = 4408
REPLACED = 4409
PENDING = 4409
TERMINATED = 4410
TOO_MANY = 4429
AGENT_LOST = 4503

MAX_REASON_BYTES = 123
"""What fits into a WebSocket close frame beside the code (RFC 6455 §5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseReason:
    """Close code of the viewers' sockets, text for people, and the shell's exit code where it has one."""

    code: int
    text: str
    exit_code: int | None = None
    drained: bool = False
    """The shell ended by itself: viewers first read what it wrote. Everything else cuts at once."""


def printable(text: str, most: int = 200) -> str:
    """Untrusted text for logs and close frames: control characters gone, bounded to `most` characters."""
    return "".join(each if each.isprintable() else " " for each in text[:most]).strip()


def close_text(text: str) -> str:
    """`text` cut to what a close frame holds, never within a character."""
    return text.encode()[:MAX_REASON_BYTES].decode("utf-8", "ignore")
