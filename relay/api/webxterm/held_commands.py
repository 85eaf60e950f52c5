"""`/api/held-commands*`: commands that wait for somebody else's word."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import line, text
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, PageQuery, counts, moment, timestamp
from relay.domain.access import Permission
from relay.domain.approvals import MAX_REASON_CHARS
from relay.domain.held_commands import HeldCommand

Status = Annotated[str, line(0, 20)]


class HeldView(Struct, kw_only=True):
    """One held command. After `expires_at` nobody can approve it; `error` says why an approved one did not run."""

    id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    command: str
    command_id: str
    pattern: str
    group_id: str
    status: str
    created_at: str
    expires_at: str
    decided_by: str | None
    decided_by_username: str | None
    decided_at: str | None
    decision_note: str
    error: str | None


class HeldAnswer(Struct):
    """One held command."""

    held_command: HeldView


class HeldList(Counts, kw_only=True):
    """Held commands, the newest first."""

    held_commands: list[HeldView]


class HeldQuery(PageQuery, kw_only=True):
    """Which ones."""

    status: Status = ""


class HeldDecision(Struct, kw_only=True):
    """A word with the decision."""

    note: Annotated[str, text(0, MAX_REASON_CHARS)] = ""


def held_view(held: HeldCommand) -> HeldView:
    """One row."""
    return HeldView(
        id=held.id,
        agent_id=held.agent_id,
        machine_name=held.machine_name,
        user_id=held.user_id,
        username=held.username,
        command=held.command,
        command_id=held.command_id,
        pattern=held.pattern,
        group_id=held.group_id,
        status=str(held.status),
        created_at=timestamp(held.created_at),
        expires_at=timestamp(held.pending_until),
        decided_by=held.decided_by or None,
        decided_by_username=held.decided_by_username or None,
        decided_at=moment(held.decided_at),
        decision_note=held.decision_note,
        error=held.error or None,
    )


async def list_held_commands(call: Call[Nothing]) -> HeldList:
    query: HeldQuery = call.query
    page = await call.services.oversight.held_commands.list_visible(call.actor, query.wanted(), status=query.status)
    return HeldList(held_commands=[held_view(each) for each in page.items], **counts(page))


async def approve_held_command(call: Call[HeldDecision]) -> HeldAnswer:
    held_commands = call.services.oversight.held_commands
    return HeldAnswer(held_view(await held_commands.approve(call.actor, call.path["held_id"], note=call.body.note)))


async def deny_held_command(call: Call[HeldDecision]) -> HeldAnswer:
    held_commands = call.services.oversight.held_commands
    return HeldAnswer(held_view(await held_commands.deny(call.actor, call.path["held_id"], note=call.body.note)))


ROUTES = (
    Route("GET", "/api/held-commands", permission=Permission.VIEW_MACHINES, view=list_held_commands, query=HeldQuery,
          answer=HeldList, summary="Commands that wait for approval, or did"),
    Route("POST", "/api/held-commands/{held_id}/approve", permission=Permission.USE_MACHINES,
          view=approve_held_command, body=HeldDecision, answer=HeldAnswer, summary="Run a held command",
          refusals=(409, 503)),
    Route("POST", "/api/held-commands/{held_id}/deny", permission=Permission.USE_MACHINES, view=deny_held_command,
          body=HeldDecision, answer=HeldAnswer, summary="Never run a held command", refusals=(409,)),
)  # fmt: skip
