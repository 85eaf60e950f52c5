"""The real server, the real doors and a real hub, around services that know two people and let them in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import trio

from relay.api.draining import CloseWhenDraining
from relay.api.exchange import Door
from relay.api.limits import RateLimiter
from relay.api.metrics import Metrics
from relay.api.server import Server, listen_on
from relay.api.sockets import Sockets
from relay.clock import FakeClock
from relay.config import Config
from relay.domain.access import Role
from relay.domain.errors import Forbidden, NotFound, Refusal, Unauthenticated
from relay.ids import FakeIds
from relay.services.terminals import Opened
from relay.terminal.hub import Hub
from relay.terminal.settings import HubSettings
from tests.agent_double import AgentDouble
from tests.errors import single_error
from tests.terminal.house import AGENT, Keys, Witness, opening
from tests.terminal_driver import WireSocket, connected_agent


@dataclass(frozen=True)
class Person:
    username: str
    role: Role


class Auth:
    """Knows two tokens."""

    async def authenticate(self, token: str, **facts: str) -> Person:
        if token not in {"ada-token", "bob-token"}:
            raise Unauthenticated("Invalid or expired token")
        return Person(token.removesuffix("-token"), Role.USER)


class Terminals:
    """Lets everybody in but bob; `refuses` is raised instead, when it is set."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.refuses: Refusal | Exception | None = None
        self.asked: list[dict[str, object]] = []

    async def open(self, actor: Person, agent_id: str, *, session_id: str, resume: bool, **asked) -> Opened:
        self.asked.append(asked)
        if self.refuses is not None:
            raise self.refuses
        if actor.username == "bob":
            raise Forbidden("Not authorized")
        if agent_id != AGENT:
            raise NotFound("Machine not found")
        found = self.hub.find_session(session_id)
        if resume and found is not None:
            return Opened(session=found, machine=None, resumed=True)
        wanted = opening(session_id or "made-up", cols=asked["cols"], rows=asked["rows"])
        session = await self.hub.open_session(agent_id, replace(wanted, source=asked["source"] or "ui"))
        return Opened(session=session, machine=None, resumed=False)


async def nothing_here(scope, receive, send) -> None:
    """The application behind the doors: there is none."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@dataclass
class Doors:
    """What a test holds in its hands."""

    url: str
    hub: Hub
    keys: Keys
    witness: Witness
    terminals: Terminals
    server: Server
    draining: trio.Event

    @asynccontextmanager
    async def agent(self, agent: AgentDouble | None = None) -> AsyncIterator[AgentDouble]:
        """An agent over a real wire."""
        agent = agent or AgentDouble(AGENT)
        async with self.wire(agent):
            yield agent

    @asynccontextmanager
    async def wire(self, agent: AgentDouble) -> AsyncIterator[WireSocket]:
        """The same, giving its socket."""
        self.keys.enrol(agent)
        async with connected_agent(self.url, agent) as wire:
            yield wire


@asynccontextmanager
async def doors(*, config: Config | None = None, **settings) -> AsyncIterator[Doors]:
    """A server on a port of the system's choosing."""
    keys, witness, clock = Keys(), Witness(), FakeClock()
    hub = Hub(clock=clock, listener=witness, settings=HubSettings(**settings))
    terminals = Terminals(hub)
    services = SimpleNamespace(auth=Auth(), terminals=terminals, hub=hub, credentials=keys)
    sockets = listen_on("127.0.0.1", 0)
    address = f"127.0.0.1:{sockets[0].getsockname()[1]}"
    door = Door(
        config=config or Config(), clock=clock, ids=FakeIds(), services=services, metrics=Metrics(),
        limiter=RateLimiter(clock), address=address,
    )  # fmt: skip
    draining = trio.Event()
    server = Server(CloseWhenDraining(Sockets(nothing_here, door), draining))
    with single_error():
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: hub.run(task_status=task_status))
            nursery.start_soon(lambda: server.run(sockets, draining=draining, drain_s=2))
            yield Doors(f"http://{address}", hub, keys, witness, terminals, server, draining)
            draining.set()
            await hub.shutdown()
    for each in sockets:
        each.close()
