"""The composition root: builds clock, store, vault, hub, services and doors, and opens the one nursery they live in.

The order of the end is the reverse of the beginning: no new connections, sessions and sockets told (1001), requests
finished within a bound, the writers' queue on disk, the database closed.
"""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
import trio
from hypercorn.typing import ASGIFramework

from relay.api import webxterm
from relay.api.agents import AgentViews
from relay.api.app import create_app
from relay.api.console import STATIC
from relay.api.cure import AnswerAfterBody
from relay.api.draining import CloseWhenDraining
from relay.api.exchange import Door
from relay.api.installer import Installer
from relay.api.limits import RateLimiter
from relay.api.metrics import Metrics
from relay.api.openapi import describe
from relay.api.operations import Operations
from relay.api.routing import Route
from relay.api.server import Server, listen_on
from relay.api.sockets import SOCKET_ROUTES, Sockets
from relay.audit_streams import audit_streams
from relay.clock import Clock
from relay.config import Config, ConfigError, check_mail, split_address
from relay.domain.errors import Refusal
from relay.identity_providers import identity_providers
from relay.ids import Ids
from relay.outbound.mail import Mailer, SmtpSettings
from relay.release import release
from relay.services.all import Services, build
from relay.services.devices import Devices
from relay.services.fleet import Fleet
from relay.services.letters import Letters
from relay.services.live import Live
from relay.services.ports import Background
from relay.store.chained import Chains
from relay.store.collections import SCHEMA
from relay.store.interface import Database
from relay.store.sqlite import open_sqlite
from relay.store.uploads import UploadFolder
from relay.store.writer import GroupWriter
from relay.terminal.hub import Hub
from relay.terminal.settings import HubSettings
from relay.timers.audit_stream import stream_audit
from relay.timers.checkpoints import sign_on_time
from relay.timers.courier import carry
from relay.timers.upkeep import keep_up
from relay.vault.audit_key import AuditKey
from relay.vault.checkpoint_file import CheckpointFile
from relay.vault.keys import Keys
from relay.vault.passwords import Passwords
from relay.vault.seal import Sealer
from relay.vault.tokens import Tokens

log = structlog.get_logger(__name__)

DATABASE_NAME = "fairlead.db"
UPLOADS = "uploads"
MISSED_HEARTBEATS = 2.5
"""Silence of this many intervals means that an agent is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A relay that serves: where, and what is behind it. Setting `draining` ends it in good order."""

    url: str
    services: Services
    hub: Hub
    draining: trio.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything built, before anything listens."""

    config: Config
    clock: Clock
    ids: Ids
    keys: Keys
    hub: Hub
    fleet: Fleet
    services: Services


async def serve(
    config: Config,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
    task_status: trio.TaskStatus[Running] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run one relay until `Running.draining` is set.

    Raises ConfigError, StoreError (cannot be opened), UnusableKey and OSError (cannot listen) before it has started.
    """
    host, port = split_address(config.listen)
    check_mail(config)
    with _listening(host, port) as sockets:
        async with open_house(config, clock=clock or Clock(), ids=ids or Ids(), database=database) as house:
            await _serve(house, sockets, task_status)


@asynccontextmanager
async def open_house(
    config: Config, *, clock: Clock, ids: Ids, database: Database | None = None
) -> AsyncIterator[House]:
    """Store, vault, hub and services, with their tasks running; also what the command line's `admin` works in."""
    opened = database or await open_database(config)
    try:
        keys = await trio.to_thread.run_sync(partial(Keys, config.data, jwt_secret=config.jwt_secret))
        audit_key = await trio.to_thread.run_sync(AuditKey, config.data)
        chains = Chains(opened)
        writer = GroupWriter(opened, chains)
        async with trio.open_nursery() as writing:
            await writing.start(writer.run)
            async with trio.open_nursery() as nursery:
                house = _build(
                    config,
                    clock=clock,
                    ids=ids,
                    database=opened,
                    writer=writer,
                    chains=chains,
                    keys=keys,
                    audit_key=audit_key,
                    background=nursery.start_soon,
                )
                await house.services.audit_start.begin()
                await nursery.start(house.hub.run)
                yield house
                await house.hub.shutdown()
            await writer.stop()
        await house.services.audit_checkpoints.sign_all()
    finally:
        with trio.CancelScope(shield=True):
            await opened.close()


async def open_database(config: Config) -> Database:
    """The configured database. Raises StoreError."""
    if config.mongodb_uri:
        from relay.store.mongo import open_mongo  # pymongo takes 0.2 s to import; most relays never need it

        return await open_mongo(mongodb_uri(config), SCHEMA)
    return await open_sqlite(config.data / DATABASE_NAME, SCHEMA)


def mongodb_uri(config: Config) -> str:
    """The configured URI; the configured database stands in where it names none."""
    parts = urlsplit(config.mongodb_uri)
    return urlunsplit(parts._replace(path=f"/{config.mongodb_database}")) if parts.path in {"", "/"} else parts.geturl()


def _build(
    config: Config,
    *,
    clock: Clock,
    ids: Ids,
    database: Database,
    writer: GroupWriter,
    chains: Chains,
    keys: Keys,
    audit_key: AuditKey,
    background: Background,
) -> House:
    live = Live()
    fleet = Fleet(database=database, writer=writer, live=live, clock=clock, ids=ids, verify=keys.verify)
    hub = Hub(clock=clock, listener=fleet, settings=hub_settings(config))
    devices = Devices(
        database=database,
        writer=writer,
        chains=chains,
        hub=hub,
        fleet=fleet,
        live=live,
        audit_key=audit_key,
        checkpoint_file=CheckpointFile(config.data),
        passwords=Passwords(),
        tokens=Tokens(keys.jwt, clock=clock, ids=ids),
        sealer=Sealer(keys.seal),
        identity=keys,
        background=background,
        uploads=UploadFolder(config.data / UPLOADS),
        clock=clock,
        ids=ids,
        mailer=mailer_of(config),
        identity_providers=identity_providers(config, clock),
    )
    services = build(devices, config)
    return House(config=config, clock=clock, ids=ids, keys=keys, hub=hub, fleet=fleet, services=services)


def mailer_of(config: Config) -> Mailer | None:
    """The way to the configured mail server, if there is one."""
    if not config.smtp_host:
        return None
    return Mailer(
        SmtpSettings(
            host=config.smtp_host,
            port=config.smtp_port,
            sender=config.smtp_from,
            username=config.smtp_username,
            password=config.smtp_password,
            tls=config.smtp_tls,
        )
    )


def hub_settings(config: Config) -> HubSettings:
    """The data plane's bounds as configured."""
    return HubSettings(
        heartbeat_interval_s=config.heartbeat_interval_s,
        silence_s=MISSED_HEARTBEATS * config.heartbeat_interval_s,
        grace_s=config.agent_grace_s,
        detach_s=config.terminal_detach_minutes * 60,
        idle_s=config.terminal_idle_timeout_minutes * 60,
        scrollback_bytes=config.terminal_scrollback_bytes,
        max_sessions_per_user=config.max_sessions_per_user,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    sockets = listen_on(host, port)
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()


async def _serve(house: House, sockets: list[socket.socket], task_status: trio.TaskStatus[Running]) -> None:
    address = _address_of(sockets[0])
    draining = trio.Event()
    server = Server(CloseWhenDraining(assemble(house, address), draining))
    await house.fleet.recover()
    await _create_configured_super_admin(house)
    async with trio.open_nursery() as timers:
        timers.start_soon(sign_on_time, house.services.audit_checkpoints)
        for stream in audit_streams(house.config, house.services):
            timers.start_soon(stream_audit, stream)
        await timers.start(partial(keep_up, house.services.upkeep, sweep_interval_s=house.config.sweep_interval_s))
        await _start_courier(house.services.letters, timers)
        await timers.start(house.services.fleet_commands.run)
        async with trio.open_nursery() as serving:
            serving.start_soon(partial(server.run, sockets, draining=draining, drain_s=house.config.drain_s))
            running = Running(url=f"http://{address}", services=house.services, hub=house.hub, draining=draining)
            task_status.started(running)
            await draining.wait()
            house.services.fleet_commands.stop()
            await house.hub.shutdown()
        timers.cancel_scope.cancel()


async def _start_courier(letters: Letters, timers: trio.Nursery) -> None:
    if letters.enabled:
        await timers.start(partial(carry, letters))
    else:
        log.info("no mail leaves this relay: addresses stay unverified; set SMTP_HOST, SMTP_FROM and the public URL")


def assemble(house: House, address: str) -> ASGIFramework:
    """All doors of the HTTP port as one ASGI application."""
    operations = Operations(
        config=house.config,
        metrics=_metrics(house.hub),
        installer=Installer((STATIC, house.config.data)),
        ping=house.services.database.ping,
    )
    agents = AgentViews(relay_key=house.keys.public_key, heartbeat_interval_s=house.config.heartbeat_interval_s)
    routes = all_routes(operations, agents)
    operations.document = describe(routes, version=release(), sockets=SOCKET_ROUTES)
    door = Door(
        config=house.config,
        clock=house.clock,
        ids=house.ids,
        services=house.services,
        metrics=operations.metrics,
        limiter=RateLimiter(house.clock),
        address=address,
    )
    app: ASGIFramework = create_app(door, routes)
    return Sockets(AnswerAfterBody(app), door)


def all_routes(operations: Operations, agents: AgentViews) -> tuple[Route, ...]:
    """Every HTTP route of the relay."""
    return (*operations.routes(), *agents.routes(), *webxterm.ROUTES)


def routes_of(config: Config) -> tuple[Route, ...]:
    """Every HTTP route, without a running relay."""

    async def ping() -> None:
        """Nobody asks."""

    operations = Operations(config=config, metrics=Metrics(), installer=Installer(), ping=ping)
    agents = AgentViews(relay_key=b"", heartbeat_interval_s=config.heartbeat_interval_s)
    return all_routes(operations, agents)


def document(config: Config) -> dict[str, Any]:
    """The OpenAPI document, without a running relay."""
    return describe(routes_of(config), version=release(), sockets=SOCKET_ROUTES)


def _metrics(hub: Hub) -> Metrics:
    metrics = Metrics()
    metrics.watch("sessions_live", "Shells open now.", lambda: len(hub.sessions()))
    return metrics


async def _create_configured_super_admin(house: House) -> None:
    """The settings may name the first super admin; once there is one, they say nothing any more."""
    config, accounts = house.config, house.services.accounts
    if not config.super_admin_username or await accounts.has_super_admin():
        return
    try:
        await accounts.create_super_admin(
            username=config.super_admin_username,
            email=config.super_admin_email,
            password=config.super_admin_password,
        )
    except Refusal as refusal:
        raise ConfigError(f"SUPER_ADMIN_USERNAME, _EMAIL and _PASSWORD make no account: {refusal.text}") from refusal


def _address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
