"""The real server and the real frame around a handful of routes, with services that know two tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import h11
import trio
from msgspec import Struct

from relay.api.app import create_app
from relay.api.cure import AnswerAfterBody
from relay.api.draining import CloseWhenDraining
from relay.api.exchange import Door
from relay.api.fields import line
from relay.api.limits import LOGIN_LIMITS, SIGNUP_LIMITS, RateLimiter
from relay.api.metrics import Metrics
from relay.api.routing import Call, Reply, Route
from relay.api.server import Server, listen_on
from relay.clock import FakeClock
from relay.config import Config
from relay.domain.access import Permission, Role
from relay.domain.errors import Conflict, Unauthenticated
from relay.ids import FakeIds
from relay.store.errors import StoreFull


@dataclass(frozen=True)
class Person:
    """As much of an actor as the frame looks at."""

    username: str
    role: Role
    by_key: bool = False


class TwoTokens:
    """`services.auth` that knows `admin` and `user`."""

    async def authenticate(self, token: str, **facts: str) -> Person:
        known = {"admin": Role.COMPANY_ADMIN, "user": Role.USER}
        if token not in known:
            raise Unauthenticated("Invalid or expired token")
        return Person(token, known[token])


class NoDenials:
    """`services.denials` that keeps nothing."""

    async def record(self, actor: Person, **refused: str) -> None:
        """Nobody audits here."""


class FakeServices:
    """What the frame reaches for."""

    auth = TwoTokens()
    denials = NoDenials()


class Thing(Struct):
    """A body and an answer."""

    name: Annotated[str, line(1, 20)]
    email: str = ""


class Search(Struct):
    """A query."""

    limit: int = 10


async def make(call: Call[Thing]) -> Thing:
    if call.body.name == "taken":
        raise Conflict("Thing already exists")
    return call.body


async def show(call: Call[Any]) -> dict[str, Any]:
    return {"id": call.path["thing_id"], "limit": call.query.limit, "who": call.actor.username}


async def facts(call: Call[Any]) -> dict[str, str]:
    return {"ip": call.facts.ip_address, "base_url": call.facts.base_url, "agent": call.facts.user_agent}


async def defect(call: Call[Any]) -> None:
    raise ZeroDivisionError("secret detail")


async def full(call: Call[Any]) -> None:
    raise StoreFull("database or disk is full")


async def plain(call: Call[Any]) -> Reply:
    return Reply(content=b"text", media_type="text/plain", headers={"x-own": "1"}, status=203)


async def login(call: Call[Thing]) -> Thing:
    if call.body.name != "right":
        raise Unauthenticated("Invalid credentials")
    return call.body


ROUTES = (
    Route("POST", "/api/things", permission=Permission.MANAGE_MACHINES, view=make, body=Thing, answer=Thing,
          status=201, summary="Make"),
    Route("GET", "/api/things/{thing_id}", permission=Permission.AUTHENTICATED, view=show, query=Search,
          summary="Show"),
    Route("GET", "/api/facts", permission=Permission.PUBLIC, view=facts, summary="Facts"),
    Route("GET", "/api/defect", permission=Permission.PUBLIC, view=defect, summary="Defect"),
    Route("GET", "/api/full", permission=Permission.PUBLIC, view=full, summary="Full"),
    Route("GET", "/api/plain", permission=Permission.PUBLIC, view=plain, summary="Plain"),
    Route("POST", "/api/echo", permission=Permission.PUBLIC, view=make, body=Thing, answer=Thing, summary="Echo"),
    Route("POST", "/api/login", permission=Permission.PUBLIC, view=login, body=Thing, limits=LOGIN_LIMITS,
          summary="Log in"),
    Route("POST", "/api/signup", permission=Permission.PUBLIC, view=make, body=Thing, limits=SIGNUP_LIMITS,
          summary="Sign up"),
)  # fmt: skip


@dataclass
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Client:
    """An HTTP/1.1 client on one connection that lets a test decide when each byte leaves."""

    stream: trio.SocketStream
    connection: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))

    async def send_head(self, method: str, path: str, **headers: str) -> None:
        names = {"host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        head = h11.Request(method=method, target=path, headers=list(names.items()))
        await self.stream.send_all(self.connection.send(head))

    async def send_body(self, body: bytes = b"") -> None:
        if body:
            await self.stream.send_all(self.connection.send(h11.Data(data=body)))
        await self.stream.send_all(self.connection.send(h11.EndOfMessage()) or b"")

    async def read(self) -> Answer:
        """The next answer; the connection is ready for another request when both sides allow it."""
        answer, body = None, bytearray()
        while True:
            event = self.connection.next_event()
            if event is h11.NEED_DATA:
                self.connection.receive_data(await self.stream.receive_some())
            elif isinstance(event, h11.Response):
                answer = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                raise AssertionError(f"unexpected {event!r}")
        assert answer is not None
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Answer(answer.status_code, headers, bytes(body))

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request, whole."""
        if body:
            headers["content_length"] = str(len(body))
        await self.send_head(method, path, **headers)
        await self.send_body(body)
        answer = await self.read()
        if self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE:
            self.connection.start_next_cycle()
        return answer


@dataclass
class Small:
    """A running door."""

    port: int
    clock: FakeClock
    door: Door
    draining: trio.Event
    server: Server

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Client]:
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        async with stream:
            yield Client(stream)

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request on a connection of its own."""
        async with self.connect() as client:
            return await client.ask(method, path, body, **headers)


@asynccontextmanager
async def small_door(
    config: Config | None = None, routes: Sequence[Route] = ROUTES, metrics: Metrics | None = None
) -> AsyncIterator[Small]:
    """Serve `routes` on a port of the system's choosing until the block ends."""
    clock = FakeClock()
    sockets = listen_on("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    door = Door(config=config or Config(), clock=clock, ids=FakeIds(), services=FakeServices(),
                metrics=metrics or Metrics(), limiter=RateLimiter(clock), address=f"127.0.0.1:{port}")  # fmt: skip
    draining = trio.Event()
    server = Server(CloseWhenDraining(AnswerAfterBody(create_app(door, routes)), draining))
    async with trio.open_nursery() as nursery:
        with trio.fail_after(20):
            nursery.start_soon(lambda: server.run(sockets, draining=draining, drain_s=5))
            yield Small(port, clock, door, draining, server)
            draining.set()
