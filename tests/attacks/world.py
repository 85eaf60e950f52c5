"""What most attacks begin with: an organization, its administrator, a machine whose agent is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.webxterm.house import Client, Relay


@asynccontextmanager
async def machine_with_shell(here: Relay, admin: str = "ada") -> AsyncIterator[tuple[Client, str]]:
    """The administrator and the machine's agent id."""
    ada = await here.organization(admin, "Acme")
    async with here.agent(ada, "web-1") as agent:
        yield ada, agent.agent_id


async def audited(auditor: Client, action: str) -> list[dict[str, Any]]:
    """What an auditor finds of that action, newest first."""
    return (await auditor.get("/api/audit", action=action, limit=200)).body["logs"]
