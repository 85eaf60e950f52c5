"""`/api/machines/:agent_id/command*`: one command sent to a machine, and what came of it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from relay.api.fields import object_id, verbatim
from relay.api.routing import Call, Nothing, Reply, Route
from relay.domain.access import Permission
from relay.domain.commands import DEFAULT_TIMEOUT_S, MAX_COMMAND_CHARS, MAX_TIMEOUT_S
from relay.domain.held_commands import HeldCommand
from relay.services.commands import Sent


class RunCommandBody(Struct, kw_only=True):
    """One command line for `sh -c`; with `wait` the answer holds what came of it."""

    command: Annotated[str, verbatim(0, MAX_COMMAND_CHARS, told=r"^[^\x00]*[^\s\x00][^\x00]*$")]
    wait: bool = False
    timeout: Annotated[int, Meta(ge=1, le=MAX_TIMEOUT_S)] = DEFAULT_TIMEOUT_S


class CommandAnswer(Struct, kw_only=True, omit_defaults=True):
    """The command is on its way; the rest is there when it was waited for."""

    message: str
    command: str
    command_id: str
    status: str
    held_id: str | UnsetType = UNSET
    exit_code: int | UnsetType | None = UNSET
    stdout: str | UnsetType = UNSET
    stderr: str | UnsetType = UNSET
    truncated: bool | UnsetType = UNSET
    duration_ms: int | UnsetType = UNSET
    success: bool | UnsetType = UNSET


class CommandResultAnswer(Struct, kw_only=True):
    """What came of a command. While it runs (`status`), everything else is null or empty."""

    command_id: str
    status: str
    command: str | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    duration_ms: int | None = None
    success: bool | None = None
    error: str | None = None


async def run_command(call: Call[RunCommandBody]) -> CommandAnswer | Reply:
    body = call.body
    sent = await call.services.commands.send(
        call.actor, call.path["agent_id"], body.command, timeout_s=body.timeout, wait=body.wait
    )
    if isinstance(sent, HeldCommand):
        return Reply(content=_held(sent), status=202)
    return _finished(sent) if body.wait else _sent(sent)


async def get_result(call: Call[Nothing]) -> CommandResultAnswer:
    command_id = object_id(call.path["command_id"], "command")
    found = await call.services.commands.results.get(call.actor, call.path["agent_id"], command_id)
    if found is None:
        return CommandResultAnswer(command_id=command_id, status="running")
    return CommandResultAnswer(
        command_id=command_id,
        status="done",
        command=found.command,
        exit_code=found.exit_code,
        stdout=found.stdout,
        stderr=found.stderr,
        truncated=found.truncated,
        duration_ms=found.duration_ms,
        success=found.success,
        error=found.error,
    )


def _sent(sent: Sent) -> CommandAnswer:
    return CommandAnswer(message="Command sent", command=sent.command, command_id=sent.command_id, status="sent")


def _held(held: HeldCommand) -> CommandAnswer:
    return CommandAnswer(
        message="Command held for approval",
        command=held.command,
        command_id=held.command_id,
        status="held",
        held_id=held.id,
    )


def _finished(sent: Sent) -> CommandAnswer:
    outcome = sent.outcome
    assert outcome is not None, "a command that was waited for has an outcome or was refused"
    return CommandAnswer(
        message="Command finished",
        command=sent.command,
        command_id=sent.command_id,
        status="finished",
        exit_code=outcome.exit_code,
        stdout=outcome.stdout.decode("utf-8", "replace"),
        stderr=outcome.stderr.decode("utf-8", "replace"),
        truncated=outcome.truncated,
        duration_ms=outcome.duration_ms,
        success=outcome.exit_code == 0,
    )


ROUTES = (
    Route("POST", "/api/machines/{agent_id}/command", permission=Permission.USE_MACHINES, view=run_command,
          body=RunCommandBody, answer=CommandAnswer, answers={202: CommandAnswer}, summary="Run one command",
          refusals=(429, 503, 504)),
    Route("GET", "/api/machines/{agent_id}/commands/{command_id}", permission=Permission.VIEW_MACHINES,
          view=get_result, answer=CommandResultAnswer, summary="What came of a command one sent"),
)  # fmt: skip
