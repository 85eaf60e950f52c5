"""A link cut at any point, any number of times: every byte arrives once, and no cut grants a fresh window.

Both ends keep what the contract tells them to keep and nothing more: the writer what lies behind the credit it has,
less one window (docs/protocol.md, "Resume").
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.frames import DATA
from protocol.link import CreditReceived, DataReceived, Event, Role
from protocol.messages import Resume, Resumed
from tests.protocol.pair import AGENT, RELAY, LinkPair
from tests.protocol.test_link_states import wire

WINDOW_BYTES = 32


class Writer:
    """One end's outgoing stream: what it still keeps, from byte `start` on, and how far it has sent."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.start = 0
        self.sent = 0

    @property
    def kept(self) -> bytes:
        return self.text[self.start : self.sent]

    def forget(self, limit: int) -> None:
        self.start = max(self.start, limit - WINDOW_BYTES)


class Shell:
    """A shell whose link is cut again and again: one stream out, one stream in."""

    def __init__(self, output: bytes, keys: bytes) -> None:
        self.writers = {AGENT: Writer(output), RELAY: Writer(keys)}
        self.seen = {AGENT: b"", RELAY: b""}
        self.used = {AGENT: 0, RELAY: 0}
        self.pair = LinkPair(window_bytes=WINDOW_BYTES)
        self.channel = self.pair.open_terminal()

    def write(self, role: Role, size: int) -> None:
        writer = self.writers[role]
        part = self.pair.write(role, self.channel, writer.text[writer.sent : writer.sent + size])
        writer.sent += len(part)
        assert len(writer.kept) <= WINDOW_BYTES, "more to keep than one window"

    def deliver(self, sender: Role) -> None:
        if self.pair.said[sender]:
            self.notice(sender.peer, self.pair.deliver(sender))

    def notice(self, role: Role, event: Event | None) -> None:
        if isinstance(event, DataReceived):
            assert event.offset == len(self.seen[role])
            self.seen[role] += event.payload
        if isinstance(event, CreditReceived):
            self.writers[role].forget(event.limit)

    def use(self, role: Role, count: int) -> None:
        self.used[role] = min(len(self.seen[role]), self.used[role] + count)
        self.pair.consume(role, self.channel, self.used[role])

    def cut(self) -> None:
        """Everything under way is lost; a new link resumes at what each reader has, with the credit that stands."""
        self.pair = LinkPair(window_bytes=WINDOW_BYTES)
        self.channel = self.pair.link[RELAY].next_channel()
        resume = Resume(session_id="s", output_offset=len(self.seen[RELAY]), output_limit=self.limit(RELAY))
        self.pair.say(RELAY, self.channel, resume)
        self.pair.settle()
        resumed = Resumed(input_offset=len(self.seen[AGENT]), input_limit=self.limit(AGENT))
        self.pair.say(AGENT, self.channel, resumed)
        self.pair.settle()
        for role in Role:
            self.take_up(role)

    def limit(self, reader: Role) -> int:
        return self.used[reader] + WINDOW_BYTES

    def take_up(self, role: Role) -> None:
        """The writer goes back to what its reader has, and can: it kept that much."""
        writer = self.writers[role]
        assert writer.start <= len(self.seen[role.peer]) <= writer.sent
        writer.sent = len(self.seen[role.peer])
        writer.forget(self.limit(role.peer))

    def finish(self) -> None:
        while any(writer.sent < len(writer.text) for writer in self.writers.values()):
            for role in Role:
                self.write(role, WINDOW_BYTES)
                while self.pair.said[role]:
                    self.deliver(role)
                self.use(role.peer, WINDOW_BYTES)
                while self.pair.said[role.peer]:
                    self.deliver(role.peer)


roles = st.sampled_from(Role)
steps = st.one_of(
    st.tuples(st.just("write"), roles, st.integers(1, 40)),
    st.tuples(st.just("deliver"), roles, st.just(0)),
    st.tuples(st.just("use"), roles, st.integers(1, 40)),
    st.tuples(st.just("cut"), roles, st.just(0)),
)


@settings(max_examples=150)
@given(st.lists(steps, max_size=60))
def test_every_byte_arrives_once(script: list[tuple[str, Role, int]]) -> None:
    shell = Shell(bytes(range(200)), bytes(range(200, 100, -1)))
    for verb, role, count in script:
        match verb:
            case "write":
                shell.write(role, count)
            case "deliver":
                shell.deliver(role)
            case "use":
                shell.use(role, count)
            case _:
                shell.cut()
        assert all(len(shell.seen[end]) - shell.used[end] <= WINDOW_BYTES for end in Role), "a cut granted a window"
    shell.finish()
    assert shell.seen == {RELAY: bytes(range(200)), AGENT: bytes(range(200, 100, -1))}


def test_without_a_limit_a_resume_grants_one_window() -> None:
    pair = LinkPair(window_bytes=WINDOW_BYTES)
    pair.say(RELAY, 1, Resume(session_id="s", output_offset=100))
    pair.settle()
    pair.say(AGENT, 1, Resumed(input_offset=5))
    pair.settle()
    assert pair.link[AGENT].credit_bytes(1) == pair.link[RELAY].credit_bytes(1) == WINDOW_BYTES
    pair.write(RELAY, 1, b"ls\r")
    event = pair.deliver(RELAY)
    assert event == DataReceived(channel=1, stream=DATA, offset=5, payload=b"ls\r")


@pytest.mark.parametrize("limit", [99, 100 + WINDOW_BYTES + 1])
def test_the_credit_that_stands_is_at_most_one_window(limit: int) -> None:
    resume = Resume(session_id="s", output_offset=100, output_limit=limit)
    with pytest.raises(LocalProtocolError, match="cannot have credit up to byte"):
        LinkPair(window_bytes=WINDOW_BYTES).say(RELAY, 1, resume)
    pair = LinkPair(window_bytes=WINDOW_BYTES)
    with pytest.raises(RemoteProtocolError, match="resume at byte 100 cannot have credit"):
        pair.link[AGENT].receive(wire(1, resume))
    pair.say(RELAY, 1, Resume(session_id="s", output_offset=0))
    pair.settle()
    with pytest.raises(RemoteProtocolError, match="resumed at byte 100 cannot have credit"):
        pair.link[RELAY].receive(wire(1, Resumed(input_offset=100, input_limit=limit)))
