"""The command log: one row for each line run on a machine, with what is known about it and how surely."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.domain.accounts import Source
from relay.domain.errors import Invalid

MAX_COMMAND_CHARS = 8192
"""As long as a command over the API may be; a logged line is cut there."""

MAX_CWD_CHARS = 1024

MAX_SHOWN_BYTES = 64 * 1024
"""Of a command's output, what a terminal is shown; of each of its two streams, what is kept to be asked for later."""

RESULT_HOURS = 24
"""How long a finished command's output is kept."""

MAX_TIMEOUT_S = 300
DEFAULT_TIMEOUT_S = 30


class Method(StrEnum):
    """How a command became known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    KEYSTROKES = "keystrokes"
    API = "api"


class Confidence(StrEnum):
    """How sure we are that the text is what ran."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Attested(StrEnum):
    """What the machine's own key says of a row."""

    SIGNED = "signed"
    CHAINED = "chained"  # its digest is in that of a later row, which is signed
    UNSIGNED = "unsigned"  # the agent is older than that
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the agent said and signed of a row, as far as the row itself does not hold it (docs/protocol.md)."""

    seq: int
    previous: str
    signature: str
    started_at_ms: int
    duration_ms: int | None
    cwd: str
    missing_before: int = 0
    timed_out: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """One row. `success` is None where nobody can know the exit code; `timestamp` is when it started."""

    id: str
    tenant_id: str
    machine_id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    command: str
    timestamp: datetime
    success: bool | None
    exit_code: int | None
    duration_ms: int | None
    source: Source
    session_id: str | None
    method: Method
    confidence: Confidence
    ip_address: str = ""
    browser: str = ""
    os: str = ""
    cwd: str = ""
    attested: Attested = Attested.UNSIGNED
    statement: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came of a command, to be asked for until `expires_at`. `error` says why there is no whole outcome."""

    id: str
    tenant_id: str
    machine_id: str
    user_id: str
    command: str
    exit_code: int | None
    success: bool
    stdout: str
    stderr: str
    truncated: bool
    duration_ms: int | None
    error: str | None
    created_at: datetime
    expires_at: datetime


def shown_output(stdout: bytes, stderr: bytes, *, truncated: bool, word: str | None = None) -> str:
    """A command's output for a terminal: stdout, then stderr, at most MAX_SHOWN_BYTES, and what else is to be said."""
    gap = b"\n" if stdout and stderr and not stdout.endswith(b"\n") else b""
    whole = stdout + gap + stderr
    words = [word] if word else []
    if truncated or len(whole) > MAX_SHOWN_BYTES:
        words.insert(0, "the rest of the output was cut")
    text = whole[:MAX_SHOWN_BYTES].decode("utf-8", "replace")
    if words and text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"[fairlead: {each}]\n" for each in words)


def kept_output(stream: bytes) -> tuple[str, bool]:
    """As much of one stream as is kept, as text, and whether that is all of it."""
    return stream[:MAX_SHOWN_BYTES].decode("utf-8", "replace"), len(stream) <= MAX_SHOWN_BYTES


def check_command(command: str) -> str:
    """The command, when it can be run. Raises Invalid for a blank, too long or impossible (NUL) one."""
    if not command.strip():
        raise Invalid("command is required")
    if len(command) > MAX_COMMAND_CHARS:
        raise Invalid(f"command must be at most {MAX_COMMAND_CHARS} characters")
    if "\0" in command:
        raise Invalid("command must not contain NUL characters")
    return command


def check_timeout(timeout_s: int) -> int:
    """The time limit, 1 to 300 seconds. Raises Invalid."""
    if not 1 <= timeout_s <= MAX_TIMEOUT_S:
        raise Invalid(f"timeout must be between 1 and {MAX_TIMEOUT_S}")
    return timeout_s
