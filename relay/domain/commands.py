"""The command log: one row for each line run on a machine, with what is known about it and how surely."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.domain.accounts import Source
from relay.domain.errors import Invalid

MAX_COMMAND_CHARS = 8192
"""As long as a command over the API may be; a logged line is cut there."""

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
