"""`/api/dashboard/*`: the figures of the first page."""

from msgspec import Struct

from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import moment, timestamp
from relay.domain.access import Permission


class StatsAnswer(Struct, kw_only=True):
    """Counts by status; averages over online machines, one decimal."""

    online_count: int
    offline_count: int
    pending_count: int
    total_machines: int
    active_sessions: int
    avg_cpu: float
    avg_memory: float
    avg_disk: float


class RecentMachine(Struct, kw_only=True):
    """A machine heard of lately."""

    agent_id: str
    name: str
    status: str
    cpu_percent: float | None
    memory_percent: float | None
    last_active: str | None


class RecentMachines(Struct):
    """At most five, latest first."""

    machines: list[RecentMachine]


class Activity(Struct, kw_only=True):
    """A command run lately."""

    id: str
    command: str
    machine_name: str
    agent_id: str
    username: str
    source: str
    timestamp: str


class RecentActivity(Struct):
    """At most ten, newest first."""

    activities: list[Activity]


async def get_stats(call: Call[Nothing]) -> StatsAnswer:
    stats = await call.services.dashboard.stats(call.actor)
    return StatsAnswer(
        online_count=stats.online_count,
        offline_count=stats.offline_count,
        pending_count=stats.pending_count,
        total_machines=stats.total_machines,
        active_sessions=stats.active_sessions,
        avg_cpu=stats.avg_cpu,
        avg_memory=stats.avg_memory,
        avg_disk=stats.avg_disk,
    )


async def list_recent_machines(call: Call[Nothing]) -> RecentMachines:
    machines = await call.services.dashboard.recent_machines(call.actor)
    return RecentMachines(
        [
            RecentMachine(
                agent_id=each.agent_id,
                name=each.name,
                status=str(call.services.presence.status(each)),
                cpu_percent=each.metrics.cpu_percent,
                memory_percent=each.metrics.memory_percent,
                last_active=moment(each.last_heartbeat),
            )
            for each in machines
        ]
    )


async def list_recent_activity(call: Call[Nothing]) -> RecentActivity:
    records = await call.services.history.recent(call.actor)
    return RecentActivity(
        [
            Activity(
                id=each.id,
                command=each.command,
                machine_name=each.machine_name,
                agent_id=each.agent_id,
                username=each.username,
                source=str(each.source),
                timestamp=timestamp(each.timestamp),
            )
            for each in records
        ]
    )


ROUTES = (
    Route("GET", "/api/dashboard/stats", permission=Permission.VIEW_MACHINES, view=get_stats, answer=StatsAnswer,
          summary="Counts and averages"),
    Route("GET", "/api/dashboard/recent-machines", permission=Permission.VIEW_MACHINES, view=list_recent_machines,
          answer=RecentMachines, summary="The machines heard of last"),
    Route("GET", "/api/dashboard/recent-activity", permission=Permission.VIEW_MACHINES, view=list_recent_activity,
          answer=RecentActivity, summary="The last commands"),
)  # fmt: skip
