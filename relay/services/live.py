"""What runs right now by somebody's right: open shells and commands, in memory, and when that right must be looked at.

The hub holds the shells themselves; this holds who opened them and why they might.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import trio

from relay.domain.access import Access, Actor
from relay.domain.terminals import TerminalSession


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """An open shell: its row as first written, and whose right it runs by."""

    row: TerminalSession
    actor: Actor
    access: Access


@dataclass(slots=True, kw_only=True)
class LiveCommand:
    """A running command; cancelling its scope ends it on the machine, and `ended_why` is what its person is told."""

    command_id: str
    machine_id: str
    tenant_id: str
    actor: Actor
    access: Access
    scope: trio.CancelScope
    ended_why: str = "Access was revoked while the command ran"


@dataclass(slots=True, kw_only=True)
class Live:
    """The two registers, keyed by session and command id."""

    sessions: dict[str, LiveSession] = field(default_factory=dict)
    commands: dict[str, LiveCommand] = field(default_factory=dict)

    def of_tenant(self, tenant_id: str) -> tuple[list[LiveSession], list[LiveCommand]]:
        """What runs on that organization's machines, or by the right of its people."""
        sessions = [each for each in self.sessions.values() if tenant_id in (each.row.tenant_id, each.actor.tenant_id)]
        commands = [each for each in self.commands.values() if tenant_id in (each.tenant_id, each.actor.tenant_id)]
        return sessions, commands

    def ending_by(self, now: datetime) -> Iterable[str]:
        """The organizations where a grant that keeps a shell or command alive has ended."""
        everything: list[LiveSession | LiveCommand] = [*self.sessions.values(), *self.commands.values()]
        for each in everything:
            grant = each.access.grant
            if grant is not None and not grant.is_valid(now):
                yield grant.tenant_id
