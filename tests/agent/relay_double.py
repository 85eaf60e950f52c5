"""A relay for the agent's tests: real sockets on a port of their own, the real protocol, and a memory of what it saw.

It enrols by HTTP, proves itself, opens terminals and commands, gives credit, drops links, and misbehaves on request.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from agent import ed25519
from protocol import messages
from protocol.frames import DATA, LINK_CHANNEL, STDERR
from protocol.handshake import SUBPROTOCOL, agent_transcript, decode_bytes, encode_bytes, relay_transcript
from protocol.link import ControlReceived, DataReceived, Link, LinkState, Role
from protocol.messages import Message

AGENT_ID = "0123456789ab"
TOKEN = "fl_enrol_" + "t" * 43
MAX_WAIT_S = 10
"""A wait of a test that takes longer has failed."""


class HeadedStream(trio.abc.Stream):
    """A stream whose first bytes have been looked at already."""

    def __init__(self, head: bytes, stream: trio.abc.Stream) -> None:
        self._head = head
        self._stream = stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            await trio.lowlevel.checkpoint()
            return head
        return bytes(await self._stream.receive_some(max_bytes))

    async def send_all(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Channel:
    """One terminal or command, from the relay's side. Credit is given as output arrives, unless `holds_credit`."""

    def __init__(self, link: "AgentLink", number: int, *, offset: int = 0, input_offset: int = 0) -> None:
        self.link = link
        self.number = number
        self.offset = offset
        self.input_offset = input_offset
        self.output = bytearray()
        self.errors = bytearray()
        self.controls: list[Message] = []
        self.holds_credit = False
        self.changed = trio.lowlevel.ParkingLot()

    @property
    def rows(self) -> list[messages.CommandLogged]:
        return [message for message in self.controls if isinstance(message, messages.CommandLogged)]

    def find(self, kind: type[Message]) -> Any:
        return next((message for message in self.controls if isinstance(message, kind)), None)

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Wait for the condition; fails with all that was seen."""
        with trio.move_on_after(MAX_WAIT_S):
            while not (found := condition()):
                await self.changed.park()
            return found
        seen = bytes(self.output[-2000:]) + bytes(self.errors[-500:])
        raise AssertionError(f"waited in vain {what}: output {seen!r}, controls {self.controls[-20:]}")

    async def wait_for(self, kind: type[Message]) -> Any:
        return await self.until(lambda: self.find(kind), f"for {kind.__name__}")

    async def wait_output(self, text: bytes | str) -> bytes:
        wanted = text.encode() if isinstance(text, str) else text
        await self.until(lambda: wanted in self.output, f"for {wanted!r}")
        return bytes(self.output)

    async def type(self, data: bytes | str) -> None:
        """Send input as credit allows."""
        rest = data.encode() if isinstance(data, str) else data
        while rest:
            credit = self.link.link.credit_bytes(self.number)
            if not credit:
                await self.until(lambda: self.link.link.credit_bytes(self.number), "for input credit")
                continue
            part, rest = rest[:credit], rest[credit:]
            self.input_offset += len(part)
            await self.link.send(self.link.link.send_data(self.number, part))

    async def say(self, message: Message) -> None:
        await self.link.send(self.link.link.send_control(self.number, message))

    async def consume(self) -> None:
        """Everything that has arrived is used up."""
        for stream, end in ((DATA, self.offset), (STDERR, len(self.errors))):
            if end:
                with suppress(KeyError):
                    credit = self.link.link.consume_to(self.number, end, stream=stream)
                    if credit is not None:
                        await self.link.send(credit)


class AgentLink:
    """One proven connection of the agent."""

    def __init__(self, socket: WebSocketConnection, stream: trio.abc.Stream) -> None:
        self.socket = socket
        self.stream = stream
        self.link = Link(Role.RELAY)
        self.proof: messages.Proof = None
        self.channels: dict[int, Channel] = {}
        self.heartbeats: list[messages.Heartbeat] = []
        self.ended = trio.Event()
        self.close_code: int | None = None

    async def send(self, message: bytes) -> None:
        with suppress(ConnectionClosed):
            await self.socket.send_message(message)

    async def _say(self, message: Message) -> None:
        await self.send(self.link.send_control(LINK_CHANNEL, message))

    async def hear(self) -> ControlReceived:
        event = self.link.receive(await self.socket.get_message())
        assert isinstance(event, ControlReceived)
        return event

    async def open(self, session_id: str = "s1", **fields: Any) -> Channel:
        """A terminal, opened."""
        channel = await self.begin(
            messages.OpenTerminal(
                session_id=session_id, **{"cols": 80, "rows": 24, "username": "ada", "sudo": False, **fields}
            )
        )
        await channel.until(lambda: channel.find(messages.Opened) or channel.find(messages.Refused), "to open")
        return channel

    async def run(self, command: str, **fields: Any) -> Channel:
        """A command, to its end."""
        channel = await self.begin(
            messages.RunCommand(
                command_id="c1", command=command, **{"username": "ada", "timeout_s": 10, "sudo": False, **fields}
            )
        )
        await channel.until(lambda: channel.find(messages.CommandDone) or channel.find(messages.Refused), "to be done")
        return channel

    async def resume(self, session_id: str, offset: int, limit: int | None = None) -> Channel:
        channel = await self.begin(
            messages.Resume(session_id=session_id, output_offset=offset, output_limit=limit), offset=offset
        )
        await channel.until(lambda: channel.find(messages.Resumed) or channel.find(messages.Refused), "to resume")
        resumed = channel.find(messages.Resumed)
        channel.input_offset = resumed.input_offset if resumed else 0
        return channel

    async def begin(self, message: Message, *, offset: int = 0) -> Channel:
        number = self.link.next_channel()
        channel = self.channels[number] = Channel(self, number, offset=offset)
        await channel.say(message)
        return channel

    async def drop(self) -> None:
        """As a network does: without a word."""
        await trio.aclose_forcefully(self.stream)
        await self.ended.wait()

    async def pump(self) -> None:
        try:
            while True:
                event = self.link.receive(await self.socket.get_message())
                await self._take(event)
        except ConnectionClosed as closed:
            self.close_code = closed.reason.code if closed.reason else None
        finally:
            self.ended.set()
            for channel in self.channels.values():
                channel.changed.unpark_all()

    async def _take(self, event: Any) -> None:
        if event is None:
            return
        if event.channel == LINK_CHANNEL:
            self.heartbeats.append(event.message)
            return
        channel = self.channels[event.channel]
        match event:
            case ControlReceived():
                channel.controls.append(event.message)
            case DataReceived(stream=stream):
                (channel.errors if stream == STDERR else channel.output).extend(event.payload)
                channel.offset += len(event.payload) if stream == DATA else 0
                if not channel.holds_credit:
                    await channel.consume()
        channel.changed.unpark_all()


@dataclass
class RelayDouble:
    """`misbehave` is called with each fresh AgentLink in place of the handshake, when set."""

    seed: bytes = b"\x07" * 32
    pinned_seed: bytes | None = None
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    registrations: list[dict[str, Any]] = field(default_factory=list)
    keep_sessions: bool = True
    heartbeat_interval_s: int = 30
    misbehave: Callable[[AgentLink], Any] | None = None
    close_after_hello: tuple[int, str] | None = None
    register_status: tuple[int, bytes] | None = None
    dials: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self._send, self._arrivals = trio.open_memory_channel[AgentLink](32)
        self._public_keys: dict[str, bytes] = {}

    async def start(self, nursery: trio.Nursery) -> None:
        listeners = await nursery.start(trio.serve_tcp, self._serve, 0)
        self.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"

    async def agent(self) -> AgentLink:
        """The next proven connection."""
        with trio.fail_after(MAX_WAIT_S):
            return await self._arrivals.receive()

    async def serve_quietly(self, stream: trio.abc.Stream) -> None:
        """As _serve, for streams whose other end may refuse us."""
        with suppress(trio.BrokenResourceError):
            await self._serve(stream)

    async def _serve(self, stream: trio.abc.Stream) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, ConnectionClosed):
            head = b""
            while b"\r\n\r\n" not in head:
                data = await stream.receive_some(65536)
                if not data:
                    return
                head += data
            if head.startswith(b"POST"):
                await self._register(head, stream)
            else:
                await self._upgrade(head, stream)

    async def _register(self, head: bytes, stream: trio.abc.Stream) -> None:
        heading, _, body = head.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in heading.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += await stream.receive_some(65536)
        status, answer = self.register_status or self._answer(json.loads(body))
        await stream.send_all(
            b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n" % (status, len(answer))
            + b"Location: https://other.example/\r\n\r\n"
            + answer
        )
        await stream.aclose()

    def _answer(self, request: dict[str, Any]) -> tuple[int, bytes]:
        self.registrations.append(request)
        if request["token"] not in self.tokens:
            return 401, b'{"error": "Invalid or expired registration token"}'
        self.tokens.discard(request["token"])
        self._public_keys[AGENT_ID] = decode_bytes(request["public_key"], size=32)
        answer = {
            "agent_id": AGENT_ID,
            "machine_id": "m1",
            "name": request.get("name", "machine"),
            "relay_key": encode_bytes(ed25519.public_key(self.pinned_seed or self.seed)),
            "heartbeat_interval": self.heartbeat_interval_s,
        }
        return 200, json.dumps(answer).encode()

    async def _upgrade(self, head: bytes, stream: trio.abc.Stream) -> None:
        self.dials += 1
        assert head.startswith(b"GET /api/agent/ws HTTP/1.1\r\n"), head
        async with trio.open_nursery() as nursery:
            request = await wrap_server_stream(nursery, HeadedStream(head, stream))
            assert request.proposed_subprotocols == (SUBPROTOCOL,)
            link = AgentLink(await request.accept(subprotocol=SUBPROTOCOL), stream)
            try:
                if self.misbehave is not None:
                    await self.misbehave(link)
                elif await self._prove(link):
                    await self._send.send(link)
                    await link.pump()
            finally:
                link.ended.set()
                with trio.move_on_after(1, shield=True):
                    await link.socket.aclose()
                nursery.cancel_scope.cancel()

    async def _prove(self, link: AgentLink) -> bool:
        hello = (await link.hear()).message
        assert isinstance(hello, messages.Hello)
        if self.close_after_hello is not None:
            await link.socket.aclose(*self.close_after_hello)
            return False
        agent_nonce, relay_nonce = decode_bytes(hello.nonce, size=32), b"\x55" * 32
        key = ed25519.public_key(self.seed)
        transcript = relay_transcript(hello.agent_id, agent_nonce=agent_nonce, relay_nonce=relay_nonce)
        await link._say(
            messages.Challenge(
                nonce=encode_bytes(relay_nonce),
                relay_key=encode_bytes(key),
                signature=encode_bytes(ed25519.sign(self.seed, transcript)),
            )
        )
        try:
            proof = (await link.hear()).message
        except ConnectionClosed as closed:
            link.close_code = closed.reason.code if closed.reason else None
            self.last_refusal = link.close_code
            return False
        assert isinstance(proof, messages.Proof)
        expected = agent_transcript(hello.agent_id, relay_key=key, relay_nonce=relay_nonce, agent_nonce=agent_nonce)
        assert ed25519.verify(self._public_keys[hello.agent_id], expected, decode_bytes(proof.signature, size=64)), (
            "the agent's signature is wrong"
        )
        link.proof = proof
        keep = tuple(held.session_id for held in proof.sessions) if self.keep_sessions else ()
        await link._say(messages.Welcome(heartbeat_interval_s=self.heartbeat_interval_s, keep_sessions=keep))
        assert link.link.state is LinkState.OPEN
        return True

    last_refusal: int | None = None
