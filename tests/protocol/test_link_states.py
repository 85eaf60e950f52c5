"""The state tables are the whole truth: what stands in them happens at both ends, and nothing else is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import messages
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.frames import ControlFrame, encode
from protocol.link import CHANNEL, LATE, LINK, MAX_CHANNELS, STREAMING, ChannelState, Link, LinkState, Role
from protocol.messages import (
    CommandDone,
    CommandLogged,
    Heartbeat,
    Message,
    Refused,
    Resize,
    Resume,
    Resumed,
    RunCommand,
)
from tests.protocol.pair import (
    AGENT,
    CHALLENGE,
    EXITED,
    HELLO,
    OPEN_TERMINAL,
    OPENED,
    PROOF,
    RELAY,
    WELCOME,
    LinkPair,
)

SAMPLES: dict[type[Message], Message] = {
    type(sample): sample
    for sample in (
        HELLO, CHALLENGE, PROOF, WELCOME, Heartbeat(), OPEN_TERMINAL, OPENED, EXITED,
        Refused(reason="no"), Resume(session_id="s", output_offset=7), Resumed(input_offset=3), Resize(cols=1, rows=1),
        messages.Close(reason="x"),
        CommandLogged(line="ls", exit_code=0, started_at_ms=1, duration_ms=1, cwd="/", method="bash", confidence="low"),
        RunCommand(command_id="c", command="true", username="rosa", timeout_s=1),
        CommandDone(exit_code=0, started_at_ms=1, duration_ms=1),
    )
}  # fmt: skip

PATHS: dict[ChannelState, tuple[tuple[Role, type[Message]], ...]] = {
    ChannelState.NEW: (),
    ChannelState.OPENING: ((RELAY, messages.OpenTerminal),),
    ChannelState.RESUMING: ((RELAY, messages.Resume),),
    ChannelState.TERMINAL: ((RELAY, messages.OpenTerminal), (AGENT, messages.Opened)),
    ChannelState.COMMAND: ((RELAY, messages.RunCommand),),
    ChannelState.CLOSED: ((RELAY, messages.RunCommand), (AGENT, messages.CommandDone)),
}
"""How a channel comes into each state."""

LINK_CASES = [(state, role, kind) for state in LinkState for role in Role for kind in SAMPLES]
CHANNEL_CASES = [(state, role, kind) for state in ChannelState for role in Role for kind in SAMPLES]


def link_in(state: LinkState) -> LinkPair:
    return LinkPair(handshake=list(LinkState).index(state))


def channel_in(state: ChannelState) -> LinkPair:
    pair = LinkPair()
    for role, kind in PATHS[state]:
        pair.say(role, 1, SAMPLES[kind])
        pair.settle()
    return pair


def wire(channel: int, message: Message) -> bytes:
    return encode(ControlFrame(channel=channel, body=messages.encode(message)))


def test_every_message_stands_in_a_table_and_every_state_is_reached() -> None:
    rows = [*LINK.values(), *CHANNEL.values()]
    assert {kind for row in rows for kind in row} == set(messages.TYPES.values()) == set(SAMPLES)
    assert set(LINK) == set(LinkState)
    assert set(CHANNEL) == set(ChannelState) == set(PATHS)
    assert {state for row in LINK.values() for _, state in row.values()} | {LinkState.NEW} == set(LinkState)
    assert {state for row in CHANNEL.values() for _, state in row.values()} | {ChannelState.NEW} == set(ChannelState)
    assert {state for state in ChannelState if not CHANNEL[state]} == {ChannelState.CLOSED}
    assert all(any(role is AGENT for role, _ in CHANNEL[state].values()) for state in STREAMING)


@pytest.mark.parametrize(("state", "role", "kind"), LINK_CASES)
def test_the_link_follows_its_table_at_both_ends(state: LinkState, role: Role, kind: type[Message]) -> None:
    sender, receiver = link_in(state).link[role], link_in(state).link[role.peer]
    assert sender.state is receiver.state is state
    allowed = LINK[state].get(kind)
    if allowed is not None and allowed[0] is role:
        receiver.receive(sender.send_control(0, SAMPLES[kind]))
        assert sender.state is receiver.state is allowed[1]
        return
    with pytest.raises(LocalProtocolError, match=f"{kind.TYPE} from the {role.value} while {state.value}"):
        sender.send_control(0, SAMPLES[kind])
    with pytest.raises(RemoteProtocolError, match=f"{kind.TYPE} from the {role.value} while {state.value}"):
        receiver.receive(wire(0, SAMPLES[kind]))
    assert sender.state is receiver.state is state


@pytest.mark.parametrize(("state", "role", "kind"), CHANNEL_CASES)
def test_a_channel_follows_its_table_at_both_ends(state: ChannelState, role: Role, kind: type[Message]) -> None:
    pair = channel_in(state)
    allowed = CHANNEL[state].get(kind)
    if allowed is not None and allowed[0] is role:
        pair.say(role, 1, SAMPLES[kind])
        pair.settle()
        assert pair.heard(role.peer)[-1] == SAMPLES[kind]
        assert {pair.link[end].is_open(1) for end in Role} == {allowed[1] in STREAMING}
        assert {pair.link[end].knows(1) for end in Role} == {allowed[1] is not ChannelState.CLOSED}
        return
    with pytest.raises(LocalProtocolError):
        pair.link[role].send_control(1, SAMPLES[kind])
    if state is ChannelState.CLOSED and role is RELAY and kind in LATE:
        assert pair.link[AGENT].receive(wire(1, SAMPLES[kind])) is None
        return
    with pytest.raises(RemoteProtocolError):
        pair.link[role.peer].receive(wire(1, SAMPLES[kind]))


@pytest.mark.parametrize("state", [state for state in LinkState if state is not LinkState.OPEN])
def test_no_channel_before_the_link_is_open(state: LinkState) -> None:
    with pytest.raises(LocalProtocolError, match="before the link is open"):
        link_in(state).link[RELAY].send_control(1, OPEN_TERMINAL)
    with pytest.raises(RemoteProtocolError, match="before the link is open"):
        link_in(state).link[AGENT].receive(wire(1, OPEN_TERMINAL))
    for role in Role:
        with pytest.raises(RemoteProtocolError, match="which is not open"):
            link_in(state).link[role].receive(bytes.fromhex("02 00000001 0000000000000000 61"))


def test_the_late_messages_are_all_the_relay_says_on_an_open_channel() -> None:
    assert {kind for state in STREAMING for kind, (role, _) in CHANNEL[state].items() if role is RELAY} == LATE


@given(st.permutations([1, 2, 3]), st.integers(4, 2**32 - 1))
def test_channel_numbers_are_never_used_twice(order: list[int], next_number: int) -> None:
    pair = LinkPair()
    for _ in order:
        pair.open_terminal()
    for channel in order:
        pair.say(AGENT, channel, EXITED)
        pair.settle()
        with pytest.raises(LocalProtocolError, match="cannot be opened"):
            pair.link[RELAY].send_control(channel, OPEN_TERMINAL)
        with pytest.raises(RemoteProtocolError, match="cannot be opened"):
            pair.link[AGENT].receive(wire(channel, OPEN_TERMINAL))
    assert pair.link[RELAY].next_channel() == 4
    pair.say(RELAY, next_number, OPEN_TERMINAL)
    pair.settle()
    assert pair.link[AGENT].knows(next_number)


def test_the_numbers_of_one_link_end() -> None:
    pair = LinkPair()
    pair.say(RELAY, 2**32 - 1, OPEN_TERMINAL)
    with pytest.raises(LocalProtocolError, match="used up its channel numbers"):
        pair.link[RELAY].next_channel()


def test_open_channels_are_bounded_at_both_ends() -> None:
    pair = LinkPair()
    for _ in range(MAX_CHANNELS):
        pair.say(RELAY, pair.link[RELAY].next_channel(), OPEN_TERMINAL)
    pair.settle()
    with pytest.raises(LocalProtocolError, match="1024 channels are open"):
        pair.link[RELAY].next_channel()
    with pytest.raises(LocalProtocolError, match="cannot be opened"):
        pair.link[RELAY].send_control(MAX_CHANNELS + 1, OPEN_TERMINAL)
    with pytest.raises(RemoteProtocolError, match="cannot be opened"):
        pair.link[AGENT].receive(wire(MAX_CHANNELS + 1, OPEN_TERMINAL))
    pair.say(AGENT, 1, Refused(reason="no"))
    pair.settle()
    pair.open_terminal()


def test_what_was_under_way_when_a_channel_closed_is_passed_over_by_the_agent_alone() -> None:
    pair = LinkPair()
    channel = pair.open_terminal()
    pair.write(RELAY, channel, b"ls\r")
    pair.write(AGENT, channel, b"x" * 32)
    pair.deliver(AGENT)
    pair.consume(RELAY, channel, 32)
    pair.say(RELAY, channel, Resize(cols=1, rows=1))
    pair.say(AGENT, channel, EXITED)
    before = len(pair.events[AGENT])
    pair.settle()
    assert len(pair.events[AGENT]) == before
    with pytest.raises(RemoteProtocolError, match="which is not open"):
        pair.link[RELAY].receive(bytes.fromhex("02 00000001 0000000000000020 61"))


def test_sending_on_a_closed_channel_costs_nothing_or_is_our_error() -> None:
    link: Link = channel_in(ChannelState.CLOSED).link[RELAY]
    assert link.credit_bytes(1) == 0
    assert link.consume_to(1, 0) is None
    with pytest.raises(LocalProtocolError, match="is not open"):
        link.send_data(1, b"x")


def test_a_terminal_has_no_stderr_and_a_command_has_it_one_way() -> None:
    terminal, command = channel_in(ChannelState.TERMINAL), channel_in(ChannelState.COMMAND)
    for role in Role:
        with pytest.raises(LocalProtocolError, match="0x03 of channel 1 is not open"):
            terminal.link[role].send_data(1, b"x", stream=3)
        with pytest.raises(RemoteProtocolError, match="stream 0x03 does not flow this way"):
            terminal.link[role].receive(bytes.fromhex("03 00000001 0000000000000000 61"))
        with pytest.raises(RemoteProtocolError, match="credit for stream 0x03"):
            terminal.link[role].receive(bytes.fromhex("04 00000001 03 0000000000000001"))
        with pytest.raises(LocalProtocolError, match="0x03 of channel 1 does not flow this way"):
            terminal.link[role].consume_to(1, 0, stream=3)
    assert command.write(AGENT, 1, b"error", stream=3) == b"error"
    command.settle()
    assert command.seen[RELAY, 1, 3] == b"error"
    with pytest.raises(LocalProtocolError):
        command.link[RELAY].send_data(1, b"x", stream=3)
    with pytest.raises(RemoteProtocolError):
        command.link[AGENT].receive(bytes.fromhex("03 00000001 0000000000000000 61"))
