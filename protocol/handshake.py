"""What each side signs in the handshake, and how byte strings travel in JSON. Knows no key and no signature scheme.

    relay signs   "fairlead relay v1" 00 agent_id 00 agent_nonce (32) relay_nonce (32)
    agent signs   "fairlead agent v1" 00 agent_id 00 relay_key (32) relay_nonce (32) agent_nonce (32)

The two texts differ in their first word, so that neither signature can be played back as the other. The agent's covers
the relay's key, so that a proof given to one relay is worth nothing at another.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from protocol.errors import LocalProtocolError, RemoteProtocolError

SUBPROTOCOL = "fairlead.agent.v1"
"""The WebSocket sub-protocol of `/api/agent/ws`."""
NONCE_BYTES = 32
"""Long enough that no two handshakes ever share one."""
KEY_BYTES = 32
"""An Ed25519 public key."""
SIGNATURE_BYTES = 64
"""An Ed25519 signature."""
MAX_AGENT_ID_CHARACTERS = 64
"""No agent_id is longer; bounds what an unproven caller can make us sign."""


def relay_transcript(agent_id: str, *, agent_nonce: bytes, relay_nonce: bytes) -> bytes:
    """The bytes the relay signs to prove itself. Raises LocalProtocolError when a part has the wrong size."""
    _check_sizes(agent_id, agent_nonce, relay_nonce)
    return b"fairlead relay v1\0" + agent_id.encode() + b"\0" + agent_nonce + relay_nonce


def agent_transcript(agent_id: str, *, relay_key: bytes, relay_nonce: bytes, agent_nonce: bytes) -> bytes:
    """The bytes the agent signs to prove itself. Raises LocalProtocolError when a part has the wrong size."""
    _check_sizes(agent_id, agent_nonce, relay_nonce, relay_key)
    return b"fairlead agent v1\0" + agent_id.encode() + b"\0" + relay_key + relay_nonce + agent_nonce


def encode_bytes(data: bytes) -> str:
    """Bytes → base64url text without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_bytes(text: str, *, size: int) -> bytes:
    """base64url text, with or without padding → exactly `size` bytes. Raises RemoteProtocolError for anything else."""
    bare = text.rstrip("=")
    if len(bare) != (size * 4 + 2) // 3 or not bare.isascii():
        raise RemoteProtocolError(f"expected {size} bytes as base64url")
    try:
        data = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error) as error:
        raise RemoteProtocolError("not base64url") from error
    if encode_bytes(data) != bare:
        raise RemoteProtocolError("not base64url in its one canonical form")
    return data


def _check_sizes(agent_id: str, *parts: bytes) -> None:
    """Every part but the name has a fixed size, so that no two conversations share a transcript."""
    if not 0 < len(agent_id) <= MAX_AGENT_ID_CHARACTERS or "\0" in agent_id:
        raise LocalProtocolError("an agent_id has 1 to 64 characters and no NUL")
    if any(len(part) != NONCE_BYTES for part in parts):
        raise LocalProtocolError(f"nonces and keys have {NONCE_BYTES} bytes")
