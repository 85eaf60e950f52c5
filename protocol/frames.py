"""One WebSocket binary message is one frame. This file owns the byte layout and knows no state.

    CONTROL  0x01 · channel u32 · JSON object (UTF-8, see messages.py)
    DATA     0x02 · channel u32 · offset u64 · payload      terminal bytes; a command's stdin and stdout
    STDERR   0x03 · channel u32 · offset u64 · payload      a command's stderr
    CREDIT   0x04 · channel u32 · stream u8 · limit u64     the writer of `stream` may send up to byte `limit`

All integers are big-endian. Channel 0 is the link itself and carries CONTROL only. The browser's socket
(`fairlead.v1`, webui/src/lib/frames.ts) uses the same frames without the channel, and sends CONTROL as text.
"""

import struct
from dataclasses import dataclass
from typing import assert_never

from protocol.errors import LocalProtocolError, RemoteProtocolError

CONTROL = 0x01
DATA = 0x02
STDERR = 0x03
CREDIT = 0x04
STREAMS = (DATA, STDERR)
"""A stream is named by the kind of the frames that carry it."""

LINK_CHANNEL = 0
"""The channel of messages about the connection itself."""
MAX_CHANNEL = 2**32 - 1
"""Largest channel number: what the layout holds."""
MAX_PAYLOAD_BYTES = 64 * 1024
"""Largest stream payload of one frame: what one coalesced PTY read may hold."""
MAX_CONTROL_BYTES = 64 * 1024
"""Largest control message: a command line of 8192 characters fits many times over."""
MAX_MESSAGE_BYTES = MAX_CONTROL_BYTES + 13
"""Largest WebSocket message either side accepts."""
MAX_OFFSET = 2**63 - 1
"""Offsets stay within a signed 64-bit integer, so that every language can hold them."""

_HEAD = struct.Struct(">BI")
_STREAM_HEAD = struct.Struct(">BIQ")
_CREDIT = struct.Struct(">BIBQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlFrame:
    """A control message's JSON text, not yet read."""

    channel: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFrame:
    """Bytes of one stream of one channel; `offset` counts from the stream's first byte."""

    channel: int
    stream: int
    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditFrame:
    """Permission to send `stream` up to, not including, byte `limit`."""

    channel: int
    stream: int
    limit: int


Frame = ControlFrame | StreamFrame | CreditFrame


def encode(frame: Frame) -> bytes:
    """Frame → the bytes of one WebSocket message.

    Raises LocalProtocolError when a field does not fit its place: whatever encode returns, decode accepts.
    """
    try:
        match frame:
            case ControlFrame():
                return _HEAD.pack(CONTROL, frame.channel) + _fits(frame.body, MAX_CONTROL_BYTES)
            case StreamFrame():
                return _encode_stream(frame)
            case CreditFrame():
                _check_stream(frame.channel, frame.stream, frame.limit)
                return _CREDIT.pack(CREDIT, frame.channel, frame.stream, frame.limit)
            case _:
                assert_never(frame)
    except struct.error as error:
        raise LocalProtocolError(f"a frame field does not fit: {error}") from error


def _encode_stream(frame: StreamFrame) -> bytes:
    if not frame.payload:
        raise LocalProtocolError("a stream frame without payload")
    _check_stream(frame.channel, frame.stream, frame.offset + len(frame.payload))
    return _STREAM_HEAD.pack(frame.stream, frame.channel, frame.offset) + _fits(frame.payload, MAX_PAYLOAD_BYTES)


def _check_stream(channel: int, stream: int, end: int) -> None:
    if channel == LINK_CHANNEL or stream not in STREAMS or end > MAX_OFFSET:
        raise LocalProtocolError(f"no stream 0x{stream:02x} on channel {channel} reaches byte {end}")


def decode(message: bytes) -> Frame:
    """The bytes of one WebSocket message → its frame.

    Raises RemoteProtocolError for anything that is not exactly one frame.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise RemoteProtocolError(f"message of {len(message)} bytes, at most {MAX_MESSAGE_BYTES} are allowed")
    if len(message) < _HEAD.size:
        raise RemoteProtocolError("message shorter than a frame head")
    kind, channel = _HEAD.unpack_from(message)
    if kind == CONTROL:
        return _decode_control(channel, message[_HEAD.size :])
    if channel == LINK_CHANNEL:
        raise RemoteProtocolError("channel 0 carries control messages only")
    if kind in STREAMS:
        return _decode_stream(message)
    if kind == CREDIT:
        return _decode_credit(message)
    raise RemoteProtocolError(f"unknown frame kind 0x{kind:02x}")


def _decode_control(channel: int, body: bytes) -> ControlFrame:
    if len(body) > MAX_CONTROL_BYTES:
        raise RemoteProtocolError(f"control message of {len(body)} bytes, at most {MAX_CONTROL_BYTES} are allowed")
    return ControlFrame(channel=channel, body=body)


def _decode_stream(message: bytes) -> StreamFrame:
    if len(message) <= _STREAM_HEAD.size:
        raise RemoteProtocolError("stream frame without payload")
    stream, channel, offset = _STREAM_HEAD.unpack_from(message)
    payload = message[_STREAM_HEAD.size :]
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise RemoteProtocolError(f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed")
    if offset + len(payload) > MAX_OFFSET:
        raise RemoteProtocolError("stream offset out of range")
    return StreamFrame(channel=channel, stream=stream, offset=offset, payload=payload)


def _decode_credit(message: bytes) -> CreditFrame:
    if len(message) != _CREDIT.size:
        raise RemoteProtocolError("credit frame of the wrong size")
    _, channel, stream, limit = _CREDIT.unpack(message)
    if stream not in STREAMS:
        raise RemoteProtocolError(f"credit for unknown stream 0x{stream:02x}")
    if limit > MAX_OFFSET:
        raise RemoteProtocolError("credit limit out of range")
    return CreditFrame(channel=channel, stream=stream, limit=limit)


def _fits(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise LocalProtocolError(f"{len(body)} bytes in one frame, at most {most} are allowed")
    return body
