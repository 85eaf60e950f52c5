"""Held commands: shown to who asked and who decides; an approved one runs once, by the asker's right at that moment."""

from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.approvals import Step, require_decider
from relay.domain.audit import Action
from relay.domain.errors import Conflict, NotFound, Refusal, Unavailable
from relay.domain.held_commands import HeldCommand
from relay.domain.paging import Page, PageRequest
from relay.services.actors import Actors
from relay.services.approvals import Approvals, decided_by
from relay.services.audit import Audit
from relay.services.commands import Commands
from relay.services.ports import Caller
from relay.services.records import find_page, read
from relay.store.interface import Database

NOBODY = Caller(ip_address="", user_agent="")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCommands:
    """Lists, approves, denies, expires."""

    database: Database
    approvals: Approvals
    commands: Commands
    actors: Actors
    audit: Audit
    clock: Clock

    async def list_visible(self, actor: Actor, paging: PageRequest, *, status: str = "") -> Page[HeldCommand]:
        """The newest first. Raises Invalid."""
        where = await self.approvals.visible(actor, status=status)
        rows = self.database.collection("held_commands")
        return await find_page(rows, where, HeldCommand, paging, sort=[("created_at", -1)])

    async def approve(self, actor: Actor, held_id: str, *, note: str = "") -> HeldCommand:
        """Run it, once. What stops it now stays in the answer's `error`.

        Raises Invalid, NotFound, Forbidden, Conflict, Unavailable (offline: it goes on waiting).
        """
        held = await self._decidable(actor, held_id)
        if not self.commands.hub.is_connected(held.agent_id):
            raise Unavailable("Machine is offline")
        settled = await self.approvals.settle_alone(held.id, Step.APPROVE, decided_by(actor, note))
        await self._record(actor, Action.COMMAND_APPROVED, held, note)
        error = await self._run(held)
        if error:
            settled = {**settled, "error": error}
            rows = self.database.collection("held_commands")
            await rows.update_one({"_id": held.id, "tenant_id": held.tenant_id}, {"$set": {"error": error}})
        return read(HeldCommand, settled)

    async def deny(self, actor: Actor, held_id: str, *, note: str = "") -> HeldCommand:
        """It never runs. Raises Invalid, NotFound, Forbidden, Conflict."""
        held = await self._decidable(actor, held_id)
        settled = await self.approvals.settle_alone(held.id, Step.DENY, decided_by(actor, note))
        await self._record(actor, Action.COMMAND_DENIED, held, note)
        return read(HeldCommand, settled)

    async def expire(self) -> None:
        """Settle those nobody decided on in time."""
        for each in await self.approvals.overdue():
            held = read(HeldCommand, each)
            try:
                await self.approvals.settle_alone(held.id, Step.EXPIRE, {})
            except (Conflict, NotFound):  # decided in this moment
                continue
            await self.audit.record_stranger(
                NOBODY,
                Action.COMMAND_EXPIRED,
                "held_command",
                tenant_id=held.tenant_id,
                user_id=held.user_id,
                username=held.username,
                resource_id=held.id,
                command_id=held.command_id,
            )

    async def _decidable(self, actor: Actor, held_id: str) -> HeldCommand:
        held = read(HeldCommand, await self.approvals.get(actor, held_id))
        machine = await self.commands.rights.get_by_id(actor, held.machine_id)
        require_decider(actor, held.user_id, machine)
        return held

    async def _run(self, held: HeldCommand) -> str:
        """Why it does not run, or nothing."""
        try:
            asker = await self.actors.of_held(held)
            await self.commands.start(
                asker,
                held.agent_id,
                held.command,
                timeout_s=held.timeout_s,
                is_shown=True,
                command_id=held.command_id,
                is_approved=True,
            )
        except Refusal as refusal:
            return refusal.text
        return ""

    async def _record(self, actor: Actor, action: Action, held: HeldCommand, note: str) -> None:
        await self.audit.record(
            actor,
            action,
            "held_command",
            resource_id=held.id,
            tenant_id=held.tenant_id,
            agent_id=held.agent_id,
            command_id=held.command_id,
            user_id=held.user_id,
            username=held.username,
            note=note,
        )
