"""A relay that runs: the real server on a port of the system's choosing, a store in memory, and clients that ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import httpx2
import trio
from argon2 import PasswordHasher

from protocol.handshake import encode_bytes
from relay.app import DATABASE_NAME, Running, serve
from relay.clock import FakeClock
from relay.config import Config
from relay.domain.access import Actor
from relay.ids import FakeIds
from relay.services.accounts import NewUser
from relay.services.all import Services
from relay.services.login_outcomes import LoggedIn
from relay.services.machines import Created, NewMachine
from relay.services.ports import Caller
from relay.store.collections import SCHEMA
from relay.store.sqlite import open_memory, open_sqlite
from relay.vault.passwords import Passwords
from tests.agent_double import AgentDouble
from tests.errors import single_error
from tests.post_office import PostOffice
from tests.terminal_driver import connected_agent

EVER = datetime(1970, 1, 1, tzinfo=UTC)
PASSWORD = "correct horse"
CALLER = Caller(ip_address="203.0.113.9", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    text: str
    headers: httpx2.Headers

    @property
    def error(self) -> str | None:
        """The refusal's sentence."""
        return self.body.get("error") if isinstance(self.body, dict) else None


@dataclass
class Client:
    """Somebody who asks; without a token, anybody."""

    http: httpx2.AsyncClient
    token: str = ""
    actor: Actor | None = None
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """One request; remembers method, path and status."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        response = await self.http.request(method, path, json=body, params=query or None, headers=headers)
        self.asked.append((method, path, response.status_code))
        is_json = response.content and response.headers.get("content-type", "").startswith("application/json")
        return Answer(response.status_code, response.json() if is_json else None, response.text, response.headers)

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.ask("POST", path, {} if body is None else body)

    async def put(self, path: str, body: Any) -> Answer:
        return await self.ask("PUT", path, body)

    async def delete(self, path: str, body: Any = None, **query: Any) -> Answer:
        return await self.ask("DELETE", path, body, **query)


@dataclass
class Relay:
    """The relay, the people of a test, and shorthands that do not go over HTTP."""

    running: Running
    clock: FakeClock
    http: httpx2.AsyncClient
    nursery: trio.Nursery

    @property
    def services(self) -> Services:
        return self.running.services

    @property
    def anybody(self) -> Client:
        """Without a token."""
        return Client(self.http)

    async def client(self, name: str) -> Client:
        """Somebody, freshly logged in."""
        found = await self.services.login.login(CALLER, name=name, password=PASSWORD)
        assert isinstance(found, LoggedIn)
        return Client(self.http, found.token, await self.services.auth.authenticate(found.token))

    async def organization(self, admin: str, name: str) -> Client:
        """A new organization's administrator."""
        await self.services.accounts.signup(CALLER, person(admin), organization_name=name, company_name=name)
        return await self.client(admin)

    async def user(self, admin: Client, name: str, **more: Any) -> Client:
        """Another person of an organization."""
        assert admin.actor is not None
        await self.services.users.create(admin.actor, person(name), **more)
        return await self.client(name)

    async def super_admin(self) -> Client:
        """Above all organizations."""
        await self.services.accounts.create_super_admin(username="root", email="root@example.org", password=PASSWORD)
        return await self.client("root")

    async def carried(self) -> None:
        """Every letter posted so far has reached the mail server."""
        await self.until(lambda: self._outbox_empty())

    async def _outbox_empty(self) -> bool:
        return await self.services.database.collection("outbox").find_one({"next_try_at": {"$gte": EVER}}) is None

    async def machine(self, admin: Client, name: str = "web-1") -> Created:
        """A pending machine."""
        assert admin.actor is not None
        return await self.services.machines.create(admin.actor, NewMachine(name=name))

    @asynccontextmanager
    async def agent(self, admin: Client, name: str = "web-1", **more: Any) -> AsyncIterator[AgentDouble]:
        """An enrolled machine whose agent is connected over a real socket."""
        created = await self.machine(admin, name)
        agent = AgentDouble(created.machine.agent_id)
        answer = await self.anybody.post(
            "/api/agent/register", {"token": created.registration_token, "public_key": encoded(agent), **more}
        )
        assert answer.status == 200, answer.text
        async with connected_agent(self.running.url, agent):
            await self.until(lambda: self._is_online(admin, agent.agent_id))
            yield agent

    async def _is_online(self, admin: Client, agent_id: str) -> bool:
        answer = await admin.get(f"/api/machines/{agent_id}")
        return answer.body["machine"]["cpu_percent"] is not None

    async def until(self, holds) -> None:
        """Wait for what the relay's own tasks bring about; ten seconds fail the test."""
        with trio.fail_after(10):
            while not await holds():
                await trio.lowlevel.checkpoint()


def person(name: str) -> NewUser:
    """Somebody of that name."""
    return NewUser(
        username=name, email=f"{name}@example.org", password=PASSWORD, first_name=name.title(), last_name="Example"
    )


def encoded(agent: AgentDouble) -> str:
    """The agent's public key as it enrols with it."""
    return encode_bytes(agent.public_key)


def cheap_passwords() -> Passwords:
    """The real thing, with the smallest cost: tests log in by the hundred."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def mail_settings(office: PostOffice) -> dict[str, Any]:
    """Settings of a relay that hands its mail in there."""
    return {
        "smtp_host": "localhost",
        "smtp_port": office.port,
        "smtp_from": "Fairlead <fairlead@relay.example>",
        "smtp_tls": "none",
        "public_url": "https://relay.example",
    }


@asynccontextmanager
async def relay(folder: Path, *, on_disk: bool = False, first_id: int = 0, **settings: Any) -> AsyncIterator[Relay]:
    """A running relay; it must end in good order by itself. `on_disk`: with its database where a real one has it.

    Started again on the same disk, it counts its ids on from `first_id`.
    """
    clock = FakeClock()
    path = folder / DATABASE_NAME
    database = await (
        open_sqlite(path, SCHEMA, strict_indexes=True) if on_disk else open_memory(SCHEMA, strict_indexes=True)
    )
    config = replace(Config(), listen="127.0.0.1:0", data=folder, **settings)
    with single_error(), mock.patch("relay.app.Passwords", cheap_passwords):
        async with trio.open_nursery() as nursery:
            running: Running = await nursery.start(
                lambda task_status: serve(
                    config, clock=clock, ids=FakeIds(first_id), database=database, task_status=task_status
                )
            )
            async with httpx2.AsyncClient(base_url=running.url, timeout=20) as http:
                yield Relay(running, clock, http, nursery)
            running.draining.set()
