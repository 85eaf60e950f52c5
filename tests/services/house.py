"""The services over real devices: a store in memory that fails queries without an index, the real hub, cheap hashes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import trio
from argon2 import PasswordHasher
from trio.testing import wait_all_tasks_blocked

from protocol.handshake import encode_bytes
from relay.clock import FakeClock
from relay.config import Config
from relay.domain.access import Actor
from relay.domain.accounts import Role
from relay.ids import FakeIds
from relay.services.accounts import NewUser
from relay.services.agent_facts import Enrolment
from relay.services.all import Services, build
from relay.services.devices import Devices
from relay.services.fleet import Fleet
from relay.services.live import Live
from relay.services.login_outcomes import LoggedIn
from relay.services.machines import NewMachine
from relay.services.ports import Caller
from relay.store.chained import Chains
from relay.store.collections import SCHEMA
from relay.store.interface import Database, Document
from relay.store.sqlite import open_memory
from relay.store.uploads import UploadFolder
from relay.store.writer import GroupWriter
from relay.terminal.hub import Hub
from relay.terminal.pair import MemorySocket, memory_pair
from relay.vault.audit_key import AuditKey
from relay.vault.checkpoint_file import CheckpointFile
from relay.vault.keys import Keys
from relay.vault.passwords import Passwords
from relay.vault.seal import Sealer
from relay.vault.tokens import Tokens
from tests.agent_double import AgentDouble

CALLER = Caller(ip_address="203.0.113.9", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
PASSWORD = "correct horse"


@dataclass
class Place:
    """An enrolled machine and the agent that serves it."""

    machine_id: str
    agent_id: str
    agent: AgentDouble
    socket: MemorySocket | None = None


@dataclass
class House:
    """Services, what they stand on, and shorthands."""

    services: Services
    database: Database
    hub: Hub
    live: Live
    clock: FakeClock
    nursery: trio.Nursery
    places: dict[str, Place] = field(default_factory=dict)

    async def signup(self, name: str = "ada", organization: str = "Acme") -> Actor:
        """A new organization; its administrator, logged in."""
        new = NewUser(
            username=name, email=f"{name}@example.org", password=PASSWORD, first_name=name, last_name="Example"
        )
        await self.services.accounts.signup(CALLER, new, organization_name=organization, company_name=organization)
        return await self.login(name)

    async def add_user(self, admin: Actor, name: str, *, role: str = "user", machine_role: str = "") -> Actor:
        """Another person of the organization, logged in."""
        new = NewUser(
            username=name,
            email=f"{name}@example.org",
            password=PASSWORD,
            first_name=name,
            last_name="Example",
            machine_role=machine_role,
        )
        await self.services.users.create(admin, new, role=role)
        return await self.login(name)

    async def super_admin(self, name: str = "root") -> Actor:
        """The platform's administrator, logged in."""
        await self.services.accounts.create_super_admin(username=name, email=f"{name}@example.org", password=PASSWORD)
        actor = await self.login(name)
        assert actor.role is Role.SUPER_ADMIN
        return actor

    async def token(self, name: str) -> LoggedIn:
        """A finished login."""
        found = await self.services.login.login(CALLER, name=name, password=PASSWORD)
        assert isinstance(found, LoggedIn)
        return found

    async def login(self, name: str) -> Actor:
        """The actor of a fresh login."""
        found = await self.token(name)
        return await self.services.auth.authenticate(
            found.token, ip_address=CALLER.ip_address, user_agent=CALLER.user_agent
        )

    async def machine(self, admin: Actor, name: str = "web-1", *, sudo: bool = True, connected: bool = True) -> Place:
        """An enrolled machine; its agent is connected unless told not to be."""
        created = await self.services.machines.create(
            admin, NewMachine(name=name, tenant_id=admin.tenant_id if not admin.is_super_admin else "acme")
        )
        agent = AgentDouble(created.machine.agent_id)
        await self.services.enrolment.register(
            CALLER,
            Enrolment(
                token=created.registration_token,
                public_key=encode_bytes(agent.public_key),
                allow_sudo=sudo,
                hostname=name,
            ),
        )
        place = Place(machine_id=created.machine.id, agent_id=created.machine.agent_id, agent=agent)
        self.places[name] = place
        if connected:
            await self.connect(place)
        return place

    async def connect(self, place: Place) -> None:
        """The machine's agent dials in, and its first heartbeat is recorded."""
        ours, theirs = memory_pair()
        place.socket = theirs
        self.nursery.start_soon(lambda: self.hub.serve_agent(ours, credentials=self.services.credentials))
        await self.nursery.start(place.agent.serve, theirs)
        await self.until(lambda: self.heard(place))

    async def heard(self, place: Place) -> bool:
        """Whether the relay has the agent's figures."""
        found = await self.database.collection("machines").find_one({"_id": place.machine_id})
        return found is not None and found["last_heartbeat"] is not None

    async def rows(self, collection: str, **where: object) -> list[Document]:
        """Documents of one collection; `tenant_id` is any unless said."""
        return await self.database.collection(collection).find({"tenant_id": {"$gte": ""}, **where})

    async def audited(self, action: str) -> list[Document]:
        """Audit entries of one action."""
        return await self.rows("audit", action=action)

    async def until(self, holds) -> None:
        """Wait for a condition the relay's own tasks bring about; fifteen seconds fail the test.

        It looks again when every task waits: looking all the time would keep the interpreter from the store's threads.
        """
        with trio.fail_after(15):
            while not await holds():
                await wait_all_tasks_blocked(0.002)


@asynccontextmanager
async def house(folder: Path, **settings) -> AsyncIterator[House]:
    """Services that run. On the way out everything ends by itself."""
    clock, ids = FakeClock(), FakeIds()
    database = await open_memory(SCHEMA, strict_indexes=True)
    keys = Keys(folder)
    chains = Chains(database)
    writer = GroupWriter(database, chains)
    config = replace(Config(), **settings)
    live = Live()
    fleet = Fleet(database=database, writer=writer, live=live, clock=clock, ids=ids, verify=keys.verify)
    hub = Hub(clock=clock, listener=fleet)
    async with trio.open_nursery() as writing:
        await writing.start(writer.run)
        async with trio.open_nursery() as nursery:
            devices = Devices(
                database=database,
                writer=writer,
                chains=chains,
                hub=hub,
                fleet=fleet,
                live=live,
                audit_key=AuditKey(folder),
                checkpoint_file=CheckpointFile(folder),
                passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
                tokens=Tokens(keys.jwt, clock=clock, ids=ids),
                sealer=Sealer(keys.seal),
                identity=keys,
                background=nursery.start_soon,
                uploads=UploadFolder(folder / "uploads"),
                clock=clock,
                ids=ids,
            )
            await nursery.start(lambda task_status: hub.run(task_status=task_status))
            yield House(build(devices, config), database, hub, live, clock, nursery)
            await hub.shutdown()
        await writer.stop()
    await database.close()
