"""The three figures of the first page, over the machines one may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from relay.domain.access import Actor
from relay.domain.machines import Machine, Status
from relay.domain.terminals import SessionStatus
from relay.services.presence import Presence
from relay.services.records import one_of, read, tenant_filter
from relay.services.rights import Rights
from relay.store.interface import Database

RECENT_MACHINES = 5
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts by status; averages over online machines, one decimal, 0 where there are none."""

    online_count: int
    offline_count: int
    pending_count: int
    total_machines: int
    active_sessions: int
    avg_cpu: float
    avg_memory: float
    avg_disk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Reads and counts."""

    database: Database
    rights: Rights
    presence: Presence

    async def stats(self, actor: Actor) -> Stats:
        """Of the machines one may see."""
        found = await self.database.collection("machines").find(await self.rights.visible(actor))
        machines = [read(Machine, each) for each in found]
        status = [self.presence.status(machine) for machine in machines]
        online = [machine for machine, known in zip(machines, status, strict=True) if known is Status.ONLINE]
        return Stats(
            online_count=len(online),
            offline_count=status.count(Status.OFFLINE),
            pending_count=status.count(Status.PENDING),
            total_machines=len(machines),
            active_sessions=await self._active_sessions(actor),
            avg_cpu=_average([machine.metrics.cpu_percent for machine in online]),
            avg_memory=_average([machine.metrics.memory_percent for machine in online]),
            avg_disk=_average([machine.metrics.disk_percent for machine in online]),
        )

    async def recent_machines(self, actor: Actor) -> Sequence[Machine]:
        """The five heard of last, latest first."""
        where = {"$and": [await self.rights.visible(actor), {"last_heartbeat": {"$gte": _EVER}}]}
        machines = self.database.collection("machines")
        found = await machines.find(where, sort=[("last_heartbeat", -1)], limit=RECENT_MACHINES)
        return [read(Machine, each) for each in found]

    async def _active_sessions(self, actor: Actor) -> int:
        where = {**tenant_filter(actor), "status": str(SessionStatus.ACTIVE)}
        machine_ids = await self.rights.visible_ids(actor)
        if machine_ids is not None:
            where |= one_of("machine_id", machine_ids)
        return await self.database.collection("sessions").count(where)


def _average(figures: Sequence[float | None]) -> float:
    known = [figure for figure in figures if figure is not None]
    return round(fmean(known), 1) if known else 0.0
