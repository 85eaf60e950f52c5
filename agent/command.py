"""One command line run for a person, without a terminal: `/bin/sh -c` in a session and process group of its own.

A lost link does not stop a command: half an upgrade is worse than an unseen one, and its time limit ends it anyway.
"""

import os
import signal

import trio

from agent import child, clock
from agent.attestation import Attestor
from agent.child import Program
from agent.errors import LinkLost, ShellFailure
from agent.login import LoginUser, login_environment
from agent.port import Port
from protocol.frames import DATA, MAX_PAYLOAD_BYTES, STDERR
from protocol.messages import CommandDone, Refused, RunCommand

MAX_OUTPUT_BYTES = 1024 * 1024
"""Standard output and error together; the rest is read and dropped."""
STOP_GRACE_S = 2
"""Between SIGTERM and SIGKILL for a command that is to end."""
LINGER_S = 0.5
"""For output of children that outlive the command line and keep its pipes open."""


class Command:
    """One RunCommand and its channel; `run` says CommandDone or Refused as the last word."""

    def __init__(
        self, request: RunCommand, port: Port, login: LoginUser, *, no_new_privs: bool, attestor: Attestor | None = None
    ) -> None:
        self._request = request
        self._port = port
        self._login = login
        self._no_new_privs = no_new_privs
        self._attestor = attestor
        self._left_bytes = MAX_OUTPUT_BYTES
        self._is_truncated = False
        self._is_link_lost = False
        self._credit_moved = trio.lowlevel.ParkingLot()
        self._cancelled = trio.Event()

    def close(self) -> None:
        """The relay no longer wants it."""
        self._cancelled.set()

    def credit_received(self) -> None:
        """There may be credit now."""
        self._credit_moved.unpark_all()

    def link_lost(self) -> None:
        """Nobody listens any more: output is read and dropped, so that the command can go on."""
        self._is_link_lost = True
        self._credit_moved.unpark_all()

    async def run(self) -> None:
        """Start it, follow it, report it."""
        try:
            await self._run()
        except ShellFailure as failure:
            await self._tell(Refused(reason=str(failure)))

    async def _run(self) -> None:
        started_at_ms, began = clock.unix_ms(), trio.current_time()
        out_read, out_write = os.pipe2(os.O_CLOEXEC)
        err_read, err_write = os.pipe2(os.O_CLOEXEC)
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        output, errors = trio.lowlevel.FdStream(out_read), trio.lowlevel.FdStream(err_read)
        try:
            process = await child.start(self._program(), stdin=nothing, stdout=out_write, stderr=err_write)
        except BaseException:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(output)
                await trio.aclose_forcefully(errors)
            raise
        finally:
            for handle in (nothing, out_write, err_write):
                os.close(handle)
        timed_out = await self._follow(process, output, errors)
        code = await child.exit_code(process)
        done = CommandDone(
            exit_code=None if timed_out else code,
            started_at_ms=started_at_ms,
            duration_ms=round((trio.current_time() - began) * 1000),
            timed_out=timed_out,
            truncated=self._is_truncated,
        )
        await self._tell(done if self._attestor is None else self._attestor.done(self._request, done))

    def _program(self) -> Program:
        request = self._request
        return Program(
            login=self._login,
            executable="/bin/sh",
            argv=["sh", "-c", request.command],
            environment=login_environment(self._login, username=request.username, session_id=request.command_id),
            has_tty=False,
            no_new_privs=self._no_new_privs,
        )

    async def _follow(
        self, process: trio.Process, output: trio.lowlevel.FdStream, errors: trio.lowlevel.FdStream
    ) -> bool:
        """Read both pipes to their ends, or a little longer than the process; whether time ran out."""
        try:
            async with output, errors, trio.open_nursery() as nursery:
                nursery.start_soon(self._end_on_request, process)
                with trio.move_on_after(self._request.timeout_s) as limit:
                    async with trio.open_nursery() as readers:
                        readers.start_soon(self._forward, output, DATA)
                        readers.start_soon(self._forward, errors, STDERR)
                        await process.wait()
                        readers.cancel_scope.deadline = trio.current_time() + LINGER_S
                if limit.cancelled_caught:
                    await _stop(process)
                nursery.cancel_scope.cancel()
        finally:
            child.signal_group(process, signal.SIGKILL)
        return limit.cancelled_caught

    async def _forward(self, stream: trio.lowlevel.FdStream, number: int) -> None:
        while chunk := await stream.receive_some(MAX_PAYLOAD_BYTES):
            payload = chunk[: self._left_bytes]
            self._left_bytes -= len(payload)
            self._is_truncated = self._is_truncated or len(payload) < len(chunk)
            await self._send(payload, number)

    async def _send(self, payload: bytes, number: int) -> None:
        while payload and not self._is_link_lost:
            credit = self._port.credit_bytes(number)
            if not credit:
                await self._credit_moved.park()
                continue
            part, payload = payload[:credit], payload[credit:]
            try:
                await self._port.send_data(part, number)
            except LinkLost:
                self._is_link_lost = True

    async def _end_on_request(self, process: trio.Process) -> None:
        await self._cancelled.wait()
        await _stop(process)

    async def _tell(self, message: CommandDone | Refused) -> None:
        if self._is_link_lost:
            return
        try:
            await self._port.send(message)
        except LinkLost:
            self._is_link_lost = True


async def _stop(process: trio.Process) -> None:
    """SIGTERM to the whole group, SIGKILL to what is left of it."""
    child.signal_group(process, signal.SIGTERM)
    with trio.move_on_after(STOP_GRACE_S):
        await process.wait()
    child.send_group(process.pid, signal.SIGKILL)
