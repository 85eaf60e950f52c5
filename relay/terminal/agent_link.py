"""One agent's live connection: pumps frames between its socket and the channels. Rules of this file:

1. Whatever the agent does wrong ends this link, with a code and a reason, and touches no other.
2. Nothing waits inside here but the socket itself: channels are told synchronously what came.
3. When the link ends, every channel hears it exactly once, before anything else can happen.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
import trio

from protocol import frames
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.link import ControlReceived, CreditReceived, DataReceived, Event, Link
from protocol.messages import Close, Heartbeat, Message
from relay.terminal.ending import INTERNAL, PROTOCOL_ERROR, SILENT, close_text, printable
from relay.terminal.errors import AgentLost, LinkEnded, SocketClosed, TooManySessions
from relay.terminal.fair_writer import SEND_LIMIT_S, FairWriter, NextFrame
from relay.terminal.ports import AgentFacts, AgentSocket, HubListener

CLOSE_LIMIT_S = 5.0
"""How long a closing handshake may take before the socket is dropped."""
STUCK_S = 1.0
"""How long the last frame may take to leave once the link has ended."""
ABNORMAL = 1006
"""RFC 6455's name for a connection that ended without a close frame; never sent."""

log = structlog.get_logger(__name__)


class ChannelHandler(Protocol):
    """What lives on one channel: a session or a command."""

    async def on_control(self, message: Message) -> None:
        """The agent said something, allowed in this state."""

    def on_data(self, stream: int, offset: int, payload: bytes) -> None:
        """New bytes, in order."""

    def next_frame(self) -> bytes | None:
        """The next data frame within the credit, or None."""

    def on_lost(self) -> None:
        """The link is gone."""


class AgentLink:
    """A proven agent and its channels. `run` pumps until the end; everything else is synchronous."""

    def __init__(
        self, socket: AgentSocket, link: Link, facts: AgentFacts, *, listener: HubListener, silence_s: float
    ) -> None:
        self.facts = facts
        self.agent_id = facts.agent.agent_id
        self.ending: LinkEnded | None = None
        self._socket = socket
        self._link = link
        self._listener = listener
        self._silence_s = silence_s
        self._writer = FairWriter(socket)
        self._handlers: dict[int, ChannelHandler] = {}
        self._scope = trio.CancelScope()
        self._heard_at = trio.current_time()
        self._heartbeat: Heartbeat | None = None
        self._reports = trio.lowlevel.ParkingLot()
        self._written = trio.Event()

    # --- for the channels

    def open_channel(self, opening: Message, handler: ChannelHandler) -> int:
        """Send `opening` on a fresh channel, which `handler` owns. Raises AgentLost, TooManySessions."""
        if self.ending is not None:
            raise AgentLost
        try:
            channel = self._link.next_channel()
        except LocalProtocolError as error:
            raise TooManySessions("Too many shells and commands run on this machine") from error
        self._handlers[channel] = handler
        self._post(self._link.send_control(channel, opening))
        return channel

    def say(self, channel: int, message: Message) -> None:
        """Send a control message, unless the agent has closed the channel."""
        if self._link.knows(channel):
            self._post(self._link.send_control(channel, message))

    def say_latest(self, channel: int, message: Callable[[], Message]) -> None:
        """Send what `message` gives when its turn comes: for sizes that change faster than they can be sent."""

        def frame() -> bytes | None:
            return self._link.send_control(channel, message()) if self._link.knows(channel) else None

        self._post_frame(frame)

    def close_channel(self, channel: int, reason: str) -> None:
        """Ask the agent to end what runs there."""
        self.say(channel, Close(reason=printable(reason)))

    def wake(self, handler: ChannelHandler) -> None:
        """`handler` has data to send."""
        self._writer.wake(handler.next_frame)

    def data_frame(self, channel: int, payload: bytes) -> bytes:
        """The message that carries `payload`, which must fit the credit."""
        return self._link.send_data(channel, payload)

    def credit_bytes(self, channel: int) -> int:
        """How much may be sent on this channel now."""
        return self._link.credit_bytes(channel)

    def consume_to(self, channel: int, offset: int, stream: int = frames.DATA) -> None:
        """Everything before `offset` is used up: let the agent send further when it is time."""
        grant = self._link.consume_to(channel, offset, stream=stream)
        if grant is not None:
            self._post(grant)

    # --- the life of the link

    def greet(self, welcome: Message) -> None:
        """Say welcome: from now on channels may be opened."""
        self._post(self._link.send_control(frames.LINK_CHANNEL, welcome))

    async def run(self) -> None:
        """Pump until the link ends; `ending` then says why."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                for task in (self._read, self._write, self._watch, self._report):
                    nursery.start_soon(self._guard, task)
                nursery.start_soon(self._unstick)

    def cut(self, code: int, reason: str) -> None:
        """End the link now; the first reason counts."""
        if self.ending is not None:
            return
        self.ending = LinkEnded(code, reason)
        handlers, self._handlers = list(self._handlers.values()), {}
        for handler in handlers:
            handler.on_lost()
        self._scope.cancel()

    async def hang_up(self) -> None:
        """Tell the agent why the link has ended, also while we are being cancelled."""
        assert self.ending is not None, "cut first"
        with trio.move_on_after(CLOSE_LIMIT_S, shield=True):
            await self._socket.close(self.ending.code, close_text(self.ending.reason))

    async def _guard(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run one of the link's tasks; whatever ends it ends the link, and nothing else."""
        try:
            await task()
        except SocketClosed:
            self.cut(ABNORMAL, "the agent hung up")
        except RemoteProtocolError as error:
            self.cut(PROTOCOL_ERROR, printable(str(error)))
        except LinkEnded as ending:
            self.cut(ending.code, ending.reason)
        except Exception:  # a bug on one link must not end the others; it is logged here, once
            log.exception("agent link failed", agent_id=self.agent_id)
            self.cut(INTERNAL, "internal error")

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            self._heard_at = trio.current_time()
            event = self._link.receive(message)
            if event is not None:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        if event.channel == frames.LINK_CHANNEL:
            self._take_heartbeat(event)
            return
        handler = self._handlers.get(event.channel)
        if handler is None:
            return
        match event:
            case DataReceived():
                handler.on_data(event.stream, event.offset, event.payload)
            case CreditReceived():
                self.wake(handler)
            case ControlReceived():
                await handler.on_control(event.message)
                if not self._link.knows(event.channel):
                    self._handlers.pop(event.channel, None)

    def _take_heartbeat(self, event: Event) -> None:
        if isinstance(event, ControlReceived) and isinstance(event.message, Heartbeat):
            self._heartbeat = event.message
            self._reports.unpark_all()

    async def _report(self) -> None:
        """Tell the listener about heartbeats, beside the pump: a slow store costs beats, not keystrokes."""
        while True:
            heartbeat, self._heartbeat = self._heartbeat, None
            if heartbeat is None:
                await self._reports.park()
            else:
                await self._tell(heartbeat)

    async def _tell(self, heartbeat: Heartbeat) -> None:
        try:
            await self._listener.heartbeat(self.agent_id, heartbeat)
        except Exception:  # a failing store must not cut a machine off; logged here, once
            log.exception("heartbeat failed", agent_id=self.agent_id)

    async def _write(self) -> None:
        try:
            await self._writer.run()
        finally:
            self._written.set()

    async def _unstick(self) -> None:
        """A send to a peer that does not read may not hear of its cancellation: then the socket goes."""
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(STUCK_S, shield=True) as limit:
                await self._written.wait()
            if limit.cancelled_caught:
                self._socket.abort()

    async def _watch(self) -> None:
        while (left_s := self._heard_at + self._silence_s - trio.current_time()) > 0:
            await trio.sleep(min(left_s, SEND_LIMIT_S))
            if self._writer.is_stuck:
                raise LinkEnded(SILENT, "the agent does not read")
        raise LinkEnded(SILENT, f"no heartbeat for {self._silence_s:.0f} s")

    # --- sending

    def _post(self, message: bytes) -> None:
        self._post_frame(lambda: message)

    def _post_frame(self, frame: NextFrame) -> None:
        try:
            self._writer.post(frame)
        except LinkEnded as ending:
            self.cut(ending.code, ending.reason)
