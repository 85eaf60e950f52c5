"""Two joined links under any interleaving: bytes out = bytes in, in flight ≤ window, and both ends agree.

Hypothesis opens and closes terminals and commands, writes in any chunks, delivers one message at a time in either
direction, and lets the readers use up what they like. Nothing that happens may raise.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from protocol.frames import DATA, STDERR
from protocol.link import DataReceived, Role
from protocol.messages import Close, CommandDone, Resize, RunCommand
from tests.protocol.pair import AGENT, EXITED, OPEN_TERMINAL, OPENED, RELAY, LinkPair

WINDOW_BYTES = 32
DONE = CommandDone(exit_code=0, started_at_ms=0, duration_ms=0)
RUN = RunCommand(command_id="c", command="true", username="rosa", timeout_s=1)
FLOWS = ((AGENT, DATA), (RELAY, DATA), (AGENT, STDERR))

roles = st.sampled_from(Role)
flows = st.sampled_from(FLOWS)


class Conversation(RuleBasedStateMachine):
    """One agent, one relay; `sent` is what each writer handed over, by (writer, channel, stream)."""

    terminals = Bundle("terminals")
    commands = Bundle("commands")

    def __init__(self) -> None:
        super().__init__()
        self.pair = LinkPair(window_bytes=WINDOW_BYTES)
        self.sent: dict[tuple[Role, int, int], bytes] = {}
        self.count = 0

    # --- what the two sides do

    @rule(target=terminals)
    def open_terminal(self) -> int:
        channel = self.pair.link[RELAY].next_channel()
        self.pair.say(RELAY, channel, OPEN_TERMINAL)
        return channel

    @rule(channel=terminals)
    def answer(self, channel: int) -> None:
        agent = self.pair.link[AGENT]
        if agent.knows(channel) and not agent.is_open(channel):
            self.pair.say(AGENT, channel, OPENED)

    @rule(target=commands)
    def run_command(self) -> int:
        channel = self.pair.link[RELAY].next_channel()
        self.pair.say(RELAY, channel, RUN)
        return channel

    @rule(channel=terminals | commands, flow=flows, size=st.integers(1, 50))
    def write(self, channel: int, flow: tuple[Role, int], size: int) -> None:
        role, stream = flow
        if not self.flows(channel, role, stream):
            return
        payload = bytes((self.count + index) % 251 for index in range(size))
        part = self.pair.write(role, channel, payload, stream=stream)
        self.count += len(part)
        self.sent[role, channel, stream] = self.sent.get((role, channel, stream), b"") + part

    @rule(channel=terminals | commands, flow=flows, share=st.floats(0, 1))
    def consume(self, channel: int, flow: tuple[Role, int], share: float) -> None:
        writer, stream = flow
        received = len(self.pair.seen.get((writer.peer, channel, stream), b""))
        if self.flows(channel, writer.peer, DATA) and (stream == DATA or not self.is_terminal(channel)):
            self.pair.consume(writer.peer, channel, int(received * share), stream=stream)

    @rule(channel=terminals | commands)
    def ask_to_close(self, channel: int) -> None:
        if self.pair.link[RELAY].knows(channel):
            self.pair.say(RELAY, channel, Close(reason="enough"))

    @rule(channel=terminals)
    def resize(self, channel: int) -> None:
        if self.pair.link[RELAY].knows(channel):
            self.pair.say(RELAY, channel, Resize(cols=100, rows=30))

    @rule(channel=consumes(terminals))
    def exit(self, channel: int) -> None:
        if self.pair.link[AGENT].is_open(channel):
            self.pair.say(AGENT, channel, EXITED)

    @rule(channel=consumes(commands))
    def finish(self, channel: int) -> None:
        if self.pair.link[AGENT].is_open(channel):
            self.pair.say(AGENT, channel, DONE)

    @rule(sender=roles, count=st.integers(1, 5))
    def deliver(self, sender: Role, count: int) -> None:
        for _ in range(min(count, len(self.pair.said[sender]))):
            self.pair.deliver(sender)

    # --- what is always true

    @invariant()
    def readers_saw_a_beginning_of_what_was_written(self) -> None:
        for (reader, channel, stream), seen in self.pair.seen.items():
            assert self.sent[reader.peer, channel, stream].startswith(seen)

    @invariant()
    def no_stream_has_more_than_a_window_in_flight(self) -> None:
        for (writer, channel, stream), sent in self.sent.items():
            window = self.pair.link[writer.peer]._channels.get(channel)
            used_up = window.incoming[stream].consumed if window and stream in window.incoming else 0
            still_open = self.pair.link[writer.peer].is_open(channel)
            assert not still_open or len(sent) - used_up <= WINDOW_BYTES

    def teardown(self) -> None:
        """Once everything is delivered, and used up, every byte has arrived and nobody waits."""
        self.pair.settle()
        agent, relay = self.pair.link[AGENT], self.pair.link[RELAY]
        assert {*agent._channels} == {*relay._channels}
        for number, channel in agent._channels.items():
            assert relay._channels[number].state is channel.state
        for (writer, channel, stream), sent in self.sent.items():
            if writer is AGENT or relay.knows(channel):
                assert self.pair.seen.get((writer.peer, channel, stream), b"") == sent
            self.drain(writer, channel, stream)

    def drain(self, writer: Role, channel: int, stream: int) -> None:
        seen = len(self.pair.seen.get((writer.peer, channel, stream), b""))
        if not self.pair.link[writer].is_open(channel):
            return
        self.pair.consume(writer.peer, channel, seen, stream=stream)
        self.pair.settle()
        assert self.pair.link[writer].credit_bytes(channel, stream=stream) > WINDOW_BYTES * 3 // 4

    def flows(self, channel: int, role: Role, stream: int) -> bool:
        """`role` may write `stream` on this channel now."""
        return self.pair.link[role].is_open(channel) and (stream == DATA or not self.is_terminal(channel))

    def is_terminal(self, channel: int) -> bool:
        return any(STDERR not in end._channels[channel].incoming | end._channels[channel].outgoing
                   for end in self.pair.link.values() if end.is_open(channel))  # fmt: skip


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=40, stateful_step_count=40)


def test_a_reader_that_never_reads_stops_the_writer() -> None:
    pair = LinkPair(window_bytes=WINDOW_BYTES)
    channel = pair.open_terminal()
    flood = b"y\n" * 1000
    assert pair.write(AGENT, channel, flood) == flood[:WINDOW_BYTES]
    pair.settle()
    assert pair.write(AGENT, channel, flood) == b""
    pair.consume(RELAY, channel, WINDOW_BYTES)
    pair.settle()
    assert len(pair.write(AGENT, channel, flood)) == WINDOW_BYTES


def test_repeated_bytes_reach_nobody_twice() -> None:
    pair = LinkPair(window_bytes=WINDOW_BYTES)
    channel = pair.open_terminal()
    pair.write(AGENT, channel, b"abc")
    again = pair.said[AGENT][0]
    pair.settle()
    assert pair.link[RELAY].receive(again) is None
    longer = again[:5] + (1).to_bytes(8, "big") + b"bcd"
    event = pair.link[RELAY].receive(longer)
    assert event == DataReceived(channel=channel, stream=DATA, offset=3, payload=b"d")
