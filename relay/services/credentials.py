"""What the hub needs to prove the relay to an agent and an agent to the relay: the relay's key, the agents' keys."""

from dataclasses import dataclass

from relay.services.fleet import Fleet
from relay.services.ports import Identity
from relay.terminal.ports import KnownAgent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCredentials:
    """Joins the relay's identity with the fleet's knowledge of agents; implements the hub's port of that name."""

    identity: Identity
    fleet: Fleet

    @property
    def relay_key(self) -> bytes:
        """The relay's Ed25519 public key, 32 bytes."""
        return self.identity.public_key

    def sign(self, transcript: bytes) -> bytes:
        """The relay's signature, 64 bytes."""
        return self.identity.sign(transcript)

    def verify(self, public_key: bytes, signature: bytes, transcript: bytes) -> bool:
        """Whether `public_key` made this signature; False for malformed ones."""
        return self.identity.verify(public_key, signature, transcript)

    async def find_agent(self, agent_id: str) -> KnownAgent:
        """Raises AgentRejected: 4401 unknown, 4404 its machine was deleted."""
        return await self.fleet.find_agent(agent_id)
