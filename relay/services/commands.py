"""Single commands over the API: run by right, logged when they end, cut off when the right goes."""

import re
from dataclasses import dataclass

import structlog
import trio

from relay.clock import Clock
from relay.domain.access import Access, Actor
from relay.domain.audit import Action
from relay.domain.clients import browser_of, os_of
from relay.domain.commands import (
    DEFAULT_TIMEOUT_S,
    Attested,
    CommandRecord,
    Confidence,
    Method,
    check_command,
    check_timeout,
)
from relay.domain.errors import Denied, Forbidden, Refusal, TimedOut, Unavailable
from relay.domain.held_commands import CommandHeld, HeldCommand
from relay.domain.machines import Machine
from relay.ids import Ids
from relay.services.attestations import Taken, Verify, attested_done, broken_log
from relay.services.audit import Audit
from relay.services.command_asides import CommandAsides
from relay.services.command_gate import CommandGate
from relay.services.command_results import CommandResults
from relay.services.live import Live, LiveCommand
from relay.services.ports import Background, Writer
from relay.services.recheck import LiveRecheck
from relay.services.records import to_document
from relay.services.rights import NOT_AUTHORIZED, Rights
from relay.terminal.command_run import CommandOutcome, CommandRequest
from relay.terminal.errors import AgentLost, AgentOffline, TooManySessions
from relay.terminal.hub import Hub

_SUDO = re.compile(r"\s*(?:sudo|su|doas|pkexec)(?:\s|$)")
"""A plain try is refused with a clear word here; the machine refuses every other way (no_new_privs)."""

NEVER_SENT = (AgentOffline, TooManySessions)
"""Refusals that say for sure that the machine was told nothing: then the log has no row."""
END_UNKNOWN = (AgentLost, TimedOut)
"""Refusals without an outcome that leave open how the command ended."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Sent:
    """A command on its way; once `ended` is set there is an outcome, or a refusal why there is none.

    With `is_shown` its person's terminals on the machine tell of it.
    """

    command_id: str
    command: str
    ended: trio.Event
    is_shown: bool
    outcome: CommandOutcome | None = None
    refusal: Refusal | None = None

    @property
    def error(self) -> str | None:
        """Why there is no whole outcome."""
        return None if self.refusal is None else self.refusal.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Runs commands. Each runs in the background to its end, whether or not anybody waits for it."""

    rights: Rights
    gate: CommandGate
    live: Live
    recheck: LiveRecheck
    hub: Hub
    audit: Audit
    writer: Writer
    asides: CommandAsides
    results: CommandResults
    verify: Verify
    background: Background
    clock: Clock
    ids: Ids

    async def send(
        self, actor: Actor, agent_id: str, command: str, *, timeout_s: int = DEFAULT_TIMEOUT_S, wait: bool = False
    ) -> Sent | HeldCommand:
        """Start a command; with `wait`, return when it has ended (at most `timeout_s` seconds later).

        What nobody waits for is shown in the actor's terminals on the machine.

        Raises Invalid, NotFound, Forbidden, Unavailable; with `wait` also TimedOut and TooMany.
        """
        try:
            sent = await self.start(actor, agent_id, command, timeout_s=timeout_s, is_shown=not wait)
        except CommandHeld as kept:
            return kept.held
        if wait:
            await sent.ended.wait()
            if sent.refusal is not None:
                raise sent.refusal
        return sent

    async def start(
        self,
        actor: Actor,
        agent_id: str,
        command: str,
        *,
        timeout_s: int,
        is_shown: bool,
        command_id: str = "",
        is_approved: bool = False,
    ) -> Sent:
        """Start a command and return; whoever asks for many brings the id. Right and rules are decided now.

        Raises Invalid, NotFound, Forbidden (also by a rule), CommandHeld (kept for approval), TooMany, Unavailable.
        """
        check_command(command)
        check_timeout(timeout_s)
        machine = await self.rights.get(actor, agent_id)
        access = await self._require_use(actor, machine)
        if _SUDO.match(command) and not access.sudo:
            raise Forbidden("Sudo is not allowed for your machine role")
        command_id = command_id or self.ids.object_id()
        await self.gate.check(
            actor, machine, command, command_id=command_id, timeout_s=timeout_s, is_approved=is_approved
        )
        if not self.hub.is_connected(agent_id):
            raise Unavailable("Machine is offline")
        sent = Sent(command_id=command_id, command=command, ended=trio.Event(), is_shown=is_shown)
        await self._record(actor, machine, access, sent)
        live = LiveCommand(
            command_id=sent.command_id,
            machine_id=machine.id,
            tenant_id=machine.tenant_id,
            actor=actor,
            access=access,
            scope=trio.CancelScope(),
        )
        self.live.commands[sent.command_id] = live
        self.background(lambda: self._run(live, machine, sent, timeout_s))
        return sent

    async def _run(self, live: LiveCommand, machine: Machine, sent: Sent, timeout_s: int) -> None:
        request = CommandRequest(
            command_id=sent.command_id,
            command=sent.command,
            username=live.actor.username,
            timeout_s=timeout_s,
            sudo=live.access.sudo,
        )
        try:
            with live.scope:
                await self.recheck.command(live)
                await trio.lowlevel.checkpoint_if_cancelled()
                if sent.is_shown:
                    self.asides.started(live, sent.command)
                sent.outcome = await self.hub.run_command(machine.agent_id, request)
            sent.refusal = _refusal(live, sent.outcome)
        except Refusal as refusal:
            sent.refusal = refusal
        except Exception:  # a bug must end this command only; logged here, once
            log.exception("command failed", command_id=sent.command_id)
            sent.refusal = Unavailable("The command could not be run")
        finally:
            with trio.CancelScope(shield=True):
                await self._end(live, machine, sent)

    async def _end(self, live: LiveCommand, machine: Machine, sent: Sent) -> None:
        """Keep what came of it, and say so. Until then the command counts as running."""
        if sent.is_shown:
            self.asides.ended(live, sent.command, sent.outcome, sent.error)
        try:
            if not isinstance(sent.refusal, NEVER_SENT):
                await self._log(live, machine, sent)
            await self.results.keep(live, sent.command, sent.outcome, sent.error)
        except Exception:  # the store is full or gone: the command has run, the relay goes on; logged here, once
            log.exception("command row lost", command_id=sent.command_id)
        self.live.commands.pop(sent.command_id, None)
        sent.ended.set()

    def _attested(self, machine: Machine, sent: Sent) -> Taken:
        found = None if sent.outcome is None else sent.outcome.attestation
        if found is None:
            return Taken(attested=Attested.UNSIGNED)
        return attested_done(self.verify, found.key, machine.agent_id, found.run, found.done)

    async def _log(self, live: LiveCommand, machine: Machine, sent: Sent) -> None:
        taken = self._attested(machine, sent)
        if taken.fault:
            entry = broken_log(
                machine.tenant_id, machine.agent_id, taken.fault, at=self.clock.now(), command_id=sent.command_id
            )
            await self.audit.write(entry)
        await self.writer.write("commands", to_document(self._record_of(live, machine, sent, taken)))

    def _record_of(self, live: LiveCommand, machine: Machine, sent: Sent, taken: Taken) -> CommandRecord:
        actor, outcome = live.actor, sent.outcome
        return CommandRecord(
            id=sent.command_id,
            tenant_id=machine.tenant_id,
            machine_id=machine.id,
            agent_id=machine.agent_id,
            machine_name=machine.name,
            user_id=actor.user_id,
            username=actor.username,
            command=sent.command,
            timestamp=outcome.started_at if outcome else self.clock.now(),
            success=_success(sent),
            exit_code=outcome.exit_code if outcome else None,
            duration_ms=outcome.duration_ms if outcome else None,
            source=actor.source,
            session_id=None,
            method=Method.API,
            confidence=Confidence.HIGH,
            ip_address=actor.ip_address,
            browser=browser_of(actor.user_agent),
            os=os_of(actor.user_agent),
            attested=taken.attested,
            statement=taken.statement,
        )

    async def _require_use(self, actor: Actor, machine: Machine) -> Access:
        access = await self.rights.find(actor, machine)
        if access is None:
            await self.audit.record(
                actor,
                Action.ACCESS_DENIED,
                "machine",
                resource_id=machine.agent_id,
                tenant_id=machine.tenant_id,
                status="failure",
            )
            raise Denied(NOT_AUTHORIZED)
        return access

    async def _record(self, actor: Actor, machine: Machine, access: Access, sent: Sent) -> None:
        await self.audit.record(
            actor,
            Action.COMMAND_EXECUTED,
            "machine",
            resource_id=machine.agent_id,
            tenant_id=machine.tenant_id,
            command_id=sent.command_id,
            machine_name=machine.name,
            via=str(access.via),
        )


def _success(sent: Sent) -> bool | None:
    """How it ended; None where the machine was told and the relay never heard."""
    if sent.outcome is None:
        return None if isinstance(sent.refusal, END_UNKNOWN) else False
    return sent.outcome.exit_code == 0 and not sent.outcome.timed_out


def _refusal(live: LiveCommand, outcome: CommandOutcome | None) -> Refusal | None:
    if outcome is None:
        return Forbidden(live.ended_why)
    return TimedOut("Command timed out") if outcome.timed_out else None
