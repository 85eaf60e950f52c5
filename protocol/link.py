"""The conversation between one agent and its relay as state tables. Rules of this file:

1. Every transition stands in LINK or CHANNEL below; nothing else changes a state.
2. The same class serves both roles; a role decides only who may send which message.
3. The relay opens channels, with numbers it never uses twice on one link; the agent's last message closes one.
4. Nothing here touches a socket or a clock: bytes in → events out, messages in → bytes out.

    LINK       agent: hello → relay: challenge → agent: proof → relay: welcome → open (heartbeats, channels)
    CHANNEL    relay: open_terminal → agent: opened → data, credit, resize … → agent: exited
               relay: resume        → agent: resumed → data, credit, resize … → agent: exited
               relay: run_command   → data, stderr, credit … → agent: command_done
               the agent may answer any of the three with refused; the relay may say close at any time
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from protocol import frames, messages
from protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from protocol.messages import Message
from protocol.window import WINDOW_BYTES, ReceiveWindow, SendWindow

MAX_CHANNELS = 1024
"""Open channels of one link: more shells and commands than one machine is asked for at once."""


class Role(Enum):
    """Which end of the link we are."""

    AGENT = "agent"
    RELAY = "relay"

    @property
    def peer(self) -> "Role":
        """The other end."""
        return Role.RELAY if self is Role.AGENT else Role.AGENT


class LinkState(Enum):
    """How far the handshake has come."""

    NEW = "new"
    CALLED = "called"
    CHALLENGED = "challenged"
    PROVEN = "proven"
    OPEN = "open"


class ChannelState(Enum):
    """The life of one channel."""

    NEW = "new"
    OPENING = "opening"
    RESUMING = "resuming"
    TERMINAL = "terminal"
    COMMAND = "command"
    CLOSED = "closed"


_A, _R = Role.AGENT, Role.RELAY

LINK: dict[LinkState, dict[type[Message], tuple[Role, LinkState]]] = {
    LinkState.NEW: {messages.Hello: (_A, LinkState.CALLED)},
    LinkState.CALLED: {messages.Challenge: (_R, LinkState.CHALLENGED)},
    LinkState.CHALLENGED: {messages.Proof: (_A, LinkState.PROVEN)},
    LinkState.PROVEN: {messages.Welcome: (_R, LinkState.OPEN)},
    LinkState.OPEN: {messages.Heartbeat: (_A, LinkState.OPEN)},
}

CHANNEL: dict[ChannelState, dict[type[Message], tuple[Role, ChannelState]]] = {
    ChannelState.NEW: {
        messages.OpenTerminal: (_R, ChannelState.OPENING),
        messages.Resume: (_R, ChannelState.RESUMING),
        messages.RunCommand: (_R, ChannelState.COMMAND),
    },
    ChannelState.OPENING: {
        messages.Opened: (_A, ChannelState.TERMINAL),
        messages.Refused: (_A, ChannelState.CLOSED),
        messages.Resize: (_R, ChannelState.OPENING),
        messages.Close: (_R, ChannelState.OPENING),
    },
    ChannelState.RESUMING: {
        messages.Resumed: (_A, ChannelState.TERMINAL),
        messages.Refused: (_A, ChannelState.CLOSED),
        messages.Resize: (_R, ChannelState.RESUMING),
        messages.Close: (_R, ChannelState.RESUMING),
    },
    ChannelState.TERMINAL: {
        messages.Resize: (_R, ChannelState.TERMINAL),
        messages.CommandLogged: (_A, ChannelState.TERMINAL),
        messages.Close: (_R, ChannelState.TERMINAL),
        messages.Exited: (_A, ChannelState.CLOSED),
    },
    ChannelState.COMMAND: {
        messages.Close: (_R, ChannelState.COMMAND),
        messages.Refused: (_A, ChannelState.CLOSED),
        messages.CommandDone: (_A, ChannelState.CLOSED),
    },
    ChannelState.CLOSED: {},
}

LATE = frozenset({messages.Resize, messages.Close})
"""What the relay may have under way to an agent that has just said its last word; it passes over them."""

STREAMING = frozenset({ChannelState.TERMINAL, ChannelState.COMMAND})
"""States in which bytes flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReceived:
    """The peer sent a control message, allowed in this state."""

    channel: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReceived:
    """Bytes nobody has seen before, in order, within the credit we gave."""

    channel: int
    stream: int
    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditReceived:
    """The peer lets us send further on this stream: it has used up everything before `limit` minus one window."""

    channel: int
    stream: int
    limit: int


Event = ControlReceived | DataReceived | CreditReceived


class _Channel:
    """One channel's state and its windows by stream, from our side."""

    __slots__ = ("incoming", "outgoing", "resume", "state")

    def __init__(self) -> None:
        self.state = ChannelState.NEW
        self.outgoing: dict[int, SendWindow] = {}
        self.incoming: dict[int, ReceiveWindow] = {}
        self.resume: messages.Resume | None = None


class Link:
    """One end of the conversation. Raises LocalProtocolError for our mistakes, RemoteProtocolError for theirs."""

    def __init__(self, role: Role, *, window_bytes: int = WINDOW_BYTES) -> None:
        self.role = role
        self.state = LinkState.NEW
        self._window_bytes = window_bytes
        self._channels: dict[int, _Channel] = {}
        self._highest = 0

    # --- receiving

    def receive(self, message: bytes) -> Event | None:
        """One WebSocket message → its event; None when it concerns a channel that has just closed, or is a repeat."""
        frame = frames.decode(message)
        match frame:
            case frames.ControlFrame():
                return self._receive_control(frame)
            case frames.StreamFrame():
                return self._receive_stream(frame)
            case frames.CreditFrame():
                return self._receive_credit(frame)

    def _receive_control(self, frame: frames.ControlFrame) -> ControlReceived | None:
        message = messages.decode(frame.body)
        if self._is_gone(frame.channel) and type(message) in LATE:
            return None
        self._step(frame.channel, message, self.role.peer, RemoteProtocolError)
        return ControlReceived(channel=frame.channel, message=message)

    def _receive_stream(self, frame: frames.StreamFrame) -> DataReceived | None:
        channel = self._streaming(frame.channel)
        if channel is None:
            return None
        window = channel.incoming.get(frame.stream)
        if window is None:
            raise RemoteProtocolError(f"stream 0x{frame.stream:02x} does not flow this way")
        known = window.receive(frame.offset, len(frame.payload))
        if known == len(frame.payload):
            return None
        payload = frame.payload[known:] if known else frame.payload
        return DataReceived(channel=frame.channel, stream=frame.stream, offset=frame.offset + known, payload=payload)

    def _receive_credit(self, frame: frames.CreditFrame) -> CreditReceived | None:
        channel = self._streaming(frame.channel)
        if channel is None:
            return None
        window = channel.outgoing.get(frame.stream)
        if window is None:
            raise RemoteProtocolError(f"credit for stream 0x{frame.stream:02x}, which does not flow this way")
        window.grant(frame.limit)
        return CreditReceived(channel=frame.channel, stream=frame.stream, limit=window.limit)

    # --- sending

    def send_control(self, channel: int, message: Message) -> bytes:
        """Control message → the WebSocket message that carries it."""
        data = frames.encode(frames.ControlFrame(channel=channel, body=messages.encode(message)))
        self._step(channel, message, self.role, LocalProtocolError)
        return data

    def send_data(self, channel: int, payload: bytes, *, stream: int = frames.DATA) -> bytes:
        """Payload within the credit (see credit_bytes) and MAX_PAYLOAD_BYTES → the WebSocket message."""
        if not 0 < len(payload) <= frames.MAX_PAYLOAD_BYTES:
            raise LocalProtocolError(f"a payload holds 1 to {frames.MAX_PAYLOAD_BYTES} bytes, not {len(payload)}")
        offset = self._outgoing(channel, stream).take(len(payload))
        return frames.encode(frames.StreamFrame(channel=channel, stream=stream, offset=offset, payload=payload))

    def credit_bytes(self, channel: int, *, stream: int = frames.DATA) -> int:
        """How much may be sent on this stream now, at most MAX_PAYLOAD_BYTES; 0 also when the channel has closed."""
        if not self.is_open(channel):
            return 0
        return min(self._outgoing(channel, stream).available_bytes, frames.MAX_PAYLOAD_BYTES)

    def consume_to(self, channel: int, offset: int, *, stream: int = frames.DATA) -> bytes | None:
        """Bytes before `offset` are used up; returns a credit message when it is time to send one."""
        if not self.is_open(channel):
            return None
        window = self._channels[channel].incoming.get(stream)
        if window is None:
            raise LocalProtocolError(f"stream 0x{stream:02x} of channel {channel} does not flow this way")
        limit = window.consume_to(offset)
        return None if limit is None else self._credit(channel, stream, limit)

    def knows(self, channel: int) -> bool:
        """The channel was opened and the agent has not said its last word on it."""
        return channel in self._channels

    def is_open(self, channel: int) -> bool:
        """Bytes flow on this channel."""
        found = self._channels.get(channel)
        return found is not None and found.state in STREAMING

    def next_channel(self) -> int:
        """An unused channel number for the relay to open. Raises LocalProtocolError when too many are open."""
        if len(self._channels) >= MAX_CHANNELS:
            raise LocalProtocolError(f"{MAX_CHANNELS} channels are open on this link")
        if self._highest >= frames.MAX_CHANNEL:
            raise LocalProtocolError("this link has used up its channel numbers")
        return self._highest + 1

    # --- states

    def _step(self, number: int, message: Message, sender: Role, refusal: type[ProtocolError]) -> None:
        if number == frames.LINK_CHANNEL:
            _, self.state = _next(LINK[self.state], self.state.value, message, sender, refusal)
            return
        if self.state is not LinkState.OPEN:
            raise refusal(f"{message.TYPE} before the link is open")
        channel = self._channels.get(number) or _Channel()
        _, state = _next(CHANNEL[channel.state], channel.state.value, message, sender, refusal)
        self._check_resume(message, refusal)
        if channel.state is ChannelState.NEW:
            self._admit(number, channel, refusal)
        channel.state = state
        self._settle(number, channel, message)

    def _admit(self, number: int, channel: _Channel, refusal: type[ProtocolError]) -> None:
        if number <= self._highest or len(self._channels) >= MAX_CHANNELS:
            raise refusal(f"channel {number} cannot be opened")
        self._highest = number
        self._channels[number] = channel

    def _settle(self, number: int, channel: _Channel, message: Message) -> None:
        """Give a channel its windows once bytes may flow, and forget it once they may not."""
        match message:
            case messages.Resume():
                channel.resume = message
            case messages.Opened():
                self._open_stream(channel, frames.DATA, Role.AGENT)
                self._open_stream(channel, frames.DATA, Role.RELAY)
            case messages.Resumed() if channel.resume is not None:
                output = channel.resume
                self._open_stream(channel, frames.DATA, Role.AGENT, output.output_offset, output.output_limit)
                self._open_stream(channel, frames.DATA, Role.RELAY, message.input_offset, message.input_limit)
            case messages.RunCommand():
                self._open_stream(channel, frames.DATA, Role.AGENT)
                self._open_stream(channel, frames.DATA, Role.RELAY)
                self._open_stream(channel, frames.STDERR, Role.AGENT)
            case _ if channel.state is ChannelState.CLOSED:
                del self._channels[number]

    def _check_resume(self, message: Message, refusal: type[ProtocolError]) -> None:
        """The credit that stands at a resume lies between nothing and one whole window."""
        match message:
            case messages.Resume(output_offset=offset, output_limit=int(limit)):
                pass
            case messages.Resumed(input_offset=offset, input_limit=int(limit)):
                pass
            case _:
                return
        if not offset <= limit <= offset + self._window_bytes:
            raise refusal(f"{message.TYPE} at byte {offset} cannot have credit up to byte {limit}")

    def _open_stream(
        self, channel: _Channel, stream: int, writer: Role, offset: int = 0, limit: int | None = None
    ) -> None:
        limit = offset + self._window_bytes if limit is None else limit
        if writer is self.role:
            channel.outgoing[stream] = SendWindow(offset=offset, limit=limit)
        else:
            channel.incoming[stream] = ReceiveWindow(offset=offset, limit=limit, size_bytes=self._window_bytes)

    def _streaming(self, number: int) -> _Channel | None:
        """The channel when bytes may flow, None when it has just closed. Raises RemoteProtocolError otherwise."""
        if self._is_gone(number):
            return None
        channel = self._channels.get(number)
        if channel is None or channel.state not in STREAMING:
            raise RemoteProtocolError(f"bytes on channel {number}, which is not open")
        return channel

    def _is_gone(self, number: int) -> bool:
        """Closed by the agent while the relay's last messages were under way; an agent has no such excuse."""
        closed = number != frames.LINK_CHANNEL and number <= self._highest and number not in self._channels
        return closed and self.role is Role.AGENT

    def _outgoing(self, number: int, stream: int) -> SendWindow:
        channel = self._channels.get(number)
        if channel is None or channel.state not in STREAMING or stream not in channel.outgoing:
            raise LocalProtocolError(f"stream 0x{stream:02x} of channel {number} is not open")
        return channel.outgoing[stream]

    def _credit(self, number: int, stream: int, limit: int) -> bytes:
        return frames.encode(frames.CreditFrame(channel=number, stream=stream, limit=limit))


_State = TypeVar("_State", LinkState, ChannelState)


def _next(
    row: dict[type[Message], tuple[Role, _State]],
    state: str,
    message: Message,
    sender: Role,
    refusal: type[ProtocolError],
) -> tuple[Role, _State]:
    """The table's answer, or the refusal of whoever was wrong."""
    found = row.get(type(message))
    if found is None or found[0] is not sender:
        raise refusal(f"{message.TYPE} from the {sender.value} while {state}")
    return found
