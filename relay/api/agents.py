"""The agents' door over HTTP: enrolment. (Their socket is mounted by relay/api/sockets.py.)"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from protocol.handshake import encode_bytes
from relay.api.fields import line, verbatim
from relay.api.limits import ENROLMENT_LIMITS
from relay.api.routing import Call, Route
from relay.domain.access import Permission
from relay.services.agent_facts import Enrolment
from relay.services.ports import Caller

Claim = Annotated[str, line(0, 255)]


class Register(Struct):
    """What an agent states about its machine; everything but the token is a claim."""

    token: Annotated[str, verbatim(1, 512)]
    public_key: Annotated[str, line(1, 64, told="^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=?$")]
    hostname: Claim = ""
    os: Claim = ""
    arch: Claim = ""
    ip_addresses: Annotated[list[Claim], Meta(max_length=64)] = []
    linux_user: Claim = ""
    allow_sudo: bool = False
    agent_version: Claim = ""
    name: Claim = ""
    metadata: Annotated[dict[str, Claim], Meta(max_length=50)] = {}


class Registered(Struct):
    """The machine this agent now is, and the relay's Ed25519 key (base64url) it must pin."""

    agent_id: str
    machine_id: str
    name: str
    relay_key: str
    heartbeat_interval: int


class AgentViews:
    """The views, and what they answer about the relay itself."""

    def __init__(self, *, relay_key: bytes, heartbeat_interval_s: int) -> None:
        self._relay_key = encode_bytes(relay_key)
        self._heartbeat_interval_s = heartbeat_interval_s

    def routes(self) -> tuple[Route, ...]:
        """The table."""
        return (
            Route("POST", "/api/agent/register", permission=Permission.PUBLIC, view=self.register_agent, body=Register,
                  answer=Registered, summary="Exchange a one-time token, or an account API key, for a place",
                  refusals=(401, 403, 409), limits=ENROLMENT_LIMITS),
        )  # fmt: skip

    async def register_agent(self, call: Call[Register]) -> Registered:
        machine = await call.services.enrolment.register(caller_of(call), enrolment_of(call.body))
        return Registered(
            agent_id=machine.agent_id,
            machine_id=machine.id,
            name=machine.name,
            relay_key=self._relay_key,
            heartbeat_interval=self._heartbeat_interval_s,
        )


def enrolment_of(body: Register) -> Enrolment:
    """The claims as the service wants them; a registration token's machine has its name already."""
    return Enrolment(
        token=body.token,
        public_key=body.public_key,
        name=body.name,
        hostname=body.hostname,
        os=body.os,
        arch=body.arch,
        ip_addresses=body.ip_addresses,
        linux_user=body.linux_user,
        allow_sudo=body.allow_sudo,
        agent_version=body.agent_version,
        metadata=body.metadata,
    )


def caller_of(call: Call[Any]) -> Caller:
    """The connection's facts as the services want them."""
    facts = call.facts
    return Caller(
        ip_address=facts.ip_address,
        user_agent=facts.user_agent,
        source_hint=facts.source_hint,
        correlation_id=facts.correlation_id,
    )
