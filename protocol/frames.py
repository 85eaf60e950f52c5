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

LINK_CHANNEL = 0
"""The channel of messages about the connection itself."""
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

    Raises LocalProtocolError when a field does not fit its place.
    """
    try:
        match frame:
            case ControlFrame():
                return _HEAD.pack(CONTROL, frame.channel) + _fits(frame.body, MAX_CONTROL_BYTES)
            case StreamFrame():
                head = _STREAM_HEAD.pack(frame.stream, frame.channel, frame.offset)
                return head + _fits(frame.payload, MAX_PAYLOAD_BYTES)
            case CreditFrame():
                return _CREDIT.pack(CREDIT, frame.channel, frame.stream, frame.limit)
            case _:
                assert_never(frame)
    except struct.error as error:
        raise LocalProtocolError(f"a frame field does not fit: {error}") from error


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
        return ControlFrame(channel=channel, body=message[_HEAD.size :])
    if channel == LINK_CHANNEL:
        raise RemoteProtocolError("channel 0 carries control messages only")
    if kind in (DATA, STDERR):
        return _decode_stream(message)
    if kind == CREDIT:
        return _decode_credit(message)
    raise RemoteProtocolError(f"unknown frame kind 0x{kind:02x}")


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
    if stream not in (DATA, STDERR):
        raise RemoteProtocolError(f"credit for unknown stream 0x{stream:02x}")
    if limit > MAX_OFFSET:
        raise RemoteProtocolError("credit limit out of range")
    return CreditFrame(channel=channel, stream=stream, limit=limit)


def _fits(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise LocalProtocolError(f"{len(body)} bytes in one frame, at most {most} are allowed")
    return body
