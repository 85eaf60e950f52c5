"""Machines: the facts an agent states, what it measured last, and whether it is there.

Everything an agent says is a claim by a possibly hostile host: bounded and free of control characters before it is
kept, and never an input to a decision about access.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LINK_GRACE = timedelta(seconds=15)
"""A dropped link shorter than this is a hiccup of the network, not an offline machine."""

OFFLINE_TIMEOUT = timedelta(minutes=2)
"""Four missed heartbeats."""


class Status(StrEnum):
    """Pending until its agent enrols; then online or offline for the rest of its life."""

    PENDING = "pending"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The last heartbeat: percentages 0 to 100, network in bytes per second, load over one minute."""

    cpu_percent: float | None = None
    memory_percent: float | None = None
    disk_percent: float | None = None
    network_rx_bytes: float | None = None
    network_tx_bytes: float | None = None
    uptime_seconds: float | None = None
    load: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine. `id` is internal, `agent_id` its name on the wire; `public_key` is empty until its agent enrols."""

    id: str
    agent_id: str
    tenant_id: str
    name: str
    description: str
    owner_id: str
    created_at: datetime
    updated_at: datetime
    hostname: str = ""
    os: str = ""
    arch: str = ""
    ip_address: str = ""
    ip_addresses: tuple[str, ...] = ()
    linux_user: str = ""
    allow_sudo: bool = False
    agent_version: str = ""
    public_key: str = ""
    tags: tuple[str, ...] = ()
    metadata: dict[str, str]
    metrics: Metrics = Metrics()
    is_connected: bool = False
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    last_heartbeat: datetime | None = None

    @property
    def is_enrolled(self) -> bool:
        """Whether an agent has ever proven itself to be this machine."""
        return bool(self.public_key)


def status_at(
    machine: Machine, now: datetime, *, offline_timeout: timedelta = OFFLINE_TIMEOUT, grace: timedelta = LINK_GRACE
) -> Status:
    """What people are told. `now` and the machine's times are UTC."""
    if not machine.is_enrolled:
        return Status.PENDING
    heard = max((at for at in (machine.last_heartbeat, machine.connected_at) if at), default=None)
    if heard is None or now - heard > offline_timeout:
        return Status.OFFLINE
    if machine.is_connected:
        return Status.ONLINE
    gone = machine.disconnected_at
    return Status.ONLINE if gone is not None and now - gone < grace else Status.OFFLINE


def uptime_text(seconds: float | None) -> str | None:
    """`5d 12h 30m`; leading units that are zero are left out."""
    if seconds is None:
        return None
    minutes = int(seconds) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h {minutes}m"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"
