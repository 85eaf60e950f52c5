"""Each event of the link to its channel, and each channel's first message to a task of its own. Never waits itself."""

from collections.abc import Callable
from typing import Protocol

import trio

from agent import log
from agent.command import Command
from agent.errors import LinkLost, ShellFailure
from agent.port import Port, Wire
from agent.terminal import Terminal
from agent.workload import Workload
from protocol.link import ControlReceived, CreditReceived, DataReceived, Event
from protocol.messages import Close, Message, OpenTerminal, Refused, Resize, Resume, RunCommand


class Handler(Protocol):
    """What a channel does with its events."""

    def control(self, message: Message) -> None:
        """Resize, Close."""

    def data(self, payload: bytes) -> None:
        """Input."""

    def credit(self, limit: int) -> None:
        """The relay lets us send further."""

    def link_lost(self) -> None:
        """The channel is gone."""


class TerminalChannel:
    """A terminal's channel; what comes before the shell is there waits in it, bounded: a size and a wish to close."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.terminal: Terminal | None = None
        self._size: tuple[int, int] | None = None
        self._is_closed = False

    def bind(self, terminal: Terminal) -> None:
        """The shell is there."""
        self.terminal = terminal
        if self._size is not None:
            terminal.resize(*self._size)
        if self._is_closed:
            terminal.hang_up()

    def control(self, message: Message) -> None:
        """Resize and Close may come at any time."""
        match message:
            case Resize():
                self._size = (message.cols, message.rows)
                if self.terminal is not None:
                    self.terminal.resize(message.cols, message.rows)
            case Close():
                self._is_closed = True
                if self.terminal is not None:
                    self.terminal.hang_up()

    def data(self, payload: bytes) -> None:
        """The link lets bytes through only once the channel is open."""
        if self.terminal is not None:
            self.terminal.receive_input(payload)

    def credit(self, limit: int) -> None:
        """For the output."""
        if self.terminal is not None:
            self.terminal.credit_received(limit)

    def link_lost(self) -> None:
        """The shell stays."""
        if self.terminal is not None:
            self.terminal.detach()


class CommandChannel:
    """A command's channel. Its input is not connected: what comes is dropped, within the credit it has."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def control(self, message: Message) -> None:
        """Close cancels it."""
        if isinstance(message, Close):
            self._command.close()

    def data(self, payload: bytes) -> None:
        """Commands read /dev/null."""

    def credit(self, limit: int) -> None:
        """For either stream."""
        del limit
        self._command.credit_received()

    def link_lost(self) -> None:
        """It runs on, unheard."""
        self._command.link_lost()


class Dispatcher:
    """One connection's channels."""

    def __init__(self, wire: Wire, workload: Workload, nursery: trio.Nursery) -> None:
        self._wire = wire
        self._workload = workload
        self._nursery = nursery
        self._channels: dict[int, Handler] = {}

    def dispatch(self, event: Event) -> None:
        """Raises nothing: what the protocol does not allow has been refused before."""
        match event:
            case ControlReceived(message=OpenTerminal() | Resume() | RunCommand()):
                self._begin(event.channel, event.message)
            case ControlReceived():
                self._with(event.channel, lambda handler: handler.control(event.message))
            case DataReceived():
                self._with(event.channel, lambda handler: handler.data(event.payload))
            case CreditReceived():
                self._with(event.channel, lambda handler: handler.credit(event.limit))

    def link_lost(self) -> None:
        """Tell every channel."""
        for handler in self._channels.values():
            handler.link_lost()
        self._channels.clear()

    def _with(self, channel: int, act: Callable[[Handler], None]) -> None:
        handler = self._channels.get(channel)
        if handler is not None:
            act(handler)
        if not self._wire.link.knows(channel):
            self._channels.pop(channel, None)

    def _begin(self, channel: int, message: Message) -> None:
        """Channels that are over are forgotten here, so that the table stays as small as the link's own."""
        for number in [number for number in self._channels if not self._wire.link.knows(number)]:
            del self._channels[number]
        port = Port(self._wire, channel)
        match message:
            case OpenTerminal():
                self._nursery.start_soon(self._open, message, self._terminal_channel(port))
            case Resume():
                self._nursery.start_soon(self._resume, message, self._terminal_channel(port))
            case RunCommand():
                self._run(message, port)

    def _terminal_channel(self, port: Port) -> TerminalChannel:
        handler = TerminalChannel(port)
        self._channels[port.channel] = handler
        return handler

    async def _open(self, request: OpenTerminal, handler: TerminalChannel) -> None:
        try:
            terminal, opened = await self._workload.open_terminal(request)
        except ShellFailure as failure:
            await self._refuse(handler.port, str(failure))
            return
        handler.bind(terminal)
        try:
            await handler.port.send(opened)
        except LinkLost:
            terminal.hang_up()
            return
        log.info("terminal_opened", session_id=request.session_id, username=request.username, shell=opened.shell)
        terminal.attach(handler.port)
        # What the shell said before there was a channel to say it on.
        await terminal.flush()

    async def _resume(self, request: Resume, handler: TerminalChannel) -> None:
        terminal = self._workload.terminals.get(request.session_id)
        if terminal is None or not terminal.can_resume(request):
            await self._refuse(handler.port, "this machine no longer holds that shell")
            return
        handler.bind(terminal)
        try:
            await terminal.resume(request, handler.port)
        except LinkLost:
            return
        log.info("terminal_resumed", session_id=request.session_id)

    def _run(self, request: RunCommand, port: Port) -> None:
        try:
            command = self._workload.start_command(request, port)
        except ShellFailure as failure:
            self._nursery.start_soon(self._refuse, port, str(failure))
            return
        self._channels[port.channel] = CommandChannel(command)
        log.info("command_started", command_id=request.command_id, username=request.username)

    async def _refuse(self, port: Port, reason: str) -> None:
        log.warning("refused", reason=reason)
        try:
            await port.send(Refused(reason=reason))
        except LinkLost:
            return
