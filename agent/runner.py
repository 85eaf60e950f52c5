"""`run`: hold a link to the relay for as long as the process lives, and keep status.json telling the truth about it."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from agent import __version__, clock, log
from agent.address import parse_address
from agent.attestation import Attestor
from agent.backoff import Backoff
from agent.config import Config, StateDirectory
from agent.connection import (
    DIAL_TIMEOUT_S,
    NOT_PROVEN_CODE,
    PROTOCOL_ERROR_CODE,
    Connection,
    Ending,
    Endpoint,
    Introduction,
    prove,
    use_connection,
)
from agent.dispatcher import Dispatcher
from agent.enrolment import tls_context
from agent.errors import LinkLost, MachineDeleted, RelayMismatch, RelayUnreachable
from agent.identity import Identity, load_identity, machine_facts
from agent.telemetry import Telemetry
from agent.terminal import Patience
from agent.workload import Workload
from protocol.errors import RemoteProtocolError
from protocol.messages import Welcome

SLOW_CODES = {4401: "not proven, or revoked", 4409: "another agent uses this identity"}
"""Close codes after which trying again soon would not help."""
DELETED_CODE = 4404
"""The machine was deleted at the relay: stop for good."""


class Agent:
    """One enrolled machine. `random_unit` gives numbers in [0, 1)."""

    def __init__(
        self,
        state: StateDirectory,
        *,
        runtime: Path | None = None,
        patience: Patience | None = None,
        random_unit: Callable[[], float] = random.random,
    ) -> None:
        self._state = state
        self._config: Config = state.load_config()
        self._identity: Identity = load_identity(state)
        self._endpoint = _endpoint(self._config, state)
        self._runtime = runtime or _runtime_directory(state)
        self._patience = patience or Patience()
        self._backoff = Backoff(random_unit)
        self._telemetry = Telemetry(trio.current_time)

    async def run(self) -> None:
        """Until cancelled. Raises MachineDeleted."""
        try:
            await self._hold_links()
        finally:
            # Its sessions have removed their own directories; another agent's may still be there.
            with suppress(OSError):
                self._runtime.rmdir()
        raise MachineDeleted("the relay no longer knows this machine: run `fairlead-agent uninstall`, or enrol again")

    async def _hold_links(self) -> None:
        """Until cancelled, or until the machine is deleted at the relay."""
        async with trio.open_nursery() as nursery:
            workload = Workload(
                nursery,
                linux_user=self._config.linux_user,
                allow_sudo=self._config.allow_sudo,
                runtime=self._runtime,
                patience=self._patience,
                attestor=Attestor(self._config.agent_id, self._identity.sign, trio.current_time),
            )
            try:
                while (wait_s := await self._hold_link(workload)) is not None:
                    log.info("waiting", seconds=round(wait_s, 1))
                    await trio.sleep(wait_s)
            finally:
                self._tell(is_connected=False, detail="stopped")
            nursery.cancel_scope.cancel()

    async def _hold_link(self, workload: Workload) -> float | None:
        """One connection from dialling to its end; how many seconds to wait before the next, None to stop."""
        try:
            ending = await self._connect(workload)
        except RelayMismatch as mismatch:
            return self._give_up(str(mismatch), self._backoff.slow_s())
        except RelayUnreachable as failure:
            return self._give_up(str(failure), self._backoff.next_s())
        if ending.code == DELETED_CODE:
            return None
        if ending.code in SLOW_CODES:
            return self._give_up(SLOW_CODES[ending.code], self._backoff.slow_s())
        return self._give_up(f"link ended: {ending.code} {ending.reason}".strip(), self._backoff.next_s())

    def _give_up(self, reason: str, wait_s: float) -> float:
        log.warning("not_connected", reason=reason)
        self._tell(is_connected=False, detail=reason)
        return wait_s

    async def _connect(self, workload: Workload) -> Ending:
        """Raises RelayMismatch, RelayUnreachable."""
        with trio.CancelScope(deadline=trio.current_time() + DIAL_TIMEOUT_S) as dialling:
            return await use_connection(self._endpoint, lambda wire: self._talk(wire, workload, dialling))
        raise RelayUnreachable(f"{self._config.server} did not answer within {DIAL_TIMEOUT_S} s")

    async def _talk(self, connection: Connection, workload: Workload, dialling: trio.CancelScope) -> Ending:
        """Raises RelayMismatch."""
        try:
            welcome = await prove(connection, self._endpoint, self._identity, lambda: self._introduce(workload))
            dialling.deadline = float("inf")
            return await self._serve(connection, workload, welcome)
        except RelayMismatch:
            await connection.close(NOT_PROVEN_CODE, "not the pinned relay")
            raise
        except RemoteProtocolError as error:
            log.warning("relay_broke_protocol", reason=str(error))
            await connection.close(PROTOCOL_ERROR_CODE, str(error))
            return Ending(code=PROTOCOL_ERROR_CODE, reason=str(error))
        except LinkLost:
            return connection.ending()

    async def _serve(self, connection: Connection, workload: Workload, welcome: Welcome) -> Ending:
        """Pump until the link ends. Raises LinkLost, RemoteProtocolError."""
        self._backoff.reset()
        log.info("connected", server=self._config.server, agent_id=self._config.agent_id)
        self._tell(is_connected=True, detail="")
        workload.keep_only(welcome.keep_sessions)
        async with trio.open_nursery() as nursery:
            dispatcher = Dispatcher(connection, workload, nursery)
            nursery.start_soon(connection.watch)
            nursery.start_soon(self._beat, connection, welcome.heartbeat_interval_s)
            failure: Exception
            try:
                while True:
                    event = await connection.receive()
                    if event is not None:
                        dispatcher.dispatch(event)
            except (LinkLost, RemoteProtocolError) as error:
                failure = error
            finally:
                connection.is_lost = True
                dispatcher.link_lost()
                nursery.cancel_scope.cancel()
        raise failure

    async def _beat(self, connection: Connection, interval_s: float) -> None:
        while True:
            try:
                await connection.say(self._telemetry.heartbeat())
            except LinkLost:
                return
            await trio.sleep(interval_s)

    def _introduce(self, workload: Workload) -> Introduction:
        return Introduction(
            facts=machine_facts(),
            linux_user=self._config.linux_user,
            allow_sudo=self._config.allow_sudo,
            sessions=workload.held(),
        )

    def _tell(self, *, is_connected: bool, detail: str) -> None:
        status: dict[str, Any] = {
            "connected": is_connected,
            "since_ms": clock.unix_ms(),
            "server": self._config.server,
            "agent_id": self._config.agent_id,
            "name": self._config.name,
            "pid": os.getpid(),
            "version": __version__,
            "detail": detail,
        }
        self._state.save_status(status)


async def run_until_signalled(agent: Agent) -> None:
    """SIGTERM and SIGINT end it cleanly. Raises MachineDeleted, never in a group: its exit code keeps systemd away."""
    deleted: MachineDeleted | None = None
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_stop_at_signal, signals, nursery.cancel_scope)
            try:
                await agent.run()
            except MachineDeleted as gone:
                deleted = gone
                nursery.cancel_scope.cancel()
    if deleted is not None:
        raise deleted


async def _stop_at_signal(signals: Any, scope: trio.CancelScope) -> None:
    async for number in signals:
        log.info("stopping", signal=signal.Signals(number).name)
        scope.cancel()
        return


def _endpoint(config: Config, state: StateDirectory) -> Endpoint:
    address = parse_address(config.server)
    tls = tls_context(state, has_ca_file=config.has_ca_file) if address.is_tls else None
    return Endpoint(address=address, tls=tls, agent_id=config.agent_id, relay_key=config.relay_key)


def _runtime_directory(state: StateDirectory) -> Path:
    """Where sessions have their FIFOs. As root, other users must be able to pass through it to their own."""
    if os.geteuid() == 0:
        return Path("/run/fairlead-agent")
    return state.path / "sessions"
