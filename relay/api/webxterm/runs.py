"""`/api/commands*`: one command on many machines, a lane for each."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line, object_id, verbatim
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, PageQuery, Tenant, counts, moment, timestamp
from relay.domain.access import Permission
from relay.domain.commands import DEFAULT_TIMEOUT_S, MAX_COMMAND_CHARS, MAX_TIMEOUT_S
from relay.domain.paging import Page
from relay.domain.runs import (
    DEFAULT_BATCH,
    MAX_BATCH,
    MAX_QUEUE_MINUTES,
    MAX_TARGETS,
    Lane,
    LaneStatus,
    Run,
    RunRequest,
)


class RunBody(Struct, kw_only=True):
    """One command line for `sh -c`; machines by exactly one of `agent_ids`, `tags` (all of them) or `group_id`."""

    command: Annotated[str, verbatim(0, MAX_COMMAND_CHARS)]
    agent_ids: Annotated[list[Annotated[str, line(1, 24)]], Meta(max_length=MAX_TARGETS)] = []
    tags: Annotated[list[Annotated[str, line(1, 50)]], Meta(max_length=20)] = []
    group_id: Annotated[str, line(0, 24)] = ""
    tenant_id: Tenant = ""
    timeout: Annotated[int, Meta(ge=1, le=MAX_TIMEOUT_S)] = DEFAULT_TIMEOUT_S
    batch_size: Annotated[int, Meta(ge=1, le=MAX_BATCH)] = DEFAULT_BATCH
    stop_at_error_percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    queue_minutes: Annotated[int, Meta(ge=0, le=MAX_QUEUE_MINUTES)] = 0


class RunView(Struct, kw_only=True):
    """A run: how many lanes are in which state, and the `version` to ask for news `since`."""

    id: str
    command: str
    status: str
    total: int
    queued: int
    running: int
    succeeded: int
    failed: int
    unknown: int
    skipped: int
    expired: int
    refused: int
    held: int
    version: int
    user_id: str
    username: str
    timeout: int
    batch_size: int
    stop_at_error_percent: int | None
    queue_until: str | None
    created_at: str
    ended_at: str | None


class LaneView(Struct, kw_only=True):
    """One machine's part. Of each stream the first 4096 bytes; the command's own result has more of it."""

    agent_id: str
    machine_name: str
    status: str
    command_id: str | None
    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool
    duration_ms: int | None
    started_at: str | None
    ended_at: str | None
    error: str | None


class RunAnswer(Struct, kw_only=True):
    """A run."""

    run: RunView


class RunDetails(Struct, kw_only=True):
    """A run and its lanes, or those of them that have changed."""

    run: RunView
    results: list[LaneView]


class RunList(Counts, kw_only=True):
    """Runs, newest first."""

    runs: list[RunView]


class SinceQuery(Struct, kw_only=True):
    """`since` is the `version` of the run as it was seen last."""

    since: Annotated[int, Meta(ge=0, le=2**53)] = 0


async def create_run(call: Call[RunBody]) -> RunAnswer:
    body = call.body
    wanted = RunRequest(
        command=body.command,
        agent_ids=tuple(dict.fromkeys(body.agent_ids)),
        tags=tuple(dict.fromkeys(body.tags)),
        group_id=body.group_id,
        tenant_id=body.tenant_id,
        timeout_s=body.timeout,
        batch_size=body.batch_size,
        stop_at_error_percent=body.stop_at_error_percent,
        queue_minutes=body.queue_minutes,
    )
    return RunAnswer(run=_run(await call.services.fleet_commands.create(call.actor, wanted)))


async def list_runs(call: Call[Nothing]) -> RunList:
    query: PageQuery = call.query
    page: Page[Run] = await call.services.fleet_commands.list_runs(call.actor, query.wanted())
    return RunList(runs=[_run(each) for each in page.items], **counts(page))


async def get_run(call: Call[Nothing]) -> RunDetails:
    query: SinceQuery = call.query
    run, lanes = await call.services.fleet_commands.get(call.actor, _id(call), query.since)
    return RunDetails(run=_run(run), results=[_lane(each) for each in lanes])


async def cancel_run(call: Call[Nothing]) -> RunAnswer:
    return RunAnswer(run=_run(await call.services.fleet_commands.cancel(call.actor, _id(call))))


def _id(call: Call[Nothing]) -> str:
    return object_id(call.path["run_id"], "run")


def _run(run: Run) -> RunView:
    return RunView(
        id=run.id,
        command=run.command,
        status=str(run.status),
        total=run.total,
        **{str(each): run.counts.get(each, 0) for each in LaneStatus},
        version=run.version,
        user_id=run.user_id,
        username=run.username,
        timeout=run.timeout_s,
        batch_size=run.batch_size,
        stop_at_error_percent=run.stop_at_error_percent,
        queue_until=moment(run.queue_until),
        created_at=timestamp(run.created_at),
        ended_at=moment(run.ended_at),
    )


def _lane(lane: Lane) -> LaneView:
    return LaneView(
        agent_id=lane.agent_id,
        machine_name=lane.machine_name,
        status=str(lane.status),
        command_id=lane.command_id,
        exit_code=lane.exit_code,
        stdout=lane.stdout,
        stderr=lane.stderr,
        truncated=lane.truncated,
        duration_ms=lane.duration_ms,
        started_at=moment(lane.started_at),
        ended_at=moment(lane.ended_at),
        error=lane.error,
    )


ROUTES = (
    Route("POST", "/api/commands", permission=Permission.USE_MACHINES, view=create_run, body=RunBody,
          answer=RunAnswer, status=202, summary="Run one command on many machines", refusals=(404, 429, 503)),
    Route("GET", "/api/commands", permission=Permission.VIEW_MACHINES, view=list_runs, query=PageQuery,
          answer=RunList, summary="Runs one may see"),
    Route("GET", "/api/commands/{run_id}", permission=Permission.VIEW_MACHINES, view=get_run, query=SinceQuery,
          answer=RunDetails, summary="A run and what came of it on each machine"),
    Route("POST", "/api/commands/{run_id}/cancel", permission=Permission.USE_MACHINES, view=cancel_run,
          answer=RunAnswer, summary="Send a run no further, and end what runs of it"),
)  # fmt: skip
