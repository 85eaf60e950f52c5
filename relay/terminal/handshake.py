"""The relay's side of proving each other: hello, challenge, proof. The welcome is the hub's to say."""

import re
from collections.abc import Callable
from typing import TypeVar

from protocol import frames
from protocol.errors import RemoteProtocolError
from protocol.handshake import (
    KEY_BYTES,
    NONCE_BYTES,
    SIGNATURE_BYTES,
    agent_transcript,
    decode_bytes,
    encode_bytes,
    relay_transcript,
)  # fmt: skip
from protocol.link import MAX_CHANNELS, ControlReceived, Link
from protocol.messages import PROTOCOL_VERSION, Challenge, Hello, Message, Proof
from relay.terminal.ending import printable
from relay.terminal.errors import AgentRejected
from relay.terminal.ports import AgentFacts, AgentSocket, Credentials

AGENT_ID = re.compile(r"[0-9a-f]{12}")

Nonce = Callable[[], bytes]
"""Draws NONCE_BYTES random bytes."""
Kind = TypeVar("Kind", bound=Message)


async def prove_agent(socket: AgentSocket, link: Link, credentials: Credentials, nonce: Nonce) -> AgentFacts:
    """Prove the relay to the agent and the agent to the relay.

    Raises AgentRejected, RemoteProtocolError, SocketClosed.
    """
    hello = await _expect(socket, link, Hello)
    if hello.protocol != PROTOCOL_VERSION:
        raise RemoteProtocolError(f"this relay speaks protocol {PROTOCOL_VERSION}")
    if AGENT_ID.fullmatch(hello.agent_id) is None:
        raise AgentRejected("unknown agent")
    agent_nonce, relay_nonce = decode_bytes(hello.nonce, size=NONCE_BYTES), nonce()
    agent = await credentials.find_agent(hello.agent_id)
    relay_text = relay_transcript(agent.agent_id, agent_nonce=agent_nonce, relay_nonce=relay_nonce)
    await socket.send(link.send_control(frames.LINK_CHANNEL, _challenge(credentials, relay_nonce, relay_text)))
    proof = await _expect(socket, link, Proof)
    agent_text = agent_transcript(
        agent.agent_id, relay_key=credentials.relay_key, relay_nonce=relay_nonce, agent_nonce=agent_nonce
    )
    _check(proof, credentials, agent.public_key, agent_text)
    return AgentFacts(agent=agent, agent_version=printable(hello.agent_version, 40), proof=proof)


def _challenge(credentials: Credentials, relay_nonce: bytes, transcript: bytes) -> Challenge:
    assert len(credentials.relay_key) == KEY_BYTES
    return Challenge(
        nonce=encode_bytes(relay_nonce),
        relay_key=encode_bytes(credentials.relay_key),
        signature=encode_bytes(credentials.sign(transcript)),
    )


def _check(proof: Proof, credentials: Credentials, public_key: bytes, transcript: bytes) -> None:
    if len(proof.sessions) > MAX_CHANNELS:
        raise RemoteProtocolError(f"more than {MAX_CHANNELS} held sessions")
    signature = decode_bytes(proof.signature, size=SIGNATURE_BYTES)
    if not credentials.verify(public_key, signature, transcript):
        raise AgentRejected("the agent's signature does not fit its key")


async def _expect(socket: AgentSocket, link: Link, kind: type[Kind]) -> Kind:
    """The next message; the link's table has already refused every other kind at this point."""
    event = link.receive(await socket.receive())
    if not isinstance(event, ControlReceived) or not isinstance(event.message, kind):
        raise RemoteProtocolError(f"expected {kind.TYPE}")
    return event.message
