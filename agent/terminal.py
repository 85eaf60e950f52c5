"""One terminal session: a shell, its bytes by offset, and whatever channel they go over just now. Rules of this file:

1. The shell outlives the link. Without a link it is held for `hold_s`, then hung up.
2. The PTY is read only while the relay's credit lasts, with and without a link: nothing here can grow past one window.
3. Output stays until the relay has used it up; input that has arrived is typed, link or no link.
4. Exited is the last word of a channel, after all output and all log rows.
"""

from collections import deque
from contextlib import aclosing
from dataclasses import dataclass

import trio

from agent import log
from agent.command_log import CommandLog
from agent.errors import LinkLost
from agent.port import Port
from agent.replay import ReplayBuffer
from agent.shell import Shell
from protocol.messages import Exited, HeldSession, Resume, Resumed
from protocol.window import WINDOW_BYTES

QUANTUM_BYTES = 16 * 1024
"""One turn of one channel: a keystroke beside a flood waits for at most this much."""
CREDIT_STEP_BYTES = 16 * 1024
"""How much typed input is gathered before the link is asked whether to announce credit."""

LATE_SILENCE_S = 0.1
"""After the shell's end: the kernel hands its last output over a moment later, so the end is when nothing comes."""
MAX_LATE_BYTES = 1024 * 1024
"""After the shell's end, a child that keeps writing is listened to for this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a terminal waits, in seconds."""

    hold_s: float = 300
    """For a lost link to come back."""
    hang_up_s: float = 5
    """For a shell to end after SIGHUP, before SIGKILL."""
    drain_s: float = 5
    """For the relay to take the last output of a session it has closed itself."""


class Terminal:
    """Built around a running shell; `run` lasts until the relay has heard Exited, or nobody came back for it."""

    def __init__(self, session_id: str, shell: Shell, command_log: CommandLog, patience: Patience) -> None:
        self.session_id = session_id
        self._shell = shell
        self._log = command_log
        self._patience = patience
        self._output = ReplayBuffer()
        self._sent = 0
        self._limit = WINDOW_BYTES
        self._inbox: deque[bytes] = deque()
        self._received = 0
        self._typed = 0
        self._announced = 0
        self._port: Port | None = None
        self._is_flushing = False
        self._is_drained = False
        self._has_shell_ended = False
        self._reading = trio.CancelScope()
        self._late_bytes = MAX_LATE_BYTES
        self._hung_up = trio.Event()
        self._output_moved = trio.lowlevel.ParkingLot()
        self._input_moved = trio.lowlevel.ParkingLot()

    # --- from the link

    def attach(self, port: Port) -> None:
        """Bytes go over this channel from now on, unless its link has just gone too."""
        if port.is_lost:
            return
        self._port = port
        self._announced = self._typed
        self._moved()

    def detach(self) -> None:
        """The link is gone; what was sent on it may have to be sent again."""
        self._port = None
        self._moved()

    def receive_input(self, data: bytes) -> None:
        """Type it, at once if the terminal takes it: bounded by the credit we gave."""
        self._received += len(data)
        if not self._inbox and self._received - self._announced < CREDIT_STEP_BYTES:
            mode = self._log.sample()
            count = self._shell.send_nowait(data)
            self._log.typed(data[:count], mode)
            self._typed += count
            data = data[count:]
            if not data:
                return
        self._inbox.append(data)
        self._input_moved.unpark_all()

    def credit_received(self, limit: int) -> None:
        """The relay has used up everything before `limit` minus one window."""
        self._limit = max(self._limit, limit)
        self._output.trim_to(limit - WINDOW_BYTES)
        self._output_moved.unpark_all()

    def resize(self, cols: int, rows: int) -> None:
        """Character cells."""
        self._shell.resize(cols, rows)

    def hang_up(self) -> None:
        """The session is over: SIGHUP now, SIGKILL later."""
        self._hung_up.set()
        self._moved()

    def describe(self) -> HeldSession:
        """What the relay must know to take the shell up again."""
        return HeldSession(
            session_id=self.session_id,
            output_start=self._output.start,
            output_end=self._output.end,
            input_end=self._received,
        )

    def can_resume(self, request: Resume) -> bool:
        """Whether the output asked for is still here."""
        return self._port is None and self._output.start <= request.output_offset <= self._output.end

    async def resume(self, request: Resume, port: Port) -> None:
        """Take up on a new channel, from the offsets both sides have. Raises LinkLost."""
        self._sent = request.output_offset
        limit = request.output_offset + WINDOW_BYTES if request.output_limit is None else request.output_limit
        self._output.trim_to(min(limit - WINDOW_BYTES, request.output_offset))
        self._limit = max(self._limit, limit)
        await port.send(
            Resumed(input_offset=self._received, input_limit=max(self._received, self._typed + WINDOW_BYTES))
        )
        self.attach(port)
        await self.flush()

    # --- life

    async def run(self) -> None:
        """Until the last word is said."""
        async with aclosing(self._shell), trio.open_nursery() as nursery:
            nursery.start_soon(self._read_output)
            nursery.start_soon(self._write_input)
            nursery.start_soon(self._expire)
            nursery.start_soon(self._end_on_request)
            nursery.start_soon(self._log.run, self._moved)
            nursery.start_soon(self._send_log)
            code = await self._shell.exit_code()
            self._has_shell_ended = True
            self._reading.cancel()
            await self._say_last_word(code)
            nursery.cancel_scope.cancel()

    async def _read_output(self) -> None:
        while True:
            while not (room := self._limit - self._output.end) > 0:
                await self._output_moved.park()
            chunk = await self._receive(min(room, QUANTUM_BYTES))
            if not chunk:
                break
            self._output.append(chunk)
            await self.flush()
        self._is_drained = True
        self._output_moved.unpark_all()

    async def _receive(self, most: int) -> bytes:
        """Output, b"" after the last. A child that outlives the shell and keeps the terminal does not keep us."""
        if not self._has_shell_ended:
            with trio.CancelScope() as self._reading:
                return await self._shell.receive(most)
        with trio.move_on_after(LATE_SILENCE_S):
            chunk = await self._shell.receive(min(most, self._late_bytes))
            self._late_bytes -= len(chunk)
            return chunk
        return b""

    async def flush(self) -> None:
        """Send what was read and not sent yet; whoever comes while this runs leaves it to the one who is here."""
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while (port := self._port) is not None and self._sent < self._output.end:
                credit = port.credit_bytes()
                if credit:
                    await self._send_output(port, self._output.read(self._sent, credit))
                else:
                    await self._output_moved.park()
        finally:
            self._is_flushing = False
            self._output_moved.unpark_all()

    async def _send_output(self, port: Port, payload: bytes) -> None:
        self._sent += len(payload)
        try:
            await port.send_data(payload)
        except LinkLost:
            self._lose(port)

    async def _write_input(self) -> None:
        while True:
            while not self._inbox:
                await self._input_moved.park()
            data = self._inbox[0]
            self._log.typed(data, self._log.sample())
            await self._shell.send(data)
            self._inbox.popleft()
            self._typed += len(data)
            await self._announce()

    async def _announce(self) -> None:
        """Typed input gives the relay credit for more; asked only now and then, because asking costs."""
        port = self._port
        if port is None or (self._inbox and self._typed - self._announced < CREDIT_STEP_BYTES):
            return
        self._announced = self._typed
        try:
            await port.consume_to(self._typed)
        except LinkLost:
            self._lose(port)

    async def _send_log(self) -> None:
        while True:
            port, row = self._port, None if self._port is None else self._log.next_row()
            if port is None or row is None:
                await self._output_moved.park()
                continue
            try:
                await port.send(row)
            except LinkLost:
                self._lose(port)
            else:
                self._log.drop_first(row)
                self._output_moved.unpark_all()

    async def _expire(self) -> None:
        """Without a link, the shell is held for a while; with one, for as long as it likes."""
        while True:
            while self._port is not None:
                await self._output_moved.park()
            with trio.move_on_after(self._patience.hold_s) as waiting:
                while self._port is None:
                    await self._output_moved.park()
            if waiting.cancelled_caught:
                log.info("shell_hold_over", session_id=self.session_id)
                self.hang_up()
                return

    async def _end_on_request(self) -> None:
        await self._hung_up.wait()
        self._shell.hang_up()
        await trio.sleep(self._patience.hang_up_s)
        self._shell.hang_up(is_final=True)

    async def _say_last_word(self, code: int) -> None:
        """All output, all rows, then Exited: a relay that closed the session gets some seconds, others all it needs."""
        self._log.finish(None if self._hung_up.is_set() else code)
        self._moved()
        while not self._has_said_all():
            with trio.move_on_after(self._patience.drain_s if self._hung_up.is_set() else float("inf")) as waiting:
                await self._output_moved.park()
            if waiting.cancelled_caught:
                break
        port = self._port
        if port is None:
            return
        try:
            await port.send(self._exited(code))
        except LinkLost:
            self._lose(port)

    def _exited(self, code: int) -> Exited:
        reason = "closed" if self._hung_up.is_set() else ""
        seq, signature = self._log.end()
        return Exited(code=code, reason=reason, log_seq=seq, log_signature=signature)

    def _has_said_all(self) -> bool:
        """Also true when there is nobody left to say it to."""
        if self._port is None:
            return self._hung_up.is_set()
        return self._is_drained and self._sent == self._output.end and self._log.first() is None

    def _lose(self, port: Port) -> None:
        """Only the connection we still hold can be lost: a newer one may already be here."""
        if self._port is port:
            self.detach()

    def _moved(self) -> None:
        self._output_moved.unpark_all()
        self._input_moved.unpark_all()
