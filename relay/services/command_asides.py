"""Shows a person, in every terminal they have open on the machine, what the commands they send over the API do."""

from dataclasses import dataclass

from relay.domain.commands import shown_output
from relay.services.live import LiveCommand
from relay.terminal.asides import CommandOutput, CommandStarted
from relay.terminal.command_run import CommandOutcome
from relay.terminal.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAsides:
    """Never waits for a terminal; the shell's own output is not touched."""

    hub: Hub

    def started(self, live: LiveCommand, command: str) -> None:
        """The command is on its way."""
        self._show(live, CommandStarted(command_id=live.command_id, command=command))

    def ended(self, live: LiveCommand, command: str, outcome: CommandOutcome | None, error: str | None) -> None:
        """The command has ended, with an outcome or with what is to be said instead, or with both."""
        stdout, stderr = (outcome.stdout, outcome.stderr) if outcome else (b"", b"")
        is_truncated = outcome is not None and outcome.truncated
        output = CommandOutput(
            command_id=live.command_id,
            command=command,
            output=shown_output(stdout, stderr, truncated=is_truncated, word=error),
            exit_code=outcome.exit_code if outcome else None,
        )
        self._show(live, output)

    def _show(self, live: LiveCommand, aside: CommandStarted | CommandOutput) -> None:
        for session in self.hub.sessions():
            is_theirs = session.user_id == live.actor.user_id and session.machine_id == live.machine_id
            if is_theirs and session.viewer is not None:
                session.viewer.show(aside)
