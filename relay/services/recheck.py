"""Takes back what runs by a right that is gone: shells and commands, within the moment the right was lost.

Called after every change that can take a right away. Each live shell's right is decided anew from the store, exactly
as when it was opened; who changed what does not matter here.
"""

from dataclasses import dataclass

from relay.domain.access import Access, Actor
from relay.services.live import Live, LiveCommand
from relay.services.rights import Rights
from relay.services.standing import Standing
from relay.terminal.ending import ACCESS_LOST, NOT_PROVEN, TERMINATED
from relay.terminal.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why something live must end: the close code and what its person is told."""

    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRecheck:
    """Decides on everything live of one organization, and ends what lost its right."""

    live: Live
    rights: Rights
    standing: Standing
    hub: Hub

    async def __call__(self, tenant_id: str) -> None:
        """Look at all of an organization's shells and commands."""
        sessions, commands = self.live.of_tenant(tenant_id)
        for session in sessions:
            await self.session(session.row.id)
        for command in commands:
            await self.command(command)

    async def session(self, session_id: str) -> None:
        """Look at one shell."""
        live = self.live.sessions.get(session_id)
        if live is None:
            return
        verdict = await self._judge(live.actor, live.row.machine_id, live.access)
        found = self.hub.find_session(session_id)
        if verdict is not None and found is not None:
            found.close(verdict.text, verdict.code)

    async def command(self, command: LiveCommand) -> None:
        """Look at one command."""
        if await self._judge(command.actor, command.machine_id, command.access) is not None:
            command.scope.cancel()

    async def _judge(self, actor: Actor, machine_id: str, had: Access) -> Verdict | None:
        account = await self.standing.holds(actor)
        if account is None:
            return Verdict(code=NOT_PROVEN, text="login ended")
        machine = await self.rights.find_machine(machine_id)
        if machine is None:
            return Verdict(code=TERMINATED, text="machine deleted")
        now = await self.rights.find(account, machine)
        if now is None:
            return Verdict(code=ACCESS_LOST, text="access revoked")
        if had.sudo and not now.sudo:
            return Verdict(code=ACCESS_LOST, text="sudo access revoked")
        return None
