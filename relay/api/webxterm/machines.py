"""`/api/machines`: the list, one machine, a new one, an end."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from relay.api.fields import line, object_id, text, word
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, Message, Name, PageQuery, Search, Tenant, counts, moment, timestamp
from relay.domain.access import Permission
from relay.domain.machines import Machine, uptime_text
from relay.services.machines import NewMachine
from relay.services.presence import Presence


class MachineView(Struct, kw_only=True):
    """A machine. Figures are null until its first heartbeat and keep their last value while it is offline."""

    machine_id: str
    agent_id: str
    name: str
    description: str
    hostname: str
    os: str
    arch: str
    ip_address: str
    ip_addresses: list[str]
    linux_user: str
    allow_sudo: bool
    agent_version: str
    status: str
    is_connected: bool
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    network_rx_bytes: float | None
    network_tx_bytes: float | None
    uptime: str | None
    uptime_seconds: float | None
    last_active: str | None
    tags: list[str]
    metadata: dict[str, str]
    group_ids: list[str]
    owner_id: str
    tenant_id: str
    created_at: str


class CreatedMachine(MachineView, kw_only=True):
    """A new machine, with the one-time token that is never shown again."""

    registration_token: str
    registration_expires_at: str
    install_command: str


class MachineAnswer(Struct):
    """One machine."""

    machine: MachineView


class CreatedMachineAnswer(Struct):
    """The new machine."""

    machine: CreatedMachine


class MachineList(Counts, kw_only=True):
    """Machines by name."""

    machines: list[MachineView]


class MachineQuery(PageQuery, kw_only=True):
    """Which machines; `tenant_id` is for super admins."""

    status: Annotated[str, word("pending", "online", "offline")] = ""
    search: Search = ""
    tag: Annotated[str, line(0, 50)] = ""
    tenant_id: Tenant = ""


class CreateMachine(Struct, kw_only=True):
    """A machine before its agent exists."""

    name: Name
    description: Annotated[str, text(0, 500)] = ""
    linux_user: Annotated[str, line(0, 32, told=r"^\s*([a-z_][a-z0-9_-]{0,31})?\s*$")] = ""
    tags: Annotated[list[Annotated[str, line(1, 50)]], Meta(max_length=20)] = []
    metadata: Annotated[dict[Annotated[str, line(1, 64)], Annotated[str, line(0, 500)]], Meta(max_length=50)] = {}
    tenant_id: Tenant = ""


def machine_fields(machine: Machine, presence: Presence, group_ids: Sequence[str]) -> dict[str, Any]:
    """Every field of a MachineView."""
    metrics = machine.metrics
    return {
        "machine_id": machine.id,
        "agent_id": machine.agent_id,
        "name": machine.name,
        "description": machine.description,
        "hostname": machine.hostname,
        "os": machine.os,
        "arch": machine.arch,
        "ip_address": machine.ip_address,
        "ip_addresses": list(machine.ip_addresses),
        "linux_user": machine.linux_user,
        "allow_sudo": machine.allow_sudo,
        "agent_version": machine.agent_version,
        "status": str(presence.status(machine)),
        "is_connected": machine.is_connected,
        "cpu_percent": metrics.cpu_percent,
        "memory_percent": metrics.memory_percent,
        "disk_percent": metrics.disk_percent,
        "network_rx_bytes": metrics.network_rx_bytes,
        "network_tx_bytes": metrics.network_tx_bytes,
        "uptime": uptime_text(metrics.uptime_seconds),
        "uptime_seconds": metrics.uptime_seconds,
        "last_active": moment(machine.last_heartbeat),
        "tags": list(machine.tags),
        "metadata": machine.metadata,
        "group_ids": list(group_ids),
        "owner_id": machine.owner_id,
        "tenant_id": machine.tenant_id,
        "created_at": timestamp(machine.created_at),
    }


async def list_machines(call: Call[Nothing]) -> MachineList:
    query: MachineQuery = call.query
    services = call.services
    page = await services.machines.list_visible(
        call.actor,
        query.wanted(),
        status=query.status,
        search=query.search,
        tag=query.tag,
        tenant_id=query.tenant_id,
    )
    groups = await services.machines.group_ids(page.items)
    machines = [MachineView(**machine_fields(each, services.presence, groups[each.id])) for each in page.items]
    return MachineList(machines=machines, **counts(page))


async def create_machine(call: Call[CreateMachine]) -> CreatedMachineAnswer:
    body = call.body
    created = await call.services.machines.create(
        call.actor,
        NewMachine(
            name=body.name,
            description=body.description,
            linux_user=body.linux_user,
            tags=body.tags,
            metadata=body.metadata,
            tenant_id=body.tenant_id,
        ),
    )
    token = created.registration_token
    return CreatedMachineAnswer(
        CreatedMachine(
            **machine_fields(created.machine, call.services.presence, ()),
            registration_token=token,
            registration_expires_at=timestamp(created.expires_at),
            install_command=f"curl -fsSL {call.facts.base_url}/install.sh | sh -s -- --token {token}",
        )
    )


async def get_machine_by_id(call: Call[Nothing]) -> MachineAnswer:
    machine_id = object_id(call.path["machine_id"], "machine")
    return await _answer(call, await call.services.machines.get_by_id(call.actor, machine_id))


async def get_machine(call: Call[Nothing]) -> MachineAnswer:
    return await _answer(call, await call.services.machines.get(call.actor, call.path["agent_id"]))


async def delete_machine(call: Call[Nothing]) -> Message:
    await call.services.machines.delete(call.actor, call.path["agent_id"])
    return Message("Machine deleted successfully")


async def _answer(call: Call[Nothing], machine: Machine) -> MachineAnswer:
    groups = await call.services.machines.group_ids([machine])
    return MachineAnswer(MachineView(**machine_fields(machine, call.services.presence, groups[machine.id])))


ROUTES = (
    Route("GET", "/api/machines", permission=Permission.VIEW_MACHINES, view=list_machines, query=MachineQuery,
          answer=MachineList, summary="The machines one may see"),
    Route("POST", "/api/machines", permission=Permission.MANAGE_MACHINES, view=create_machine, body=CreateMachine,
          answer=CreatedMachineAnswer, status=201, summary="Add a machine", refusals=(404, 409)),
    Route("GET", "/api/machines/by-id/{machine_id}", permission=Permission.VIEW_MACHINES, view=get_machine_by_id,
          answer=MachineAnswer, summary="One machine, by its internal id"),
    Route("GET", "/api/machines/{agent_id}", permission=Permission.VIEW_MACHINES, view=get_machine,
          answer=MachineAnswer, summary="One machine"),
    Route("DELETE", "/api/machines/{agent_id}", permission=Permission.MANAGE_MACHINES, view=delete_machine,
          answer=Message, summary="Delete a machine and close its shells"),
)  # fmt: skip
