"""Where command rules are applied: every single command passes here before it runs, whoever sends it and however."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.approvals import KEPT_AFTER, MAX_PENDING, ApprovalStatus
from relay.domain.audit import Action
from relay.domain.command_rules import CommandPolicy, RuleAction, Verdict, judge
from relay.domain.errors import Forbidden, TooMany
from relay.domain.groups import Group
from relay.domain.held_commands import CommandHeld, HeldCommand
from relay.domain.machines import Machine
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.records import read, to_document
from relay.store.interface import Database

BLOCKED = "Command blocked by policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGate:
    """Lets a command pass, blocks it, or keeps it for approval."""

    database: Database
    audit: Audit
    clock: Clock
    ids: Ids
    pending_for: timedelta

    async def verdict(self, actor: Actor, machine: Machine, command: str) -> Verdict:
        """What the rules say, nothing more. They are those of each group that holds this person and this machine."""
        return judge(command, await self._policies(actor, machine))

    async def check(
        self,
        actor: Actor,
        machine: Machine,
        command: str,
        *,
        command_id: str,
        timeout_s: int,
        is_approved: bool = False,
    ) -> None:
        """Return when the command may run now. An approved one passes where it would be held, not where it is denied.

        Raises Forbidden, CommandHeld (it is kept), TooMany.
        """
        verdict = await self.verdict(actor, machine, command)
        if verdict.action is RuleAction.DENY:
            await self._record(actor, machine, Action.COMMAND_BLOCKED, verdict, command_id=command_id, status="failure")
            raise Forbidden(BLOCKED)
        if verdict.action is RuleAction.HOLD and not is_approved:
            raise CommandHeld(
                await self._hold(actor, machine, verdict, command=command, command_id=command_id, timeout_s=timeout_s)
            )

    async def _policies(self, actor: Actor, machine: Machine) -> Sequence[CommandPolicy]:
        where = {"tenant_id": machine.tenant_id, "member_ids": actor.user_id, "machine_ids": machine.id}
        return [read(Group, each).policy for each in await self.database.collection("groups").find(where)]

    async def _hold(
        self, actor: Actor, machine: Machine, verdict: Verdict, *, command: str, command_id: str, timeout_s: int
    ) -> HeldCommand:
        held_commands, now = self.database.collection("held_commands"), self.clock.now()
        mine = {"tenant_id": machine.tenant_id, "user_id": actor.user_id, "status": ApprovalStatus.PENDING.value}
        if await held_commands.count(mine) >= MAX_PENDING:
            raise TooMany(f"{MAX_PENDING} of your commands wait for approval: have them decided first")
        held = HeldCommand(
            id=self.ids.object_id(),
            tenant_id=machine.tenant_id,
            machine_id=machine.id,
            agent_id=machine.agent_id,
            machine_name=machine.name,
            user_id=actor.user_id,
            username=actor.username,
            source=actor.source,
            ip_address=actor.ip_address,
            user_agent=actor.user_agent,
            login_id=actor.login_id,
            token_generation=actor.token_generation,
            command_id=command_id,
            command=command,
            timeout_s=timeout_s,
            group_id=verdict.group_id,
            rule_id=verdict.rule.id if verdict.rule else "",
            pattern=verdict.rule.pattern if verdict.rule else "",
            status=ApprovalStatus.PENDING,
            created_at=now,
            pending_until=now + self.pending_for,
            purge_at=now + self.pending_for + KEPT_AFTER,
        )
        await held_commands.insert_one(to_document(held))
        await self._record(actor, machine, Action.COMMAND_HELD, verdict, command_id=command_id, held_id=held.id)
        return held

    async def _record(
        self,
        actor: Actor,
        machine: Machine,
        action: Action,
        verdict: Verdict,
        *,
        status: str = "success",
        **details: str,
    ) -> None:
        await self.audit.record(
            actor,
            action,
            "machine",
            resource_id=machine.agent_id,
            tenant_id=machine.tenant_id,
            status=status,
            group_id=verdict.group_id,
            pattern=verdict.rule.pattern if verdict.rule else "",
            **details,
        )
