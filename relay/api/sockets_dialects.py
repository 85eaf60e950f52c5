"""The four ways a terminal's socket may speak: raw, json, binary and fairlead.v1. Pure: frames ⇄ actions and items.

A dialect turns what a session shows into frames, and a client's frames into actions; it decides nothing.
"""

import codecs
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from protocol import frames
from relay.api.sockets_asides import aside_text, started_message, v1_message
from relay.domain.terminals import MAX_CELLS
from relay.terminal.asides import AsidesDropped, CommandOutput, CommandStarted
from relay.terminal.ending import AGENT_LOST, SHUTDOWN, CloseReason
from relay.terminal.session import Session
from relay.terminal.viewer import TAKEN_OVER, Ended, Gap, InputCredit, Item, LinkChanged, Note, Output

OUTPUT_BYTES = frames.MAX_PAYLOAD_BYTES
"""Most output in one frame to a viewer."""
KNOWN_TYPES = frozenset({"resize", "input", "command", "ping"})
"""A JSON object with one of these as `type` is a message; every other text is keystrokes."""

LATEST_T = 1e18
"""A larger `t` is no time of any clock; it is not sent back."""

_DATA = struct.Struct(">BQ")
_CREDIT = struct.Struct(">BBQ")

Frame = str | bytes


class Malformed(Exception):
    """The client breaks the dialect: close its socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """Keystrokes; `offset` where the dialect numbers them."""

    payload: bytes
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """The window's size in character cells."""

    cols: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """Type a line and press Enter."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """To be answered with `pong` and the same `t`, where there is one."""

    t: int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """We may send output up to this offset."""

    limit: int


@dataclass(frozen=True, slots=True)
class EndShell:
    """End the shell for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complain:
    """A message that cannot be followed; the session goes on."""

    text: str


Action = Type | Resize | RunLine | Ping | Grant | EndShell | Complain


class Raw:
    """Text out, keystrokes in; never any JSON among the output. Resize, ping and the like come in as JSON."""

    subprotocol: str | None = None
    speaks_json = False
    numbers_bytes = False

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_line_start = True

    def shows(self, item: Item) -> Iterator[Frame]:
        """What the client is sent for one item."""
        match item:
            case Output():
                text = self._decoder.decode(item.payload)
            case Gap():
                self._decoder.reset()
                return
            case Ended():
                text = self._decoder.decode(b"", final=True)
            case CommandOutput() | AsidesDropped():
                text = aside_text(item, at_line_start=self._at_line_start)
            case Note():
                yield item.message
                return
            case LinkChanged() | InputCredit() | CommandStarted():
                return
        if text:
            self._at_line_start = text.endswith("\n")
            yield self._output(text)

    def reads(self, frame: Frame) -> Action:
        """What the client wants with one frame."""
        if isinstance(frame, bytes):
            return Type(payload=frame)
        message = _message_in(frame)
        if message is None or message["type"] not in KNOWN_TYPES:
            return Type(payload=frame.encode("utf-8", "replace"))
        return _READERS[message["type"]](message)

    def _output(self, text: str) -> Frame:
        return text


class Json(Raw):
    """Everything in JSON objects, both ways; plain text is still keystrokes."""

    subprotocol = "webxterm.json"
    speaks_json = True

    def shows(self, item: Item) -> Iterator[Frame]:
        """Output, commands that start and, at the end of the session, `exit`."""
        if isinstance(item, CommandStarted):
            yield encode(started_message(item))
        yield from super().shows(item)
        if isinstance(item, Ended):
            yield from exit_message(item.reason)

    def _output(self, text: str) -> Frame:
        return encode({"type": "output", "output": text})


class Binary(Raw):
    """Bytes out as they are; in as in raw."""

    def shows(self, item: Item) -> Iterator[Frame]:
        """Output as binary frames."""
        match item:
            case Output():
                self._at_line_start = item.payload.endswith(b"\n")
                yield item.payload
            case CommandOutput() | AsidesDropped():
                text = aside_text(item, at_line_start=self._at_line_start)
                self._at_line_start = self._at_line_start or bool(text)
                if text:
                    yield text.encode()
            case Note():
                yield item.message
            case _:
                return


class FairleadV1:
    """The console's dialect: numbered bytes and credit in binary frames, everything else as JSON text."""

    subprotocol: str | None = "fairlead.v1"
    speaks_json = True
    numbers_bytes = True

    def shows(self, item: Item) -> Iterator[Frame]:
        """Bytes with their offsets; gaps, the machine's link and the end in words."""
        match item:
            case Output():
                yield _DATA.pack(frames.DATA, item.offset) + item.payload
            case Gap():
                yield encode({"type": "gap", "from": item.start, "to": item.to})
            case LinkChanged():
                yield encode({"type": "link", "state": "back" if item.is_up else "lost"})
            case InputCredit():
                yield credit(item.limit)
            case CommandStarted() | CommandOutput() | AsidesDropped():
                message = v1_message(item)
                yield from [] if message is None else [encode(message)]
            case Note():
                yield item.message
            case Ended():
                yield from exit_message(item.reason)

    def reads(self, frame: Frame) -> Action:
        """Keystrokes, grants and messages. Raises Malformed for any other frame."""
        if isinstance(frame, bytes):
            return self._read_binary(frame)
        message = _message_in(frame)
        if message is None:
            raise Malformed("text frames carry JSON objects with a type")
        reader = _READERS.get(message["type"])
        if message["type"] == "close":
            return EndShell()
        return reader(message) if reader is not None else Complain(text="unknown message type")

    def _read_binary(self, frame: bytes) -> Action:
        kind = frame[0] if frame else 0
        if kind == frames.DATA and len(frame) > _DATA.size:
            _, offset = _DATA.unpack_from(frame)
            return Type(payload=frame[_DATA.size :], offset=offset)
        if kind == frames.CREDIT and len(frame) == _CREDIT.size:
            _, stream, limit = _CREDIT.unpack(frame)
            if stream == frames.DATA and limit <= frames.MAX_OFFSET:
                return Grant(limit=limit)
        raise Malformed("neither keystrokes nor credit")


Dialect = Raw | FairleadV1


def credit(limit: int) -> bytes:
    """The frame that lets the client type up to `limit`."""
    return _CREDIT.pack(frames.CREDIT, frames.DATA, limit)


def encode(message: dict[str, Any]) -> str:
    """A JSON text frame."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def session_message(session: Session, *, position: int, resumed: bool, numbers_bytes: bool) -> str:
    """The first message: which session this is, and in fairlead.v1 where both streams stand."""
    message: dict[str, Any] = {
        "type": "session",
        "session_id": session.session_id,
        "agent_id": session.agent_id,
        "machine_name": session.opening.machine_name,
        "cols": session.cols,
        "rows": session.rows,
        "resumed": resumed,
    }
    if numbers_bytes:
        message |= {"output_offset": position, "input_offset": session.input_offset}
    return encode(message)


def exit_message(reason: CloseReason) -> Iterator[str]:
    """The last message of a session that is over; none when it goes on elsewhere, or may come back."""
    if reason is TAKEN_OVER or reason.code in {SHUTDOWN, AGENT_LOST}:
        return
    yield encode({"type": "exit", "code": reason.exit_code, "reason": reason.text})


def is_json_opening(frame: Frame) -> bool:
    """A first frame by which a client says that it speaks the JSON dialect."""
    message = _message_in(frame) if isinstance(frame, str) else None
    return message is not None and message["type"] == "input"


def _message_in(text: str) -> dict[str, Any] | None:
    """The JSON object in a text frame, if it is one with a string `type`."""
    if text.lstrip()[:1] != "{":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def _read_resize(message: dict[str, Any]) -> Action:
    cols, rows = message.get("cols"), message.get("rows")
    if _is_cells(cols) and _is_cells(rows):
        return Resize(cols=cols, rows=rows)
    return Complain(text=f"cols and rows must be whole numbers from 1 to {MAX_CELLS}")


def _is_cells(value: object) -> TypeGuard[int]:
    return type(value) is int and 1 <= value <= MAX_CELLS


def _read_input(message: dict[str, Any]) -> Action:
    text = message.get("input", message.get("data"))
    if not isinstance(text, str):
        return Complain(text="input is required")
    return Type(payload=text.encode("utf-8", "replace"))


def _read_command(message: dict[str, Any]) -> Action:
    command = message.get("command")
    if not isinstance(command, str) or not command:
        return Complain(text="command is required")
    return RunLine(command=command)


def _read_ping(message: dict[str, Any]) -> Action:
    t = message.get("t")
    is_time = isinstance(t, int | float) and not isinstance(t, bool) and abs(t) < LATEST_T
    return Ping(t=t if is_time else None)


_READERS: dict[str, Callable[[dict[str, Any]], Action]] = {
    "resize": _read_resize,
    "input": _read_input,
    "command": _read_command,
    "ping": _read_ping,
}
