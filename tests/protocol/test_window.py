"""Credit: the writer cannot pass it, the reader notices when it does, and the two never wait for each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.window import WINDOW_BYTES, ReceiveWindow, SendWindow


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=60))
def test_a_writer_and_a_reader_never_stall_and_never_overrun(size: int, steps: list[tuple[int, int]]) -> None:
    writer, reader = SendWindow(limit=size), ReceiveWindow(size_bytes=size)
    for wanted, used in steps:
        count = min(wanted, writer.available_bytes)
        assert reader.receive(writer.take(count), count) == 0
        assert reader.received - reader.consumed <= size
        limit = reader.consume_to(min(reader.received, reader.consumed + used))
        if limit is not None:
            writer.grant(limit)
        assert writer.limit == reader.limit
        if reader.consumed == reader.received:
            assert writer.available_bytes > 0, "everything is used up, yet the writer waits"


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_grants_may_come_twice_and_in_any_order(limits: list[int]) -> None:
    writer = SendWindow()
    for limit in limits:
        writer.grant(limit)
    assert writer.available_bytes == max(limits)


@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=20))
def test_repeats_are_trimmed_and_gaps_refused(stream: bytes, pieces: list[tuple[int, int]]) -> None:
    reader, seen = ReceiveWindow(size_bytes=100), b""
    for offset, count in pieces:
        piece = stream[offset : offset + count]
        if not piece:
            continue
        if offset > len(seen):
            with pytest.raises(RemoteProtocolError, match="jumps"):
                reader.receive(offset, len(piece))
            continue
        seen += piece[reader.receive(offset, len(piece)) :]
        assert seen == stream[: len(seen)]


def test_bytes_beyond_the_credit_are_the_peers_error() -> None:
    reader = ReceiveWindow(size_bytes=10)
    reader.receive(0, 10)
    with pytest.raises(RemoteProtocolError, match="byte 11, limit 10"):
        reader.receive(10, 1)


def test_sending_beyond_the_credit_is_our_error() -> None:
    writer = SendWindow(offset=5, limit=7)
    assert writer.take(2) == 5
    with pytest.raises(LocalProtocolError, match="1 bytes to send, 0 bytes of credit"):
        writer.take(1)


def test_using_up_what_has_not_arrived_is_our_error() -> None:
    with pytest.raises(LocalProtocolError, match="received only 0"):
        ReceiveWindow().consume_to(1)


def test_a_grant_comes_with_every_quarter_of_the_window() -> None:
    reader = ReceiveWindow()
    reader.receive(0, WINDOW_BYTES)
    quarter = WINDOW_BYTES // 4
    assert reader.consume_to(quarter - 1) is None
    assert reader.consume_to(quarter) == WINDOW_BYTES + quarter
    assert reader.consume_to(quarter + 1) is None
    assert reader.consume_to(0) is None, "consumption never goes back"
    assert reader.consume_to(2 * quarter) == WINDOW_BYTES + 2 * quarter


def test_a_resumed_reader_grants_no_second_window() -> None:
    """300 received, 100 used up, window 256: the credit that stands ends at 356."""
    reader = ReceiveWindow(offset=300, limit=356, size_bytes=256)
    with pytest.raises(RemoteProtocolError, match="passes its credit"):
        reader.receive(300, 57)
    assert reader.receive(300, 56) == 0
    assert reader.consume_to(164) == 420
