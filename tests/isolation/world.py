"""The organization Acme, which the rows are about, and what several nouns' rows need in it, made afresh each time."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from tests.isolation.people import everybody
from tests.webxterm.house import Client, Relay

MARK = "acme"
"""Stands in every name of the organization that others must not see."""


@dataclass
class World:
    """Two organizations and the platform; makes what a row needs afresh for each request."""

    relay: Relay
    people: dict[str, Client]
    made: int = 0
    online_agent_id: str = ""

    @property
    def admin(self) -> Client:
        return self.people["admin"]

    @property
    def granted_id(self) -> str:
        return self.people["granted"].actor.user_id

    def number(self) -> int:
        self.made += 1
        return self.made

    async def grant(self, agent_id: str) -> None:
        """What makes `granted` what it is."""
        await self.relay.services.access.grant(self.admin.actor, agent_id, user_id=self.granted_id)

    async def machine(self) -> dict[str, str]:
        """A machine of Acme, with a grant for `granted`."""
        machine = (await self.relay.machine(self.admin, f"{MARK}-machine-{self.number()}")).machine
        await self.grant(machine.agent_id)
        return {"agent_id": machine.agent_id, "machine_id": machine.id}

    async def online_machine(self) -> dict[str, str]:
        """The one machine of Acme whose agent is there."""
        return {"agent_id": self.online_agent_id}

    async def group(self) -> dict[str, str]:
        """A group of Acme with one member and one machine."""
        machine = await self.machine()
        answer = await self.admin.post(
            "/api/groups",
            {
                "name": f"{MARK}-group-{self.number()}",
                "member_ids": [self.admin.actor.user_id],
                "machine_ids": [machine["agent_id"]],
            },
        )
        return {"group_id": answer.body["group"]["id"], "machine_id": machine["agent_id"]}

    async def session(self) -> dict[str, str]:
        """An open session of Acme's administrator on a machine."""
        machine = await self.machine()
        session_id = f"session-{self.number()}"
        await self.insert(
            "sessions",
            {
                "_id": session_id, "machine_id": machine["machine_id"], "agent_id": machine["agent_id"],
                "machine_name": f"{MARK}-machine", "user_id": self.admin.actor.user_id, "username": "acme-admin",
                "login_tenant_id": "acme", "source": "ui", "status": "active", "started_at": self.relay.clock.now(),
            },
        )  # fmt: skip
        return {"session_id": session_id}

    async def command(self) -> dict[str, str]:
        """What came of a command of Acme's administrator on a machine."""
        machine = await self.machine()
        command_id, now = f"{self.number():024x}", self.relay.clock.now()
        await self.insert(
            "command_results",
            {
                "_id": command_id, "machine_id": machine["machine_id"], "user_id": self.admin.actor.user_id,
                "command": f"{MARK}-command", "exit_code": 0, "success": True, "stdout": MARK, "stderr": "",
                "truncated": False, "duration_ms": 1, "error": None, "created_at": now,
                "expires_at": now + timedelta(hours=1),
            },
        )  # fmt: skip
        return {**machine, "command_id": command_id}

    async def person(self) -> dict[str, str]:
        """Acme's administrator."""
        return {"user_id": self.admin.actor.user_id}

    async def insert(self, collection: str, document: dict) -> None:
        """A document of Acme, past the services: for what only a machine or time brings about."""
        await self.relay.services.database.collection(collection).insert_one({"tenant_id": "acme", **document})

    @asynccontextmanager
    async def closed(self):
        """Acme is disabled for the length of the block."""
        await self._open(False)
        yield
        await self._open(True)

    async def _open(self, is_open: bool) -> None:
        organizations = self.relay.services.database.collection("organizations")
        await organizations.update_one({"name": "acme"}, {"$set": {"enabled": is_open}})


@asynccontextmanager
async def world_of(home: Relay):
    """Everybody, and a machine that is online."""
    world = World(home, await everybody(home))
    async with home.agent(world.admin, f"{MARK}-online") as agent:
        world.online_agent_id = agent.agent_id
        await world.grant(agent.agent_id)
        yield world
