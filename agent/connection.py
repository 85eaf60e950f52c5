"""One connection to the relay: dial, prove identity both ways, pump until it ends. Retrying is runner.py's business.

The relay's key was pinned at enrolment: whatever TLS says, a relay that cannot sign with that key gets no signature of
ours and no word about this machine.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from secrets import token_bytes

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream

from agent import __version__, ed25519
from agent.address import RelayAddress
from agent.errors import AgentFailure, LinkLost, RelayMismatch, RelayUnreachable
from agent.identity import Identity, MachineFacts
from protocol.errors import RemoteProtocolError
from protocol.frames import LINK_CHANNEL, MAX_MESSAGE_BYTES
from protocol.handshake import (
    KEY_BYTES,
    NONCE_BYTES,
    SIGNATURE_BYTES,
    SUBPROTOCOL,
    agent_transcript,
    decode_bytes,
    encode_bytes,
    relay_transcript,
)
from protocol.link import ControlReceived, Event, Link, Role
from protocol.messages import PROTOCOL_VERSION, Challenge, HeldSession, Hello, Message, Proof, Welcome

DIAL_TIMEOUT_S = 30
"""For TCP, TLS, the upgrade and the handshake together."""
PING_INTERVAL_S = 20
"""A relay that leaves two pings in a row unanswered is gone, whatever TCP believes."""
PROTOCOL_ERROR_CODE = 4400
"""Our close code for a relay that does not keep to the protocol."""
NOT_PROVEN_CODE = 4401
"""Our close code for a relay that is not the pinned one."""
RECEIVE_BYTES = 64 * 1024
"""One read of the socket."""


_Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to dial, and who must answer."""

    address: RelayAddress
    tls: ssl.SSLContext | None
    agent_id: str
    relay_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What a proven relay is told about this machine."""

    facts: MachineFacts
    linux_user: str
    allow_sudo: bool
    sessions: tuple[HeldSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a connection ended: the close code of whoever closed it (1006: nobody did) and the reason given."""

    code: int
    reason: str


class Connection:
    """A WebSocket whose messages are frames. Sends are never cut in half: cancelling waits for the frame's end."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.link = Link(Role.AGENT)
        self.is_lost = False
        self._socket = socket
        self._stream = socket._stream

    async def send(self, encode: Callable[[], bytes | None]) -> None:
        """Send what `encode` makes now, if anything. Raises LinkLost."""
        message = encode()
        if message is None:
            return
        try:
            with trio.CancelScope(shield=True):
                await self._socket.send_message(message)
        except (ConnectionClosed, trio.ClosedResourceError, trio.BrokenResourceError) as error:
            raise LinkLost from error

    async def say(self, message: Message) -> None:
        """Send a message about the link itself. Raises LinkLost."""
        await self.send(lambda: self.link.send_control(LINK_CHANNEL, message))

    async def receive(self) -> Event | None:
        """The next event. Raises LinkLost, RemoteProtocolError."""
        try:
            message = await self._socket.get_message()
        except ConnectionClosed as error:
            raise LinkLost from error
        if isinstance(message, str):
            raise RemoteProtocolError("text message on a binary link")
        return self.link.receive(message)

    async def hear(self, kind: type[Message]) -> Message:
        """The next message about the link, which must be of this kind. Raises LinkLost, RemoteProtocolError."""
        event = await self.receive()
        if not isinstance(event, ControlReceived) or not isinstance(event.message, kind):
            raise RemoteProtocolError(f"{kind.TYPE} was due")
        return event.message

    async def watch(self) -> None:
        """Ping for ever; end the connection when two pings in a row stay unanswered."""
        missed = 0
        while missed < 2:
            await trio.sleep(PING_INTERVAL_S)
            with trio.move_on_after(PING_INTERVAL_S) as waiting:
                try:
                    await self._socket.ping()
                except ConnectionClosed:
                    return
            missed = missed + 1 if waiting.cancelled_caught else 0
        await self.cut()

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, but do not wait long for an answer."""
        with trio.move_on_after(2, shield=True):
            await self._socket.aclose(code, reason[:120])

    async def cut(self) -> None:
        """End it without a word: whoever waits for this socket gets LinkLost."""
        await trio.aclose_forcefully(self._stream)

    def ending(self) -> Ending:
        """How it ended."""
        closed = self._socket.closed
        return Ending(code=1006, reason="") if closed is None else Ending(code=closed.code, reason=closed.reason or "")


async def use_connection(endpoint: Endpoint, use: Callable[[Connection], Awaitable[Ending]]) -> Ending:
    """Dial up to the WebSocket, nothing proven yet; hand it to `use`; end it. Raises AgentFailure, never a group."""
    stream = await _dial(endpoint)
    failure: AgentFailure | None = None
    ending = Ending(code=1006, reason="")
    async with trio.open_nursery() as nursery:
        try:
            ending = await use(Connection(await _upgrade(nursery, stream, endpoint.address)))
        except AgentFailure as error:
            failure = error
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return ending


async def _dial(endpoint: Endpoint) -> _Stream:
    address = endpoint.address
    try:
        if endpoint.tls is None:
            return await trio.open_tcp_stream(address.host, address.port)
        stream = await trio.open_ssl_over_tcp_stream(
            address.host, address.port, ssl_context=endpoint.tls, https_compatible=True
        )
        await _shake_hands(stream)
    except (OSError, ssl.SSLError, trio.BrokenResourceError) as error:
        raise RelayUnreachable(f"cannot reach {address.url}: {_reason(error)}") from error
    return stream


def _reason(error: BaseException) -> str:
    """What went wrong in the end; trio gathers one failure for each address it tried."""
    cause = error.__cause__ or error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return str(cause)


async def _shake_hands(stream: trio.SSLStream[trio.SocketStream]) -> None:
    try:
        await stream.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


async def _upgrade(nursery: trio.Nursery, stream: _Stream, address: RelayAddress) -> WebSocketConnection:
    try:
        return await wrap_client_stream(
            nursery,
            stream,
            address.url.removeprefix("https://").removeprefix("http://").partition("/")[0],
            f"{address.prefix}/api/agent/ws",
            subprotocols=[SUBPROTOCOL],
            message_queue_size=1,
            max_message_size=MAX_MESSAGE_BYTES,
            receive_buffer_size=RECEIVE_BYTES,
        )
    except ConnectionRejected as error:
        raise RelayUnreachable(f"{address.url} refused the connection with status {error.status_code}") from error
    except (HandshakeError, ConnectionClosed, OSError, trio.BrokenResourceError) as error:
        raise RelayUnreachable(f"{address.url} does not speak WebSocket here: {error}") from error


async def prove(
    connection: Connection, endpoint: Endpoint, identity: Identity, introduce: Callable[[], Introduction]
) -> Welcome:
    """The handshake. Raises RelayMismatch, RemoteProtocolError, LinkLost."""
    agent_nonce = token_bytes(NONCE_BYTES)
    hello = Hello(
        protocol=PROTOCOL_VERSION,
        agent_id=endpoint.agent_id,
        nonce=encode_bytes(agent_nonce),
        agent_version=__version__,
    )
    await connection.say(hello)
    challenge = await connection.hear(Challenge)
    assert isinstance(challenge, Challenge)
    relay_nonce = decode_bytes(challenge.nonce, size=NONCE_BYTES)
    _check_relay(endpoint, challenge, agent_nonce, relay_nonce)
    transcript = agent_transcript(
        endpoint.agent_id,
        relay_key=decode_bytes(endpoint.relay_key, size=KEY_BYTES),
        relay_nonce=relay_nonce,
        agent_nonce=agent_nonce,
    )
    await connection.say(_proof(identity.sign(transcript), introduce()))
    welcome = await connection.hear(Welcome)
    assert isinstance(welcome, Welcome)
    return welcome


def _check_relay(endpoint: Endpoint, challenge: Challenge, agent_nonce: bytes, relay_nonce: bytes) -> None:
    pinned = decode_bytes(endpoint.relay_key, size=KEY_BYTES)
    if decode_bytes(challenge.relay_key, size=KEY_BYTES) != pinned:
        raise RelayMismatch(
            f"{endpoint.address.url} is not the relay this agent was enrolled with: its key differs from the pinned one"
        )
    transcript = relay_transcript(endpoint.agent_id, agent_nonce=agent_nonce, relay_nonce=relay_nonce)
    if not ed25519.verify(pinned, transcript, decode_bytes(challenge.signature, size=SIGNATURE_BYTES)):
        raise RelayMismatch(f"{endpoint.address.url} does not hold the pinned key: its signature is wrong")


def _proof(signature: bytes, introduction: Introduction) -> Proof:
    facts = introduction.facts
    return Proof(
        signature=encode_bytes(signature),
        hostname=facts.hostname,
        os=facts.os,
        arch=facts.arch,
        ip_addresses=facts.ip_addresses,
        linux_user=introduction.linux_user,
        allow_sudo=introduction.allow_sudo,
        sessions=introduction.sessions,
    )
