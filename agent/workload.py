"""Everything one agent runs at the moment, and the limits of it: shells and commands, started and counted here."""

from pathlib import Path
from traceback import format_exception

import trio

from agent import clock, log
from agent.attestation import Attestor
from agent.command import Command
from agent.command_log import CommandLog
from agent.errors import ShellFailure, UsageMistake
from agent.login import LoginUser, find_login, keeps_sudo
from agent.port import Port
from agent.shell import Shell, open_shell
from agent.shellhooks import Hooks, prepare_hooks
from agent.shellhooks.marks import MarkPipe
from agent.terminal import Patience, Terminal
from protocol.messages import HeldSession, Opened, OpenTerminal, RunCommand

MAX_TERMINALS = 64
"""Shells of one machine, held ones included."""
MAX_COMMANDS = 32
"""Commands of one machine at the same time."""


class Workload:
    """Everything this agent runs: shells and commands, which outlive the connection they were asked for on."""

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        linux_user: str,
        allow_sudo: bool,
        runtime: Path,
        patience: Patience,
        attestor: Attestor | None = None,
    ) -> None:
        self._nursery = nursery
        self._linux_user = linux_user
        self._allow_sudo = allow_sudo
        self._runtime = runtime
        self._patience = patience
        self._attestor = attestor
        self._commands = 0
        self._opening = 0
        self.terminals: dict[str, Terminal] = {}

    def held(self) -> tuple[HeldSession, ...]:
        """The shells that have no channel now."""
        return tuple(terminal.describe() for terminal in self.terminals.values())

    def keep_only(self, session_ids: tuple[str, ...]) -> None:
        """Hang up the shells the relay no longer knows."""
        for session_id, terminal in list(self.terminals.items()):
            if session_id not in session_ids:
                terminal.hang_up()

    def check_room(self, session_id: str) -> None:
        """Raises ShellFailure when there is no room for one more shell, or it is here already."""
        if session_id in self.terminals:
            raise ShellFailure("this session is already open on this machine")
        if len(self.terminals) + self._opening >= MAX_TERMINALS:
            raise ShellFailure(f"this machine already has {MAX_TERMINALS} shells open")

    async def open_terminal(self, request: OpenTerminal) -> tuple[Terminal, Opened]:
        """A running shell, known by its session. Raises ShellFailure."""
        self.check_room(request.session_id)
        self._opening += 1
        try:
            shell, hooks = await self._open_shell(request)
        finally:
            self._opening -= 1
        method = "keystrokes" if hooks is None else hooks.method
        command_log = CommandLog(
            shell,
            method=method,
            unix_ms=clock.unix_ms,
            pipe=None if hooks is None else MarkPipe(hooks.fifo),
            token="" if hooks is None else hooks.token,
            attestation=None if self._attestor is None else self._attestor.log(request.session_id),
        )
        terminal = Terminal(request.session_id, shell, command_log, self._patience)
        self.terminals[request.session_id] = terminal
        self._nursery.start_soon(self._run_terminal, terminal, command_log, hooks)
        return terminal, Opened(shell=shell.name, log_method=method)

    async def _open_shell(self, request: OpenTerminal) -> tuple[Shell, Hooks | None]:
        login = self._login()
        hooks = prepare_hooks(login, self._runtime)
        try:
            shell = await open_shell(
                login,
                username=request.username,
                session_id=request.session_id,
                cols=request.cols,
                rows=request.rows,
                no_new_privs=not keeps_sudo(login, machine_allows=self._allow_sudo, person_may=request.sudo),
                hooks=hooks,
            )
        except BaseException:
            if hooks is not None:
                hooks.remove()
            raise
        return shell, hooks

    async def _run_terminal(self, terminal: Terminal, command_log: CommandLog, hooks: Hooks | None) -> None:
        try:
            await terminal.run()
        except Exception as error:  # noqa: BLE001 - a bug in one session must not end the others
            log.error("bug", session_id=terminal.session_id, error="".join(format_exception(error)))
        finally:
            del self.terminals[terminal.session_id]
            command_log.close()
            if hooks is not None:
                hooks.remove()
            log.info("terminal_ended", session_id=terminal.session_id)

    def start_command(self, request: RunCommand, port: Port) -> Command:
        """Start running it. Raises ShellFailure when there are too many."""
        if self._commands >= MAX_COMMANDS:
            raise ShellFailure(f"this machine already runs {MAX_COMMANDS} commands")
        login = self._login()
        no_new_privs = not keeps_sudo(login, machine_allows=self._allow_sudo, person_may=request.sudo)
        command = Command(request, port, login, no_new_privs=no_new_privs, attestor=self._attestor)
        self._commands += 1
        self._nursery.start_soon(self._run_command, command)
        return command

    async def _run_command(self, command: Command) -> None:
        try:
            await command.run()
        except Exception as error:  # noqa: BLE001 - a bug in one command must not end the others
            log.error("bug", error="".join(format_exception(error)))
        finally:
            self._commands -= 1

    def _login(self) -> LoginUser:
        """Looked up each time: users change while an agent runs."""
        try:
            return find_login(self._linux_user)
        except UsageMistake as mistake:
            raise ShellFailure(str(mistake)) from mistake
