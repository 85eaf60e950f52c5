"""Frames: what is encoded decodes to itself, nothing else decodes, and the layout is what the document says."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import frames
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.frames import ControlFrame, CreditFrame, Frame, StreamFrame
from tests.protocol.strategies import any_frame


@given(any_frame)
@example(StreamFrame(channel=frames.MAX_CHANNEL, stream=frames.STDERR, offset=0, payload=b"x" * 65536))
@example(StreamFrame(channel=1, stream=frames.DATA, offset=frames.MAX_OFFSET - 1, payload=b"x"))
@example(CreditFrame(channel=1, stream=frames.DATA, limit=frames.MAX_OFFSET))
@example(ControlFrame(channel=0, body=b"x" * frames.MAX_CONTROL_BYTES))
def test_frames_round_trip(frame: Frame) -> None:
    message = frames.encode(frame)
    assert len(message) <= frames.MAX_MESSAGE_BYTES
    assert frames.decode(message) == frame


@given(st.binary(max_size=64))
def test_garbage_is_a_frame_or_the_peers_error(message: bytes) -> None:
    try:
        frame = frames.decode(message)
    except RemoteProtocolError:
        return
    assert frames.encode(frame) == message, "two spellings of one frame"


@given(any_frame, st.data())
def test_a_damaged_frame_is_a_frame_or_the_peers_error(frame: Frame, data: st.DataObject) -> None:
    message = bytearray(frames.encode(frame))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(message[: data.draw(st.integers(0, len(message)))])
    with suppress(RemoteProtocolError):
        assert frames.encode(frames.decode(cut)) == cut


def test_layout() -> None:
    assert frames.encode(ControlFrame(channel=0x01020304, body=b"{}")) == bytes.fromhex("01 01020304 7b7d")
    data = StreamFrame(channel=5, stream=frames.DATA, offset=0x0102030405060708, payload=b"ls\r")
    assert frames.encode(data) == bytes.fromhex("02 00000005 0102030405060708 6c730d")
    stderr = StreamFrame(channel=5, stream=frames.STDERR, offset=1, payload=b"!")
    assert frames.encode(stderr) == bytes.fromhex("03 00000005 0000000000000001 21")
    credit = CreditFrame(channel=5, stream=frames.STDERR, limit=0x40000)
    assert frames.encode(credit) == bytes.fromhex("04 00000005 03 0000000000040000")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "shorter than a frame head"),
        ("02 000000", "shorter than a frame head"),
        ("00 00000001 00", "unknown frame kind 0x00"),
        ("05 00000001 00", "unknown frame kind 0x05"),
        ("02 00000000 0000000000000000 61", "channel 0"),
        ("04 00000000 02 0000000000000001", "channel 0"),
        ("02 00000001 0000000000000000", "without payload"),
        ("02 00000001 00", "without payload"),
        ("02 00000001 7fffffffffffffff 61", "offset out of range"),
        ("02 00000001 ffffffffffffffff 61", "offset out of range"),
        ("04 00000001 02 00000000000000", "wrong size"),
        ("04 00000001 02 0000000000000001 00", "wrong size"),
        ("04 00000001 01 0000000000000001", "unknown stream 0x01"),
        ("04 00000001 02 8000000000000000", "limit out of range"),
    ],
)
def test_refusals_say_what_is_wrong(message: str, reason: str) -> None:
    with pytest.raises(RemoteProtocolError, match=reason):
        frames.decode(bytes.fromhex(message))


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\x01\0\0\0\1", frames.MAX_CONTROL_BYTES),
        (b"\x02\0\0\0\1" + bytes(8), frames.MAX_PAYLOAD_BYTES),
        (b"\x03\0\0\0\1" + bytes(8), frames.MAX_PAYLOAD_BYTES),
    ],
)
def test_sizes_end_exactly_at_the_limit(head: bytes, size: int) -> None:
    assert frames.encode(frames.decode(head + b"x" * size)) == head + b"x" * size
    with pytest.raises(RemoteProtocolError, match=r"at most 655\d\d are allowed"):
        frames.decode(head + b"x" * (size + 1))


@pytest.mark.parametrize(
    "frame",
    [
        StreamFrame(channel=1, stream=frames.DATA, offset=0, payload=b""),
        StreamFrame(channel=1, stream=frames.DATA, offset=0, payload=b"x" * 65537),
        StreamFrame(channel=1, stream=frames.DATA, offset=-1, payload=b"x"),
        StreamFrame(channel=1, stream=frames.DATA, offset=frames.MAX_OFFSET, payload=b"x"),
        StreamFrame(channel=1, stream=frames.CONTROL, offset=0, payload=b"x"),
        StreamFrame(channel=0, stream=frames.DATA, offset=0, payload=b"x"),
        StreamFrame(channel=2**32, stream=frames.DATA, offset=0, payload=b"x"),
        CreditFrame(channel=1, stream=frames.CREDIT, limit=1),
        CreditFrame(channel=1, stream=frames.DATA, limit=-1),
        CreditFrame(channel=1, stream=frames.DATA, limit=frames.MAX_OFFSET + 1),
        ControlFrame(channel=-1, body=b"{}"),
        ControlFrame(channel=1, body=b"x" * 65537),
    ],
)
def test_what_a_peer_would_refuse_is_not_sent(frame: Frame) -> None:
    with pytest.raises(LocalProtocolError):
        frames.encode(frame)
