"""Commands to many machines: a run is taken, written down whole, and driven to its end, over a restart if need be."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
import trio

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import Source
from relay.domain.audit import Action
from relay.domain.commands import CommandRecord, CommandResult, Confidence, Method, check_command, check_timeout
from relay.domain.errors import Forbidden, NotFound, Unavailable
from relay.domain.machines import Machine
from relay.domain.paging import Page, PageRequest
from relay.domain.runs import (
    MAX_LANE_BYTES,
    NEVER_KNOWN,
    RUN_DAYS,
    Lane,
    LaneStatus,
    Run,
    RunRequest,
    RunStatus,
    Tally,
    check_request,
)
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.records import find_page, find_record, tenant_filter, to_document
from relay.services.rights import NOT_AUTHORIZED
from relay.services.run_driver import RunDriver, RunTools
from relay.services.run_records import RunRecords
from relay.services.run_targets import RunTargets
from relay.store.errors import Duplicate

RECONNECT = timedelta(seconds=60)
"""After a start of the relay its agents come back within this; until then nothing is skipped for being offline."""
NO_RUN = "Run not found"

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class FleetCommands:
    """Takes, shows and cancels runs. `run` must be running."""

    targets: RunTargets
    records: RunRecords
    tools: RunTools
    audit: Audit
    clock: Clock
    ids: Ids
    drivers: dict[str, RunDriver] = field(default_factory=dict)
    _nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on with what an earlier relay left, and drive what comes, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for run in await self.records.unfinished():
                await self._take_up(run)
            task_status.started()
            await trio.sleep_forever()

    def stop(self) -> None:
        """Leave everything as it is, for the next relay to go on with."""
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    async def create(self, actor: Actor, wanted: RunRequest) -> Run:
        """Take a run: when this returns it will not be lost. Raises Invalid, Forbidden, NotFound, TooMany."""
        check_command(wanted.command)
        check_timeout(wanted.timeout_s)
        machines = await self.targets.resolve(actor, check_request(wanted))
        if self._nursery is None:
            raise Unavailable("The relay is starting: try again in a moment")
        run = self._new(actor, wanted, machines)
        lanes = [self._lane(run, machine, position) for position, machine in enumerate(machines)]
        await self.records.create(run, lanes)
        try:
            await self._record(actor, Action.COMMANDS_RUN, run, machines=len(lanes))
        finally:
            self._drive(run, lanes)
        return run

    async def list_runs(self, actor: Actor, paging: PageRequest) -> Page[Run]:
        """One's own; for administrators those of the organization. Newest first."""
        where = dict(tenant_filter(actor))
        if not actor.is_admin:
            where["user_id"] = actor.user_id
        rows = self.records.database.collection("runs")
        return await find_page(rows, where, Run, paging, sort=[("created_at", -1)])

    async def get(self, actor: Actor, run_id: str, since: int = 0) -> tuple[Run, Sequence[Lane]]:
        """A run and its lanes that have changed after version `since`. Raises NotFound, Forbidden."""
        run = await self._find(actor, run_id)
        return run, await self.records.lanes(run, since=since)

    async def cancel(self, actor: Actor, run_id: str) -> Run:
        """Send nothing more and end what runs; once it has ended that changes nothing. Raises NotFound, Forbidden."""
        run = await self._find(actor, run_id)
        driver = self.drivers.get(run.id)
        if driver is not None and not driver.cancelled.is_set():
            await self._record(actor, Action.COMMANDS_CANCELLED, run)
            driver.cancel()
        return run

    async def _find(self, actor: Actor, run_id: str) -> Run:
        run = await self.records.find(run_id)
        if run is None or not actor.sees(run.tenant_id):
            raise NotFound(NO_RUN)
        if run.user_id != actor.user_id and not actor.administers(run.tenant_id):
            raise Forbidden(NOT_AUTHORIZED)
        return run

    def _new(self, actor: Actor, wanted: RunRequest, machines: Sequence[Machine]) -> Run:
        now = self.clock.now()
        queue = timedelta(minutes=wanted.queue_minutes)
        return Run(
            id=self.ids.object_id(),
            tenant_id=machines[0].tenant_id,
            user_id=actor.user_id,
            username=actor.username,
            sender=msgspec.to_builtins(actor, builtin_types=(datetime,)),
            command=wanted.command,
            timeout_s=wanted.timeout_s,
            batch_size=wanted.batch_size,
            stop_at_error_percent=wanted.stop_at_error_percent,
            queue_until=now + queue if queue else None,
            status=RunStatus.RUNNING,
            total=len(machines),
            counts={str(LaneStatus.QUEUED): len(machines)},
            version=1,
            created_at=now,
            expires_at=now + queue + timedelta(days=RUN_DAYS),
        )

    def _lane(self, run: Run, machine: Machine, position: int) -> Lane:
        return Lane(
            id=self.ids.object_id(),
            run_id=run.id,
            tenant_id=run.tenant_id,
            machine_id=machine.id,
            agent_id=machine.agent_id,
            machine_name=machine.name,
            position=position,
            expires_at=run.expires_at,
        )

    def _drive(self, run: Run, lanes: Sequence[Lane], patient_until: datetime | None = None) -> None:
        tally = Tally()
        for lane in lanes:
            tally.counts[lane.status] = tally.counts.get(lane.status, 0) + 1
        waiting = [lane for lane in lanes if lane.status is LaneStatus.QUEUED]
        driver = RunDriver(run=run, tools=self.tools, waiting=waiting, tally=tally, patient_until=patient_until)
        self.drivers[run.id] = driver
        assert self._nursery is not None
        self._nursery.start_soon(self._to_the_end, driver)

    async def _to_the_end(self, driver: RunDriver) -> None:
        try:
            await driver.drive()
        except Exception:  # a bug in one run must not end the relay: the next start goes on with it; logged here, once
            log.exception("run failed", run_id=driver.run.id)
        finally:
            self.drivers.pop(driver.run.id, None)

    async def _take_up(self, run: Run) -> None:
        """What was queued is still to be sent; what ran has a result, or nobody knows."""
        lanes = await self.records.lanes(run)
        for lane in lanes:
            if lane.status is LaneStatus.RUNNING:
                await self._settle(run, lane)
        self._drive(run, lanes, patient_until=self.clock.now() + RECONNECT)

    async def _settle(self, run: Run, lane: Lane) -> None:
        """A lane that ran when the relay ended: its result if that was kept, else the truth that nobody knows it."""
        database, where = self.records.database, {"_id": lane.command_id or "", "machine_id": lane.machine_id}
        found = find_record(CommandResult, await database.collection("command_results").find_one(where))
        if found is not None and found.duration_ms is not None:
            await self.records.change(lane, **_settled(found), ended_at=self.clock.now())
            return
        if found is None:
            with suppress(Duplicate):
                await database.collection("commands").insert_one(to_document(_unknown_row(run, lane)))
        await self.records.change(lane, LaneStatus.UNKNOWN, ended_at=self.clock.now(), error=NEVER_KNOWN)

    async def _record(self, actor: Actor, action: Action, run: Run, **details: Any) -> None:
        await self.audit.record(actor, action, "run", resource_id=run.id, tenant_id=run.tenant_id, **details)


def _settled(found: CommandResult) -> dict[str, Any]:
    return {
        "status": LaneStatus.SUCCEEDED if found.success else LaneStatus.FAILED,
        "exit_code": found.exit_code,
        "stdout": found.stdout[:MAX_LANE_BYTES],
        "stderr": found.stderr[:MAX_LANE_BYTES],
        "truncated": found.truncated or max(len(found.stdout), len(found.stderr)) > MAX_LANE_BYTES,
        "duration_ms": found.duration_ms,
        "error": found.error,
    }


def _unknown_row(run: Run, lane: Lane) -> CommandRecord:
    """The log's row of a command that the machine was probably told."""
    return CommandRecord(
        id=lane.command_id or lane.id,
        tenant_id=lane.tenant_id,
        machine_id=lane.machine_id,
        agent_id=lane.agent_id,
        machine_name=lane.machine_name,
        user_id=run.user_id,
        username=run.username,
        command=run.command,
        timestamp=lane.started_at or run.created_at,
        success=None,
        exit_code=None,
        duration_ms=None,
        source=Source(run.sender["source"]),
        session_id=None,
        method=Method.API,
        confidence=Confidence.LOW,
        ip_address=run.sender.get("ip_address", ""),
    )
