"""A hub with its doubles, joined in memory: what the tests of the data plane start from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.messages import CommandLogged, Heartbeat
from relay.clock import FakeClock
from relay.terminal.ending import CloseReason
from relay.terminal.errors import AgentRejected
from relay.terminal.hub import Hub
from relay.terminal.pair import MemorySocket, memory_pair
from relay.terminal.ports import AgentFacts, KnownAgent
from relay.terminal.session import Session, SessionOpening
from relay.terminal.settings import HubSettings
from relay.terminal.viewer import Ended, Gap, LinkChanged, Output, Viewer
from tests.agent_double import AgentDouble
from tests.errors import single_error

AGENT = "0123456789ab"
OTHER = "ba9876543210"


class Keys:
    """Credentials held in memory."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
        self.agents: dict[str, KnownAgent] = {}
        self.refused: dict[str, AgentRejected] = {}

    @property
    def relay_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, transcript: bytes) -> bytes:
        return self.key.sign(transcript)

    def verify(self, public_key: bytes, signature: bytes, transcript: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, transcript)
        except InvalidSignature:
            return False
        return True

    async def find_agent(self, agent_id: str) -> KnownAgent:
        await trio.lowlevel.checkpoint()
        if agent_id in self.refused:
            raise self.refused[agent_id]
        if agent_id not in self.agents:
            raise AgentRejected("unknown agent")
        return self.agents[agent_id]

    def enrol(self, agent: AgentDouble) -> None:
        self.agents[agent.agent_id] = KnownAgent(
            agent_id=agent.agent_id, machine_id="m1", tenant_id="acme", name="web-1", public_key=agent.public_key
        )


class Witness:
    """A listener that remembers; `told` is unparked at every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.told = trio.lowlevel.ParkingLot()
        self.gate: trio.Event | None = None

    async def _note(self, name: str, what: object) -> None:
        await trio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()
        self.calls.append((name, what))
        self.told.unpark_all()

    async def agent_connected(self, agent_id: str, facts: AgentFacts) -> None:
        await self._note("connected", agent_id)

    async def agent_disconnected(self, agent_id: str) -> None:
        await self._note("disconnected", agent_id)

    async def heartbeat(self, agent_id: str, heartbeat: Heartbeat) -> None:
        await self._note("heartbeat", heartbeat)

    async def session_ended(self, session: Session, reason: CloseReason) -> None:
        await self._note("ended", (session.session_id, reason))

    async def command_logged(self, session: Session, command: CommandLogged) -> None:
        await self._note("logged", (session.session_id, command.line))

    def named(self, name: str) -> list[object]:
        return [what for called, what in self.calls if called == name]

    async def until(self, name: str, count: int = 1) -> list[object]:
        with trio.fail_after(5):
            while len(self.named(name)) < count:
                await self.told.park()
        return self.named(name)


class House:
    """The hub, its keys, its witness, and the nursery its agents live in."""

    def __init__(self, hub: Hub, keys: Keys, witness: Witness, nursery: trio.Nursery) -> None:
        self.hub = hub
        self.keys = keys
        self.witness = witness
        self.nursery = nursery

    async def connect(
        self, agent: AgentDouble | None = None, *, waits: bool = True
    ) -> tuple[AgentDouble, MemorySocket]:
        """An agent, connected; gives the agent's end of the socket."""
        agent = agent or AgentDouble(AGENT)
        if agent.agent_id not in self.keys.agents:
            self.keys.enrol(agent)
        ours, theirs = memory_pair()
        self.nursery.start_soon(lambda: self.hub.serve_agent(ours, credentials=self.keys))
        if waits:
            await self.nursery.start(agent.serve, theirs)
        else:
            self.nursery.start_soon(agent.serve, theirs)
        return agent, theirs

    async def raw_agent(self) -> MemorySocket:
        """A socket to the hub with nobody at our end."""
        ours, theirs = memory_pair()
        self.nursery.start_soon(lambda: self.hub.serve_agent(ours, credentials=self.keys))
        await trio.lowlevel.checkpoint()
        return theirs

    async def open(self, session_id: str = "s1", *, agent_id: str = AGENT, user_id: str = "u1") -> Session:
        return await self.hub.open_session(agent_id, opening(session_id, user_id=user_id))


def opening(session_id: str, *, user_id: str = "u1", **more) -> SessionOpening:
    return SessionOpening(
        session_id=session_id, tenant_id="acme", machine_id="m1", machine_name="web-1",
        user_id=user_id, username="ada", source="ui", **more,
    )  # fmt: skip


@asynccontextmanager
async def house(**settings) -> AsyncIterator[House]:
    """A running hub. On the way out it is shut down, and that must end by itself."""
    keys, witness = Keys(), Witness()
    hub = Hub(clock=FakeClock(), listener=witness, settings=HubSettings(**settings))
    with single_error():
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: hub.run(task_status=task_status))
            yield House(hub, keys, witness, nursery)
            if witness.gate is not None:
                witness.gate.set()
            await hub.shutdown()


class Screen:
    """What a viewer saw: joins output, keeps the rest. Consumes as it reads unless told not to."""

    def __init__(self, viewer: Viewer, *, consumes: bool = True) -> None:
        self.viewer = viewer
        self.consumes = consumes
        self.start = viewer.position
        self.seen = bytearray()
        self.gaps: list[Gap] = []
        self.links: list[bool] = []
        self.reason: CloseReason | None = None

    async def step(self, most: int = 1 << 16) -> None:
        match await self.viewer.receive(most):
            case Output() as output:
                self.seen += output.payload
                if self.consumes:
                    self.viewer.consumed(output.offset + len(output.payload))
            case Gap() as gap:
                self.gaps.append(gap)
            case LinkChanged() as changed:
                self.links.append(changed.is_up)
            case Ended() as ended:
                self.reason = ended.reason

    async def until(self, done) -> None:
        """Read until `done()`; five seconds of silence fail the test."""
        while not done():
            with trio.fail_after(5):
                await self.step()

    async def until_seen(self, count: int) -> bytes:
        await self.until(lambda: len(self.seen) >= count)
        return bytes(self.seen)

    async def until_ended(self) -> CloseReason:
        await self.until(lambda: self.reason is not None)
        assert self.reason is not None
        return self.reason
