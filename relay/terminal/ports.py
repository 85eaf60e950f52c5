"""What the data plane asks of others: a socket, the credentials of agents, and someone to tell what happened."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from protocol.messages import CommandLogged, Exited, Heartbeat, Proof

if TYPE_CHECKING:
    from relay.terminal.ending import CloseReason
    from relay.terminal.session import Session


class AgentSocket(Protocol):
    """One WebSocket of an agent; a message is one frame of the protocol. In-memory pair: relay/terminal/pair.py."""

    async def send(self, message: bytes) -> None:
        """Waits while the peer does not read. Raises SocketClosed."""

    async def receive(self) -> bytes:
        """The next message. Raises SocketClosed, and LinkEnded for what no agent may send."""

    async def close(self, code: int, reason: str) -> None:
        """Say why, and end within moments, also when the peer does not read. Never raises; twice does nothing."""

    def abort(self) -> None:
        """End without a word: whoever waits in send or receive wakes with SocketClosed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgent:
    """An enrolled agent: whose machine it serves and the Ed25519 public key (32 bytes) it must prove."""

    agent_id: str
    machine_id: str
    tenant_id: str
    name: str
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFacts:
    """What a proven agent said of itself. Untrusted: bound and clean it before it is stored or shown."""

    agent: KnownAgent
    agent_version: str
    proof: Proof


class Credentials(Protocol):
    """The relay's own key and the keys of the enrolled agents."""

    @property
    def relay_key(self) -> bytes:
        """The relay's Ed25519 public key, 32 bytes."""

    def sign(self, transcript: bytes) -> bytes:
        """The relay's signature, 64 bytes."""

    def verify(self, public_key: bytes, signature: bytes, transcript: bytes) -> bool:
        """Whether `public_key` made this signature; False for malformed ones."""

    async def find_agent(self, agent_id: str) -> KnownAgent:
        """Raises AgentRejected: 4401 unknown or revoked, 4404 its machine was deleted."""


class HubListener(Protocol):
    """Who records what happens. Calls for one agent, and calls for one session, come one at a time and in order."""

    async def agent_connected(self, agent_id: str, facts: AgentFacts) -> None:
        """The agent has proven itself."""

    async def agent_disconnected(self, agent_id: str) -> None:
        """Its link is gone and no newer one took its place."""

    async def heartbeat(self, agent_id: str, heartbeat: Heartbeat) -> None:
        """Load figures, about every 30 s."""

    async def session_ended(self, session: "Session", reason: "CloseReason") -> None:
        """The session is over; everything it logged was told before."""

    async def command_logged(self, session: "Session", command: CommandLogged) -> None:
        """A person ran a command in this session."""

    async def command_log_closed(self, session: "Session", exited: Exited) -> None:
        """The agent has attested how many commands it logged in this session; after the last of them."""
