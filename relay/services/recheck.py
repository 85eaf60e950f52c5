"""Takes back what runs by a right that is gone: shells and commands, within the moment the right was lost.

Called after every change that can take a right away. Each live shell's right is decided anew from the store, exactly
as when it was opened; who changed what does not matter here.
"""

from dataclasses import dataclass, field, replace

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
class _Case:
    """What a verdict depends on. Shells of one login on one machine with the same right are one case, judged once."""

    actor: Actor = field(compare=False)
    login_id: str
    user_id: str
    machine_id: str
    had_sudo: bool


def _case(actor: Actor, machine_id: str, had: Access) -> _Case:
    return _Case(actor=actor, login_id=actor.login_id, user_id=actor.user_id, machine_id=machine_id, had_sudo=had.sudo)


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
        known: dict[_Case, Verdict | Access] = {}
        for session in sessions:
            case = _case(session.actor, session.row.machine_id, session.access)
            if case not in known:
                known[case] = await self._judge(case)
            self._settle(session.row.id, known[case])
        for command in commands:
            await self.command(command)

    async def session(self, session_id: str) -> None:
        """Look at one shell."""
        live = self.live.sessions.get(session_id)
        if live is not None:
            self._settle(session_id, await self._judge(_case(live.actor, live.row.machine_id, live.access)))

    async def command(self, command: LiveCommand) -> None:
        """Look at one command."""
        found = await self._judge(_case(command.actor, command.machine_id, command.access))
        if isinstance(found, Verdict):
            command.scope.cancel()
        else:
            command.access = _goes_on_by(found, command.access)

    def _settle(self, session_id: str, found: Verdict | Access) -> None:
        live, session = self.live.sessions.get(session_id), self.hub.find_session(session_id)
        if isinstance(found, Verdict):
            if session is not None:
                session.close(found.text, found.code)
        elif live is not None:
            self.live.sessions[session_id] = replace(live, access=_goes_on_by(found, live.access))

    async def _judge(self, case: _Case) -> Verdict | Access:
        """Why it must end, or the right by which it goes on."""
        actor = await self.standing.holds(case.actor)
        if actor is None:
            return Verdict(code=NOT_PROVEN, text="login ended")
        machine = await self.rights.find_machine(case.machine_id)
        if machine is None:
            return Verdict(code=TERMINATED, text="machine deleted")
        now = await self.rights.find(actor, machine)
        if now is None:
            return Verdict(code=ACCESS_LOST, text="access revoked")
        if case.had_sudo and not now.sudo:
            return Verdict(code=ACCESS_LOST, text="sudo access revoked")
        return now


def _goes_on_by(now: Access, had: Access) -> Access:
    """The right that is watched from here on: today's, with no more sudo than it was opened with."""
    return replace(now, sudo=had.sudo, machine_role=had.machine_role)
