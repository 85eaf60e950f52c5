"""Groups: every member may use every machine of the group, for as long as both are in it."""

from dataclasses import dataclass
from datetime import datetime

from relay.domain.command_rules import CommandPolicy, CommandRule, RuleAction

MAX_MEMBERS = 1000
"""Members, and likewise machines, of one group: the document stays small enough to read on each check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group. `machine_role` is the spelling that was given; it says what a shell got through this group may do."""

    id: str
    tenant_id: str
    name: str
    description: str
    machine_role: str
    member_ids: tuple[str, ...]
    machine_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    command_rules: tuple[CommandRule, ...] = ()
    command_default: RuleAction = RuleAction.ALLOW

    @property
    def policy(self) -> CommandPolicy:
        """What its members may send to its machines as single commands."""
        return CommandPolicy(group_id=self.id, rules=self.command_rules, default=self.command_default)
