"""`/api/groups/{group_id}/command-rules`: which commands a group's members may send, and what that cannot stop."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Route
from relay.domain.access import Permission
from relay.domain.command_rules import MAX_NOTE_CHARS, MAX_PATTERN_CHARS, MAX_RULES, NOTE, CommandPolicy
from relay.services.group_rules import NewRule

ActionName = Annotated[str, line(0, 10)]


class RuleBody(Struct, kw_only=True):
    """One rule; with the `id` it had before it stays the same rule."""

    action: ActionName
    pattern: Annotated[str, line(1, MAX_PATTERN_CHARS)]
    note: Annotated[str, line(0, MAX_NOTE_CHARS)] = ""
    id: Annotated[str, line(0, 24)] = ""


class RulesBody(Struct, kw_only=True):
    """All rules of the group, and what holds where none matches."""

    rules: Annotated[list[RuleBody], Meta(max_length=MAX_RULES)]
    default: ActionName = "allow"


class RuleView(Struct, kw_only=True):
    """One rule."""

    id: str
    action: str
    pattern: str
    note: str


class RulesAnswer(Struct, kw_only=True):
    """The rules, and in `note` what they cannot stop."""

    rules: list[RuleView]
    default: str
    note: str = NOTE


async def get_command_rules(call: Call[Nothing]) -> RulesAnswer:
    return _answer(await call.services.oversight.group_rules.get(call.actor, call.path["group_id"]))


async def put_command_rules(call: Call[RulesBody]) -> RulesAnswer:
    rules = [NewRule(action=each.action, pattern=each.pattern, note=each.note, id=each.id) for each in call.body.rules]
    group_rules = call.services.oversight.group_rules
    return _answer(await group_rules.replace(call.actor, call.path["group_id"], rules, call.body.default))


def _answer(policy: CommandPolicy) -> RulesAnswer:
    rules = [
        RuleView(id=each.id, action=str(each.action), pattern=each.pattern, note=each.note) for each in policy.rules
    ]
    return RulesAnswer(rules=rules, default=str(policy.default))


ROUTES = (
    Route("GET", "/api/groups/{group_id}/command-rules", permission=Permission.AUTHENTICATED, view=get_command_rules,
          answer=RulesAnswer, summary="A group's command rules"),
    Route("PUT", "/api/groups/{group_id}/command-rules", permission=Permission.MANAGE_GROUPS, view=put_command_rules,
          body=RulesBody, answer=RulesAnswer, summary="Replace a group's command rules"),
)  # fmt: skip
