"""Control messages as frozen structs, and the table type → struct. JSON on the wire: {"type": …, fields}.

Reading is strict about what it knows (every field present, of its type, in its range) and ignores fields it does
not know, so that a newer peer may say more. Byte strings (nonces, keys, signatures) travel as base64url text.
"""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.frames import MAX_CONTROL_BYTES, MAX_OFFSET

PROTOCOL_VERSION = 1
"""Raised when an older peer could misunderstand a newer one."""


@dataclass(frozen=True, slots=True)
class Range:
    """The integers a field may hold, both ends included."""

    least: int
    most: int


Offset = Annotated[int, Range(0, 2**62)]
"""A byte position in a stream; half of MAX_OFFSET, so that what follows a resume still fits."""
Sequence = Annotated[int, Range(0, 2**53)]
"""A row's place in a log."""
Cells = Annotated[int, Range(1, 2**16 - 1)]
"""Columns or rows: what the kernel's struct winsize holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One control message; `TYPE` is its name on the wire."""

    TYPE: ClassVar[str] = ""


# --- the link (channel 0) ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Message):
    """agent → relay: who calls, and a nonce the relay must sign."""

    TYPE: ClassVar[str] = "hello"
    protocol: int
    agent_id: str
    nonce: str
    agent_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Message):
    """relay → agent: the relay's proof over the agent's nonce, and the nonce the agent must sign."""

    TYPE: ClassVar[str] = "challenge"
    nonce: str
    relay_key: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSession(Message):
    """A shell the agent still holds from before this connection (inside Proof, never sent alone)."""

    session_id: str
    output_start: Offset
    output_end: Offset
    input_end: Offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Message):
    """agent → relay: the agent's signature, the machine's facts, the shells it still holds."""

    TYPE: ClassVar[str] = "proof"
    signature: str
    hostname: str
    os: str
    arch: str
    ip_addresses: tuple[str, ...] = ()
    linux_user: str = ""
    allow_sudo: bool = False
    sessions: tuple[HeldSession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Message):
    """relay → agent: proven. Shells not named in `keep_sessions` are hung up; the others will be resumed."""

    TYPE: ClassVar[str] = "welcome"
    heartbeat_interval_s: Annotated[int, Range(1, 3600)]
    keep_sessions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Message):
    """agent → relay: load figures; percentages 0 to 100, network in bytes per second, load is the 1 minute average."""

    TYPE: ClassVar[str] = "heartbeat"
    cpu_percent: float | None = None
    memory_percent: float | None = None
    disk_percent: float | None = None
    network_rx_bytes: float | None = None
    network_tx_bytes: float | None = None
    uptime_seconds: float | None = None
    load: float | None = None


# --- a terminal (one channel) --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTerminal(Message):
    """relay → agent: start a login shell on this channel."""

    TYPE: ClassVar[str] = "open_terminal"
    session_id: str
    cols: Cells
    rows: Cells
    username: str
    sudo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Message):
    """agent → relay: the shell runs; `log_method` says how its commands will be known (bash, zsh, fish, keystrokes)."""

    TYPE: ClassVar[str] = "opened"
    shell: str
    log_method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Message):
    """agent → relay: what was asked for on this channel cannot be had. Last message of the channel."""

    TYPE: ClassVar[str] = "refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Message):
    """relay → agent: take up a held shell on this new channel; send its output from `output_offset` on.

    `output_limit` is the credit that still stands: what the viewer has used up plus one window. Without it, every
    lost link would grant a fresh window to a viewer that does not read. None: one window from `output_offset`.
    """

    TYPE: ClassVar[str] = "resume"
    session_id: str
    output_offset: Offset
    output_limit: Offset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Message):
    """agent → relay: taken up; send input from `input_offset` on, up to `input_limit` (as in Resume)."""

    TYPE: ClassVar[str] = "resumed"
    input_offset: Offset
    input_limit: Offset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize(Message):
    """relay → agent: the window's size in character cells."""

    TYPE: ClassVar[str] = "resize"
    cols: Cells
    rows: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Message):
    """relay → agent: hang up the shell, or cancel the command. The agent still answers with the last message."""

    TYPE: ClassVar[str] = "close"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLogged(Message):
    """agent → relay: a person ran a command in this shell.

    `started_at_ms` is Unix time by the machine's clock; `method` is bash, zsh, fish or keystrokes; `confidence` is
    high, medium or low. exit_code is None where nobody can know it. `seq` counts the rows of this shell from 1, 0 when
    the agent does not attest them; `previous` and `signature`: see protocol/attestation.py.
    """

    TYPE: ClassVar[str] = "command_logged"
    line: str
    exit_code: int | None
    started_at_ms: int
    duration_ms: int | None
    cwd: str
    method: str
    confidence: str
    seq: Sequence = 0
    previous: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited(Message):
    """agent → relay: the shell ended, all its output was sent before. Last message of the channel.

    `log_seq` rows were logged, `log_signature` says so (protocol/attestation.py).
    """

    TYPE: ClassVar[str] = "exited"
    code: int | None
    reason: str = ""
    log_seq: Sequence = 0
    log_signature: str = ""


# --- a command (one channel) ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand(Message):
    """relay → agent: run one command line with `sh -c`; the agent ends its process group after `timeout_s`."""

    TYPE: ClassVar[str] = "run_command"
    command_id: str
    command: str
    username: str
    timeout_s: Annotated[int, Range(1, 86400)]
    sudo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone(Message):
    """agent → relay: the command ended, all its output was sent before. Last message of the channel."""

    TYPE: ClassVar[str] = "command_done"
    exit_code: int | None
    started_at_ms: int
    duration_ms: int
    timed_out: bool = False
    truncated: bool = False
    signature: str = ""


TYPES: dict[str, type[Message]] = {
    message.TYPE: message
    for message in (
        Hello, Challenge, Proof, Welcome, Heartbeat,
        OpenTerminal, Opened, Refused, Resume, Resumed, Resize, Close, CommandLogged, Exited,
        RunCommand, CommandDone,
    )
}  # fmt: skip


def encode(message: Message) -> bytes:
    """Message → JSON bytes of a CONTROL frame. Raises LocalProtocolError when a peer would have to refuse them."""
    try:
        text = json.dumps({"type": message.TYPE, **asdict(message)}, ensure_ascii=False, separators=(",", ":"))
        data = text.encode("utf-8", "replace")
        decode(data)
    except (TypeError, RemoteProtocolError) as error:
        raise LocalProtocolError(f"{type(message).__name__} cannot be sent: {error}") from error
    return data


def decode(body: bytes) -> Message:
    """JSON bytes of a CONTROL frame → message. Raises RemoteProtocolError for anything else."""
    if len(body) > MAX_CONTROL_BYTES:
        raise RemoteProtocolError(f"control message of {len(body)} bytes, at most {MAX_CONTROL_BYTES} are allowed")
    try:
        # Decoded here, because json.loads would guess UTF-16 and UTF-32 from bytes.
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RemoteProtocolError(f"control message is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise RemoteProtocolError("control message is not an object")
    return _read_struct(_find_type(value.get("type")), value)


def _find_type(name: Any) -> type[Message]:
    if not isinstance(name, str):
        raise RemoteProtocolError("control message without a type")
    kind = TYPES.get(name)
    if kind is None:
        raise RemoteProtocolError(f"unknown control message {name[:40]!r}")
    return kind


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints(globals()[name], include_extras=True)


def _read_struct(kind: type[Message], value: Any) -> Message:
    if not isinstance(value, dict):
        raise RemoteProtocolError(f"{kind.__name__} is not an object")
    found = {}
    for spec in fields(kind):
        if spec.name in value:
            found[spec.name] = _read(_hints(kind.__name__)[spec.name], value[spec.name], f"{kind.TYPE}.{spec.name}")
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise RemoteProtocolError(f"{kind.TYPE}.{spec.name} is missing")
    return kind(**found)


def _read(hint: Any, value: Any, place: str) -> Any:
    origin = get_origin(hint)
    if origin in (UnionType, Union):
        return None if value is None and NoneType in get_args(hint) else _read(get_args(hint)[0], value, place)
    if origin is tuple:
        if not isinstance(value, list):
            raise RemoteProtocolError(f"{place} is not a list")
        return tuple(_read(get_args(hint)[0], item, place) for item in value)
    if isinstance(hint, type) and issubclass(hint, Message):
        return _read_struct(hint, value)
    return _read_scalar(hint, value, place)


def _read_scalar(hint: Any, value: Any, place: str) -> Any:
    hint, span = get_args(hint) if get_origin(hint) is Annotated else (hint, _ANY_INTEGER)
    if type(value) is int and hint in (int, float):
        return hint(_within(value, span, place))
    if type(value) is not hint:
        raise RemoteProtocolError(f"{place} is not {hint.__name__}")
    if hint is str:
        return _unicode(value, place)
    return _finite(value, place) if hint is float else value


def _unicode(value: str, place: str) -> str:
    """JSON can write half a surrogate pair; no store or log can hold one."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RemoteProtocolError(f"{place} is not Unicode text") from error
    return value


def _finite(value: float, place: str) -> float:
    """JSON can write 1e999, which Python reads as infinity."""
    if not isfinite(value):
        raise RemoteProtocolError(f"{place} is out of range")
    return value


_ANY_INTEGER = Range(-MAX_OFFSET, MAX_OFFSET)


def _within(value: int, span: Range, place: str) -> int:
    if not span.least <= value <= span.most:
        raise RemoteProtocolError(f"{place} is out of range")
    return value
