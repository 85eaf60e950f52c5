"""Two ends of a link joined in memory. What one end says waits in a queue until the test delivers it."""

from collections import deque
from typing import Any

from protocol.frames import DATA
from protocol.link import ControlReceived, DataReceived, Event, Link, Role
from protocol.messages import Challenge, Exited, Hello, Message, Opened, OpenTerminal, Proof, Welcome

AGENT, RELAY = Role.AGENT, Role.RELAY

HELLO = Hello(protocol=1, agent_id="0123456789ab", nonce="n", agent_version="0")
CHALLENGE = Challenge(nonce="n", relay_key="k", signature="s")
PROOF = Proof(signature="s", hostname="h", os="Linux", arch="x86_64")
WELCOME = Welcome(heartbeat_interval_s=30)
OPEN_TERMINAL = OpenTerminal(session_id="s", cols=80, rows=24, username="rosa")
OPENED = Opened(shell="/bin/bash", log_method="bash")
EXITED = Exited(code=0)
HANDSHAKE: tuple[tuple[Role, Message], ...] = ((AGENT, HELLO), (RELAY, CHALLENGE), (AGENT, PROOF), (RELAY, WELCOME))


class LinkPair:
    """An agent's and a relay's Link; `said[role]` are the messages under way from that role."""

    def __init__(self, *, window_bytes: int = 64, handshake: int = len(HANDSHAKE)) -> None:
        self.window_bytes = window_bytes
        self.link = {role: Link(role, window_bytes=window_bytes) for role in Role}
        self.said: dict[Role, deque[bytes]] = {role: deque() for role in Role}
        self.events: dict[Role, list[Event]] = {role: [] for role in Role}
        self.seen: dict[tuple[Role, int, int], bytearray] = {}
        self.first: dict[tuple[Role, int, int], int] = {}
        for role, message in HANDSHAKE[:handshake]:
            self.say(role, 0, message)
            self.settle()

    def say(self, role: Role, channel: int, message: Message) -> None:
        self.said[role].append(self.link[role].send_control(channel, message))

    def write(self, role: Role, channel: int, payload: bytes, *, stream: int = DATA) -> bytes:
        """Send as much of the payload as the credit allows; returns what was sent."""
        part = payload[: self.link[role].credit_bytes(channel, stream=stream)]
        if part:
            self.said[role].append(self.link[role].send_data(channel, part, stream=stream))
        return part

    def consume(self, role: Role, channel: int, offset: int, *, stream: int = DATA) -> None:
        credit = self.link[role].consume_to(channel, offset, stream=stream)
        if credit is not None:
            self.said[role].append(credit)

    def deliver(self, sender: Role) -> Event | None:
        """Hand the oldest message of `sender` to the other end; returns its event."""
        event = self.link[sender.peer].receive(self.said[sender].popleft())
        if event is not None:
            self.events[sender.peer].append(event)
        if isinstance(event, DataReceived):
            self._remember(sender.peer, event)
        return event

    def settle(self) -> None:
        """Deliver everything that is under way."""
        while any(self.said.values()):
            self.deliver(next(role for role in Role if self.said[role]))

    def open_terminal(self) -> int:
        """A terminal on a new channel, opened at both ends."""
        channel = self.link[RELAY].next_channel()
        self.say(RELAY, channel, OPEN_TERMINAL)
        self.settle()
        self.say(AGENT, channel, OPENED)
        self.settle()
        return channel

    def heard(self, role: Role) -> list[Any]:
        """Control messages `role` received, in order."""
        return [event.message for event in self.events[role] if isinstance(event, ControlReceived)]

    def _remember(self, reader: Role, event: DataReceived) -> None:
        key = (reader, event.channel, event.stream)
        seen = self.seen.setdefault(key, bytearray())
        assert event.offset == self.first.setdefault(key, event.offset) + len(seen), "bytes out of order"
        seen += event.payload
