"""Drives one run: so many lanes at once, each through the pipeline of a single command. Rules of this file:

1. A lane says `running`, durably and with its command's id, before the machine is told: what says `queued` after a
   crash was never sent, and is sent then.
2. Nothing is sent twice: a lane goes back to `queued` only when it is sure that nothing was sent.
3. What has ended is written down however long the store takes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import structlog
import trio

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.errors import Forbidden, NotFound, Refusal, Unavailable
from relay.domain.held_commands import CommandHeld
from relay.domain.runs import MAX_LANE_BYTES, OFFLINE, Lane, LaneStatus, Run, RunStatus, Tally
from relay.ids import Ids
from relay.services.backlog import NOT_NOW
from relay.services.commands import END_UNKNOWN, NEVER_SENT, Commands, Sent
from relay.services.run_records import RunRecords
from relay.services.standing import Standing

TICK_S = 0.5
"""How often machines that were away and queues that end are looked for, in memory."""
LANES_AT_ONCE = 200
"""Of all runs together: each may hold a MiB of output until it has ended."""
CANCELLED = "Cancelled"
STOPPED = "Too many machines failed before"
LOGIN_ENDED = "The login that sent it has ended"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTools:
    """What every run is driven with; `at_once` bounds the lanes of all of them together."""

    records: RunRecords
    commands: Commands
    standing: Standing
    at_once: trio.CapacityLimiter
    clock: Clock
    ids: Ids


@dataclass(slots=True, kw_only=True)
class RunDriver:
    """One run on its way. `patient_until`: after a restart agents are given time to come back."""

    run: Run
    tools: RunTools
    waiting: list[Lane]
    tally: Tally
    patient_until: datetime | None = None
    running: dict[str, Lane] = field(default_factory=dict)
    cancelled: trio.Event = field(default_factory=trio.Event)
    _moved: trio.Event = field(default_factory=trio.Event)

    async def drive(self) -> None:
        """To its end."""
        status = RunStatus.FINISHED
        async with trio.open_nursery() as nursery:
            while self.waiting or self.running:
                if self.cancelled.is_set():
                    status = RunStatus.CANCELLED
                    await self._skip_the_rest(CANCELLED)
                elif self.waiting and self.tally.has_failed(self.run.stop_at_error_percent):
                    status = RunStatus.STOPPED
                    await self._skip_the_rest(STOPPED)
                for lane in await self._next():
                    self.running[lane.id] = lane
                    nursery.start_soon(self._lane, lane)
                if self.waiting or self.running:
                    with trio.move_on_after(TICK_S):
                        await self._moved.wait()
                self._moved = trio.Event()
        await _surely(lambda: self.tools.records.finish(self.run, status, self.tools.clock.now()))

    def cancel(self) -> None:
        """Send nothing more, and end what runs."""
        self.cancelled.set()
        for lane in self.running.values():
            self._kill(lane)
        self._moved.set()

    def _kill(self, lane: Lane) -> None:
        live = self.tools.commands.live.commands.get(lane.command_id or "")
        if live is not None:
            live.ended_why = CANCELLED
            live.scope.cancel()

    async def _next(self) -> Sequence[Lane]:
        """The lanes that may start now. Those that can wait no longer are over."""
        now, hub = self.tools.clock.now(), self.tools.commands.hub
        chosen: list[Lane] = []
        for lane in list(self.waiting):
            if len(self.running) + len(chosen) >= self.run.batch_size:
                break
            if hub.is_connected(lane.agent_id):
                chosen.append(lane)
                self.waiting.remove(lane)
            elif not self._may_wait(now):
                self.waiting.remove(lane)
                is_queue = self.run.queue_until is not None
                await self._end(lane, LaneStatus.EXPIRED if is_queue else LaneStatus.SKIPPED, error=OFFLINE)
        return chosen

    def _may_wait(self, now: datetime) -> bool:
        return any(until is not None and now < until for until in (self.run.queue_until, self.patient_until))

    async def _skip_the_rest(self, why: str) -> None:
        while self.waiting:
            await self._end(self.waiting.pop(0), LaneStatus.SKIPPED, error=why)

    async def _lane(self, lane: Lane) -> None:
        try:
            async with self.tools.at_once:
                await self._send(lane)
        except NOT_NOW:  # the store takes nothing: nothing was sent, and it is tried again
            self.waiting.insert(0, lane)
        except Exception:  # a bug in one lane must not end the others; logged here, once
            log.exception("lane failed", run_id=self.run.id, agent_id=lane.agent_id)
            await self._end(lane, LaneStatus.UNKNOWN, error="The relay failed: how the command ended is not known")
        finally:
            self.running.pop(lane.id, None)
            self._moved.set()

    async def _send(self, lane: Lane) -> None:
        actor = await self._sender()
        if actor is None:
            await self._end(lane, LaneStatus.REFUSED, error=LOGIN_ENDED)
            return
        if self.cancelled.is_set():
            await self._end(lane, LaneStatus.SKIPPED, error=CANCELLED)
            return
        command_id = self.tools.ids.object_id()
        await self._change(lane, LaneStatus.RUNNING, command_id=command_id, started_at=self.tools.clock.now())
        try:
            sent = await self.tools.commands.start(
                actor, lane.agent_id, self.run.command, timeout_s=self.run.timeout_s, is_shown=False,
                command_id=command_id,
            )  # fmt: skip
        except Refusal as refusal:
            await self._not_sent(lane, refusal)
            return
        if self.cancelled.is_set():
            self._kill(lane)
        await sent.ended.wait()
        if isinstance(sent.refusal, NEVER_SENT):
            await self._not_sent(lane, sent.refusal)
        else:
            await self._ended(lane, sent)

    async def _sender(self) -> Actor | None:
        """Who sent it, with the rights of now; None when that login has ended."""
        try:
            sender = msgspec.convert(dict(self.run.sender), Actor)
        except msgspec.ValidationError:  # written by another version of the relay
            return None
        return await self.tools.standing.holds(sender)

    async def _not_sent(self, lane: Lane, refusal: Refusal) -> None:
        if isinstance(refusal, Unavailable) and not self.cancelled.is_set():
            await _surely(lambda: self._change(lane, LaneStatus.QUEUED, command_id=None, started_at=None))
            self.waiting.append(lane)
            return
        if isinstance(refusal, CommandHeld):  # it runs by itself when somebody approves it
            await self._end(lane, LaneStatus.HELD, error=refusal.text)
            return
        refused = isinstance(refusal, Forbidden | NotFound)
        status = LaneStatus.REFUSED if refused else LaneStatus.SKIPPED
        await self._end(lane, status, error=refusal.text, command_id=None, started_at=None)

    async def _ended(self, lane: Lane, sent: Sent) -> None:
        outcome = sent.outcome
        if outcome is None:
            is_unknown = isinstance(sent.refusal, END_UNKNOWN)
            await self._end(lane, LaneStatus.UNKNOWN if is_unknown else LaneStatus.FAILED, error=sent.error)
            return
        ended_well = outcome.exit_code == 0 and sent.refusal is None
        await self._end(
            lane,
            LaneStatus.SUCCEEDED if ended_well else LaneStatus.FAILED,
            exit_code=outcome.exit_code,
            stdout=outcome.stdout[:MAX_LANE_BYTES].decode("utf-8", "replace"),
            stderr=outcome.stderr[:MAX_LANE_BYTES].decode("utf-8", "replace"),
            truncated=outcome.truncated or max(len(outcome.stdout), len(outcome.stderr)) > MAX_LANE_BYTES,
            duration_ms=outcome.duration_ms,
            error=sent.error,
        )

    async def _end(self, lane: Lane, status: LaneStatus, **changes: object) -> None:
        ended_at = self.tools.clock.now()
        await _surely(lambda: self._change(lane, status, ended_at=ended_at, **changes))

    async def _change(self, lane: Lane, status: LaneStatus, **changes: object) -> None:
        before = lane.status
        await self.tools.records.change(lane, status, **changes)
        self.tally.move(before, status)


async def _surely(write: Callable[[], Awaitable[None]]) -> None:
    """Write it down, if need be once somebody has made room on the disk."""
    while True:
        try:
            await write()
        except NOT_NOW as error:
            log.warning("a run waits for the store", reason=str(error))
            await trio.sleep(TICK_S)
        else:
            return
