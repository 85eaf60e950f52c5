"""A hostile peer: whatever it sends, in whatever state, the link answers with an event, None or RemoteProtocolError."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import frames, messages
from protocol.errors import RemoteProtocolError
from protocol.frames import ControlFrame, CreditFrame, StreamFrame, encode
from protocol.link import MAX_CHANNELS, ChannelState, Role
from protocol.window import ReceiveWindow
from tests.protocol.pair import HANDSHAKE, LinkPair
from tests.protocol.strategies import any_frame, any_message
from tests.protocol.test_link_states import channel_in

few = st.integers(0, 4)
control = st.builds(
    lambda channel, message: ControlFrame(channel=channel, body=messages.encode(message)), few, any_message
)
near = st.integers(1, 4)
data = st.builds(StreamFrame, channel=near, stream=st.sampled_from(frames.STREAMS), offset=st.integers(0, 80),
                 payload=st.binary(min_size=1, max_size=80))  # fmt: skip
credit = st.builds(CreditFrame, channel=near, stream=st.sampled_from(frames.STREAMS), limit=st.integers(0, 200))
hostile = st.one_of(control, data, credit, any_frame).map(encode) | st.binary(max_size=40)


def receive_all(pair: LinkPair, role: Role, said: list[bytes]) -> None:
    """What a door does: the first RemoteProtocolError ends the connection; anything else would be a crash."""
    for message in said:
        try:
            pair.link[role].receive(message)
        except RemoteProtocolError:
            return
        bounded(pair, role)


def bounded(pair: LinkPair, role: Role) -> None:
    channels = pair.link[role]._channels
    assert len(channels) <= MAX_CHANNELS
    for channel in channels.values():
        assert all(in_flight(window) <= pair.window_bytes for window in channel.incoming.values())


def in_flight(window: ReceiveWindow) -> int:
    return window.limit - window.consumed


@pytest.mark.parametrize("steps", range(len(HANDSHAKE) + 1))
@pytest.mark.parametrize("role", Role)
@settings(max_examples=40)
@given(st.lists(hostile, max_size=6))
def test_in_every_state_of_the_handshake(steps: int, role: Role, said: list[bytes]) -> None:
    receive_all(LinkPair(handshake=steps), role, said)


@pytest.mark.parametrize("state", ChannelState)
@pytest.mark.parametrize("role", Role)
@settings(max_examples=40)
@given(st.lists(hostile, max_size=8))
def test_in_every_state_of_a_channel(state: ChannelState, role: Role, said: list[bytes]) -> None:
    receive_all(channel_in(state), role, said)


@pytest.mark.parametrize("role", Role)
@given(st.lists(data.map(encode), max_size=20))
def test_an_event_never_carries_a_byte_twice_or_beyond_the_credit(role: Role, said: list[bytes]) -> None:
    pair = channel_in(ChannelState.TERMINAL)
    for message in said:
        pair.said[role.peer].append(message)
        try:
            pair.deliver(role.peer)
        except RemoteProtocolError:
            break
    assert len(pair.seen.get((role, 1, frames.DATA), b"")) <= pair.window_bytes
