"""An agent's WebSocket, as the hub wants it: binary messages of bounded size. Knows nothing of what they mean."""

from protocol.frames import MAX_MESSAGE_BYTES
from protocol.handshake import SUBPROTOCOL
from relay.api.exchange import Door
from relay.api.sockets_request import SocketRequest
from relay.api.sockets_stream import MessageTooBig, SocketStream
from relay.domain.errors import Forbidden, Invalid
from relay.terminal.ending import PROTOCOL_ERROR, TOO_BIG
from relay.terminal.errors import LinkEnded


class AgentStream:
    """The hub's AgentSocket over a SocketStream."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream

    async def send(self, message: bytes) -> None:
        """Waits while the agent does not read. Raises SocketClosed."""
        await self._stream.send(message)

    async def receive(self) -> bytes:
        """The next message. Raises SocketClosed, LinkEnded for messages no agent sends."""
        try:
            message = await self._stream.receive()
        except MessageTooBig as error:
            raise LinkEnded(TOO_BIG, f"a message has at most {MAX_MESSAGE_BYTES} bytes") from error
        if isinstance(message, str):
            raise LinkEnded(PROTOCOL_ERROR, "messages are binary")
        return message

    async def close(self, code: int, reason: str) -> None:
        """Say why, and end."""
        await self._stream.close(code, reason)

    def abort(self) -> None:
        """End without a word."""
        self._stream.abort()


async def serve_agent(door: Door, socket: SocketStream, request: SocketRequest) -> None:
    """From the upgrade to the end. Raises Forbidden and Invalid before the upgrade; the agent proves itself after."""
    if request.handshake.origin is not None:
        raise Forbidden("Origin not allowed")
    if SUBPROTOCOL not in request.handshake.offered:
        raise Invalid(f"sub-protocol {SUBPROTOCOL} is required")
    await socket.accept(SUBPROTOCOL)
    await door.services.hub.serve_agent(AgentStream(socket), credentials=door.services.credentials)
