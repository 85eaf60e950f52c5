"""Runs: one command on many machines, a lane for each. What states there are, and when enough has failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from relay.domain.errors import Invalid

DEFAULT_BATCH = 20
MAX_BATCH = 100
MAX_QUEUE_MINUTES = 7 * 24 * 60
MAX_TARGETS = 1000
"""Names one request may list, and machines one run may have whatever the setting says."""
MAX_LANE_BYTES = 4096
"""Of each of a lane's two streams; more of it is in the command's own result."""
RUN_DAYS = 7
"""How long a run is kept after its queue has ended."""

NEVER_KNOWN = "The relay was restarted while the command ran: whether and how it ended is not known"
OFFLINE = "Machine is offline"


class LaneStatus(StrEnum):
    """How far one machine is. Only the first two change any more; UNKNOWN: it was sent, and nobody knows the rest."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    REFUSED = "refused"
    HELD = "held"


class RunStatus(StrEnum):
    """STOPPED: too many failed, and the rest was skipped."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run. `version` grows with each change of a lane; `sender` is who asked, as that login was."""

    id: str
    tenant_id: str
    user_id: str
    username: str
    sender: Mapping[str, Any]
    command: str
    timeout_s: int
    batch_size: int
    stop_at_error_percent: int | None
    queue_until: datetime | None
    status: RunStatus
    total: int
    counts: Mapping[str, int]
    version: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Lane:
    """One machine's part of a run. `changed` is the run's version when it last did; `command_id` is of its last try."""

    id: str
    run_id: str
    tenant_id: str
    machine_id: str
    agent_id: str
    machine_name: str
    position: int
    expires_at: datetime
    status: LaneStatus = LaneStatus.QUEUED
    changed: int = 1
    command_id: str | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    duration_ms: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What is asked for: a command, and machines by exactly one of name, tags (all of them) or group."""

    command: str
    agent_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    group_id: str = ""
    tenant_id: str = ""
    timeout_s: int
    batch_size: int = DEFAULT_BATCH
    stop_at_error_percent: int | None = None
    queue_minutes: int = 0


@dataclass(slots=True)
class Tally:
    """How many lanes are in which state."""

    counts: dict[str, int] = field(default_factory=dict)

    def move(self, before: LaneStatus, now: LaneStatus) -> None:
        """A lane has changed."""
        self.counts[before] = self.counts.get(before, 0) - 1
        self.counts[now] = self.counts.get(now, 0) + 1

    def has_failed(self, percent: int | None) -> bool:
        """Whether at least that share of the machines where the command has ended did not end well."""
        bad = self.counts.get(LaneStatus.FAILED, 0) + self.counts.get(LaneStatus.UNKNOWN, 0)
        ended = bad + self.counts.get(LaneStatus.SUCCEEDED, 0)
        return percent is not None and bad > 0 and bad * 100 >= percent * ended


def check_request(wanted: RunRequest) -> RunRequest:
    """The request, when it says which machines in exactly one way. Raises Invalid."""
    ways = [bool(wanted.agent_ids), bool(wanted.tags), bool(wanted.group_id)]
    if sum(ways) != 1:
        raise Invalid("name the machines by exactly one of agent_ids, tags or group_id")
    return wanted
