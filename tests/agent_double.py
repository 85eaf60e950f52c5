"""An agent without a machine: speaks the protocol, holds shells that are plain Python, remembers what it saw."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import trio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol import frames
from protocol.handshake import agent_transcript, decode_bytes, encode_bytes, relay_transcript
from protocol.link import ControlReceived, DataReceived, Event, Link, Role
from protocol.messages import (
    Challenge,
    Close,
    CommandDone,
    CommandLogged,
    Exited,
    Heartbeat,
    HeldSession,
    Hello,
    Message,
    Opened,
    OpenTerminal,
    Proof,
    Refused,
    Resize,
    Resume,
    Resumed,
    RunCommand,
    Welcome,
)
from relay.terminal.errors import SocketClosed
from relay.terminal.ports import AgentSocket

NONCE = bytes(range(32))


class ShellDouble:
    """A shell that writes what the test says, and echoes what it is given unless told not to."""

    def __init__(self, opening: OpenTerminal, *, echoes: bool) -> None:
        self.opening = opening
        self.echoes = echoes
        self.output = bytearray()
        self.sent = 0
        self.received = bytearray()
        self.sizes = [(opening.cols, opening.rows)]
        self.hung_up: str | None = None
        self.exit: Exited | None = None
        self.channel = 0

    def take(self, payload: bytes) -> None:
        """Input arrived."""
        self.received += payload
        if self.echoes:
            self.output += payload

    def held(self) -> HeldSession:
        """What the agent says of it after a lost link."""
        return HeldSession(
            session_id=self.opening.session_id,
            output_start=0,
            output_end=len(self.output),
            input_end=len(self.received),
        )


@dataclass
class Answer:
    """What a command does."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int | None = 0
    timed_out: bool = False
    holds: bool = False


@dataclass
class AgentDouble:
    """One agent. `serve` talks on a socket until it ends; shells outlive it, as a real agent's do."""

    agent_id: str
    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(bytes(32)))
    relay_key: bytes | None = None
    echoes: bool = True
    refuses: str | None = None
    answers: bool = True
    keeps_sessions: bool = True
    command: Callable[[RunCommand], Answer] = field(default=lambda run: Answer(stdout=run.command.encode()))
    attest_done: Callable[[RunCommand, CommandDone], CommandDone] = field(default=lambda run, done: done)
    shells: dict[str, ShellDouble] = field(default_factory=dict)
    welcome: Welcome | None = None
    seen: list[Message] = field(default_factory=list)

    @property
    def public_key(self) -> bytes:
        """Raw Ed25519 public key."""
        return self.key.public_key().public_bytes_raw()

    def shell(self, session_id: str | None = None) -> ShellDouble:
        """The shell of a session, or the only one."""
        if session_id is not None:
            return self.shells[session_id]
        (only,) = self.shells.values()
        return only

    # --- the conversation

    async def serve(self, socket: AgentSocket, *, task_status=trio.TASK_STATUS_IGNORED) -> None:
        """Prove ourselves, then answer until the socket ends. `task_status` is told when the link is open."""
        self._link = Link(Role.AGENT)
        self._control: deque[bytes] = deque()
        self._moved = trio.lowlevel.ParkingLot()
        self._pending_output: dict[tuple[int, int], bytearray] = {}
        self._channels: dict[int, ShellDouble] = {}
        self._ends: dict[int, Message] = {}
        try:
            await self._handshake(socket)
            task_status.started()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, socket)
                while True:
                    event = self._link.receive(await socket.receive())
                    if event is not None:
                        self._take(event)
                        self._moved.unpark_all()
        except* SocketClosed:
            pass

    async def _handshake(self, socket: AgentSocket) -> None:
        hello = Hello(protocol=1, agent_id=self.agent_id, nonce=encode_bytes(NONCE), agent_version="double")
        await socket.send(self._link.send_control(0, hello))
        challenge = await self._expect(socket, Challenge)
        relay_key, relay_nonce = decode_bytes(challenge.relay_key, size=32), decode_bytes(challenge.nonce, size=32)
        assert self.relay_key in (None, relay_key)
        text = relay_transcript(self.agent_id, agent_nonce=NONCE, relay_nonce=relay_nonce)
        try:
            Ed25519PublicKey.from_public_bytes(relay_key).verify(decode_bytes(challenge.signature, size=64), text)
        except InvalidSignature:
            raise AssertionError("the relay did not prove itself") from None
        mine = agent_transcript(self.agent_id, relay_key=relay_key, relay_nonce=relay_nonce, agent_nonce=NONCE)
        await socket.send(self._link.send_control(0, self._proof(self.key.sign(mine))))
        self.welcome = await self._expect(socket, Welcome)
        self._control.append(self._link.send_control(0, Heartbeat(cpu_percent=1.5, memory_percent=2.5)))

    def _proof(self, signature: bytes) -> Proof:
        held = tuple(shell.held() for shell in self.shells.values() if shell.hung_up is None and shell.exit is None)
        return Proof(
            signature=encode_bytes(signature),
            hostname="double",
            os="Debian GNU/Linux 12",
            arch="x86_64",
            ip_addresses=("192.0.2.7",),
            linux_user="ada",
            allow_sudo=True,
            sessions=held if self.keeps_sessions else (),
        )

    async def _expect(self, socket: AgentSocket, kind):
        event = self._link.receive(await socket.receive())
        assert isinstance(event, ControlReceived)
        assert isinstance(event.message, kind), event
        return event.message

    async def _write(self, socket: AgentSocket) -> None:
        while True:
            frame = self._next_frame()
            if frame is None:
                await self._moved.park()
            else:
                await socket.send(frame)

    def _next_frame(self) -> bytes | None:
        if self._control:
            return self._control.popleft()
        for shell in list(self._channels.values()):
            frame = self._shell_frame(shell)
            if frame is not None:
                return frame
        return self._command_frame()

    def _shell_frame(self, shell: ShellDouble) -> bytes | None:
        payload = bytes(shell.output[shell.sent : shell.sent + self._link.credit_bytes(shell.channel)])
        if payload:
            shell.sent += len(payload)
            return self._link.send_data(shell.channel, payload)
        if shell.exit is not None and shell.sent == len(shell.output):
            del self._channels[shell.channel]
            return self._link.send_control(shell.channel, shell.exit)
        return None

    def _command_frame(self) -> bytes | None:
        for (channel, stream), rest in list(self._pending_output.items()):
            if not self._link.is_open(channel) or not rest:
                continue
            payload = bytes(rest[: self._link.credit_bytes(channel, stream=stream)])
            if payload:
                del rest[: len(payload)]
                return self._link.send_data(channel, payload, stream=stream)
        for channel in list(self._ends):
            if not any(rest for (number, _), rest in self._pending_output.items() if number == channel):
                return self._link.send_control(channel, self._ends.pop(channel))
        return None

    def _take(self, event: Event) -> None:
        match event:
            case DataReceived():
                self._channels[event.channel].take(event.payload)
                grant = self._link.consume_to(event.channel, event.offset + len(event.payload))
                if grant is not None:
                    self._control.append(grant)
            case ControlReceived():
                self.seen.append(event.message)
                self._take_control(event.channel, event.message)

    def _take_control(self, channel: int, message: Message) -> None:
        match message:
            case OpenTerminal() if self.refuses is not None:
                self._say(channel, Refused(reason=self.refuses))
            case OpenTerminal() if self.answers:
                shell = self.shells[message.session_id] = ShellDouble(message, echoes=self.echoes)
                self._join(channel, shell)
                self._say(channel, Opened(shell="/bin/double", log_method="bash"))
            case Resume():
                shell = self.shells[message.session_id]
                shell.sent = message.output_offset
                self._join(channel, shell)
                self._say(channel, Resumed(input_offset=len(shell.received)))
            case Resize() if channel in self._channels:
                self._channels[channel].sizes.append((message.cols, message.rows))
            case Close() if channel in self._channels:
                self._channels[channel].hung_up = message.reason
                self._channels[channel].exit = Exited(code=None, reason="hung up")
            case Close() if channel in self._ends:
                self._ends[channel] = CommandDone(exit_code=None, started_at_ms=0, duration_ms=0)
            case RunCommand():
                self._run(channel, message)

    def _run(self, channel: int, message: RunCommand) -> None:
        answer = self.command(message)
        self._pending_output[channel, frames.DATA] = bytearray(answer.stdout)
        self._pending_output[channel, frames.STDERR] = bytearray(answer.stderr)
        done = CommandDone(exit_code=answer.exit_code, started_at_ms=0, duration_ms=12, timed_out=answer.timed_out)
        if not answer.holds:
            self._ends[channel] = self.attest_done(message, done)

    def _join(self, channel: int, shell: ShellDouble) -> None:
        shell.channel = channel
        self._channels[channel] = shell

    # --- what tests make it do

    def _say(self, channel: int, message: Message) -> None:
        self._control.append(self._link.send_control(channel, message))
        self._moved.unpark_all()

    def emit(self, payload: bytes, session_id: str | None = None) -> None:
        """The shell writes."""
        self.shell(session_id).output += payload
        self._moved.unpark_all()

    def end_shell(self, code: int | None = 0, session_id: str | None = None, reason: str = "") -> None:
        """The shell exits, after all it wrote."""
        self.shell(session_id).exit = Exited(code=code, reason=reason)
        self._moved.unpark_all()

    def log(self, line: str, exit_code: int | None = 0, session_id: str | None = None) -> None:
        """A person ran a command in the shell."""
        command = CommandLogged(
            line=line,
            exit_code=exit_code,
            started_at_ms=1_795_000_000_000,
            duration_ms=3,
            cwd="/home/ada",
            method="bash",
            confidence="high",
        )
        self._say(self.shell(session_id).channel, command)

    def report(self, row: CommandLogged, session_id: str | None = None) -> None:
        """Any row, as a hostile agent may put it together."""
        self._say(self.shell(session_id).channel, row)

    def send_raw(self, message: bytes) -> None:
        """Put any bytes on the wire."""
        self._control.append(message)
        self._moved.unpark_all()
