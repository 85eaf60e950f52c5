"""The command rules of a group: read by everybody they bind, changed by administrators."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.command_rules import MAX_NOTE_CHARS, MAX_RULES, CommandPolicy, CommandRule, RuleAction, check_pattern
from relay.domain.errors import Invalid, NotFound
from relay.domain.groups import Group
from relay.domain.names import check_drawable
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.groups import NO_GROUP, Groups
from relay.services.records import read
from relay.store.interface import Database, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule as it is given; without a known id it is a new one."""

    action: str
    pattern: str
    note: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """Reads and replaces them."""

    database: Database
    groups: Groups
    audit: Audit
    clock: Clock
    ids: Ids

    async def get(self, actor: Actor, group_id: str) -> CommandPolicy:
        """A group's rules. Raises Invalid, NotFound."""
        return (await self.groups.get(actor, group_id)).policy

    async def replace(self, actor: Actor, group_id: str, rules: Sequence[NewRule], default: str) -> CommandPolicy:
        """Put these in the place of all there were; they count from the next command. Raises Invalid, NotFound."""
        group = await self.groups.get(actor, group_id)
        if len(rules) > MAX_RULES:
            raise Invalid(f"a group has at most {MAX_RULES} rules")
        known = {rule.id for rule in group.command_rules}
        made = [self._rule(rule, known) for rule in rules]
        changes = {
            "command_rules": [_document(rule) for rule in made],
            "command_default": _action(default, field="default").value,
            "updated_at": self.clock.now(),
        }
        groups = self.database.collection("groups")
        changed = await groups.find_one_and_update({"_id": group.id}, {"$set": changes})
        if changed is None:
            raise NotFound(NO_GROUP)
        await self._record(actor, group, made, default)
        return read(Group, changed).policy

    def _rule(self, given: NewRule, known: set[str]) -> CommandRule:
        is_known = given.id in known
        known.discard(given.id)
        return CommandRule(
            id=given.id if is_known else self.ids.object_id(),
            action=_action(given.action, field="action"),
            pattern=check_pattern(given.pattern),
            note=check_drawable(given.note.strip(), field="note", maximum=MAX_NOTE_CHARS),
        )

    async def _record(self, actor: Actor, group: Group, rules: Sequence[CommandRule], default: str) -> None:
        await self.audit.record(
            actor,
            Action.GROUP_RULES_CHANGED,
            "group",
            resource_id=group.id,
            tenant_id=group.tenant_id,
            name=group.name,
            rules="; ".join(f"{rule.action} {rule.pattern}" for rule in rules),
            default=default,
        )


def _document(rule: CommandRule) -> Document:
    return {"id": rule.id, "action": rule.action.value, "pattern": rule.pattern, "note": rule.note}


def _action(name: str, *, field: str) -> RuleAction:
    if name not in set(RuleAction):
        raise Invalid(f"{field} must be allow, deny or hold")
    return RuleAction(name)
