"""What came of commands, for a while: kept when they end, so that whoever did not wait can ask later.

Output may hold anything, so it is kept for RESULT_HOURS only, the newest MOST_PER_MACHINE of a machine, and shown to
nobody but the person who sent the command and administrators.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.commands import RESULT_HOURS, CommandResult, kept_output
from relay.domain.errors import Forbidden, NotFound
from relay.services.live import Live, LiveCommand
from relay.services.ports import Writer
from relay.services.records import find_record, to_document
from relay.services.rights import NOT_AUTHORIZED, Rights
from relay.store.interface import Database
from relay.terminal.command_run import CommandOutcome

MOST_PER_MACHINE = 100
"""At most 40 MB a machine, if every byte of every output is one that UTF-8 cannot say."""
EXCESS_AT_ONCE = 100
NO_COMMAND = "Command not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResults:
    """Keeps and finds results. None means that the command still runs."""

    database: Database
    rights: Rights
    live: Live
    writer: Writer
    clock: Clock

    async def keep(self, live: LiveCommand, command: str, outcome: CommandOutcome | None, error: str | None) -> None:
        """Keep the result of a command that has ended; the oldest of the machine make room."""
        await self.writer.write("command_results", to_document(self._result(live, command, outcome, error)))
        results = self.database.collection("command_results")
        where = {"tenant_id": live.tenant_id, "machine_id": live.machine_id}
        excess = await results.find(
            where, sort=[("created_at", -1)], skip=MOST_PER_MACHINE, limit=EXCESS_AT_ONCE, projection={"_id": 1}
        )
        if excess:
            await results.delete_many({"_id": {"$in": [each["_id"] for each in excess]}})

    async def get(self, actor: Actor, agent_id: str, command_id: str) -> CommandResult | None:
        """The result, for who sent the command and administrators. Raises NotFound, Forbidden."""
        machine = await self.rights.get(actor, agent_id)
        await self.rights.require_view(actor, machine)
        running = self.live.commands.get(command_id)
        if running is not None and running.machine_id == machine.id:
            _require_own(actor, running.actor.user_id, machine.tenant_id)
            return None
        where = {"_id": command_id, "tenant_id": machine.tenant_id, "machine_id": machine.id}
        result = find_record(CommandResult, await self.database.collection("command_results").find_one(where))
        if result is None or result.expires_at <= self.clock.now():
            raise NotFound(NO_COMMAND)
        _require_own(actor, result.user_id, machine.tenant_id)
        return result

    def _result(
        self, live: LiveCommand, command: str, outcome: CommandOutcome | None, error: str | None
    ) -> CommandResult:
        now: datetime = self.clock.now()
        stdout, is_all_out = kept_output(outcome.stdout if outcome else b"")
        stderr, is_all_err = kept_output(outcome.stderr if outcome else b"")
        return CommandResult(
            id=live.command_id,
            tenant_id=live.tenant_id,
            machine_id=live.machine_id,
            user_id=live.actor.user_id,
            command=command,
            exit_code=outcome.exit_code if outcome else None,
            success=outcome is not None and outcome.exit_code == 0 and error is None,
            stdout=stdout,
            stderr=stderr,
            truncated=not (is_all_out and is_all_err) or (outcome is not None and outcome.truncated),
            duration_ms=outcome.duration_ms if outcome else None,
            error=error,
            created_at=now,
            expires_at=now + timedelta(hours=RESULT_HOURS),
        )


def _require_own(actor: Actor, user_id: str, tenant_id: str) -> None:
    if actor.user_id != user_id and not actor.administers(tenant_id):
        raise Forbidden(NOT_AUTHORIZED)
