"""Why somebody may use a machine, or why not: the reasons that `decide` counts, in words, and what stands in the way.

The right itself is decided by `relay.domain.access.decide` and nothing here; this module only tells of it, from the
same inputs, so that an explanation cannot contradict the decision.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.domain.access import Access, Actor, Grant, Via, decide, rights_of
from relay.domain.accounts import MachineRole
from relay.domain.groups import Group
from relay.domain.machines import Machine, Status

MOST_GROUPS = 5
"""Groups that are told of, of each kind that does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is no right and yet keeps somebody out. `status` is the machine's."""

    is_enabled: bool = True
    organization_enabled: bool = True
    must_change_password: bool = False
    lacks_second_factor: bool = False
    status: Status = Status.ONLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One right, which alone would be enough, in words."""

    access: Access
    text: str
    group_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`access` is the decision. `can_open`: there is a right, and nothing keeps its person out just now."""

    access: Access | None
    reasons: Sequence[Reason]
    obstacles: Sequence[str]
    can_open: bool
    sentence: str


def explain(
    actor: Actor,
    machine: Machine,
    *,
    grants: Sequence[Grant],
    groups: Sequence[Group],
    now: datetime,
    admin_implicit: bool = True,
    circumstances: Circumstances = Circumstances(),
) -> Explanation:
    """The decision on these inputs, told. `groups` may hold some that do not help: they are told of where none does."""
    access = decide(actor, machine, grants=grants, groups=groups, now=now, admin_implicit=admin_implicit)
    rights = rights_of(actor, machine, grants=grants, groups=groups, now=now, admin_implicit=admin_implicit)
    names = {group.id: group.name for group in groups}
    reasons = [_reason(actor, machine, right, names) for right in rights]
    blocking = list(_blocking(actor, machine, circumstances))
    obstacles = [*blocking, *_lesser(machine, rights)]
    if access is None:
        obstacles += _missing(actor, machine, grants, groups, now, admin_implicit=admin_implicit)
    return Explanation(
        access=access,
        reasons=reasons,
        obstacles=obstacles,
        can_open=access is not None and not blocking,
        sentence=_sentence(actor, machine, reasons, blocking, obstacles),
    )


def reasons_of(actor: Actor, machine: Machine, rights: Iterable[Access], groups: Iterable[Group]) -> list[Reason]:
    """These rights in words."""
    names = {group.id: group.name for group in groups}
    return [_reason(actor, machine, right, names) for right in rights]


def _reason(actor: Actor, machine: Machine, right: Access, names: dict[str, str]) -> Reason:
    group_name = names.get(right.group_id or "")
    if right.via is Via.ADMIN:
        text = f"{actor.username} administers the organization"
    elif right.via is Via.OWNER:
        text = f"{actor.username} owns {machine.name}"
    elif right.via is Via.GROUP:
        text = f"{actor.username} and {machine.name} are both in the group {group_name}"
    else:
        text = f"{actor.username} was given {machine.name}{_until(right.grant)}"
    return Reason(access=right, text=text, group_name=group_name)


def _until(grant: Grant | None) -> str:
    return "" if grant is None or grant.expires_at is None else f" until {_date(grant.expires_at)}"


def _blocking(actor: Actor, machine: Machine, seen: Circumstances) -> Iterator[str]:
    if not seen.is_enabled:
        yield f"The account {actor.username} is disabled"
    if not seen.organization_enabled:
        yield "The organization is disabled"
    if seen.must_change_password:
        yield f"{actor.username} has to change the one-time password first"
    if seen.lacks_second_factor:
        yield f"The organization requires a second factor, and {actor.username} has none"
    if seen.status is Status.PENDING:
        yield f"{machine.name} is pending: no agent has enrolled for it yet"
    elif seen.status is Status.OFFLINE:
        yield f"{machine.name} is offline"


def _lesser(machine: Machine, rights: Sequence[Access]) -> Iterator[str]:
    if not machine.allow_sudo and any(right.machine_role is MachineRole.SUDO for right in rights):
        yield f"No sudo: the agent of {machine.name} was enrolled without --allow-sudo"


def _missing(
    actor: Actor,
    machine: Machine,
    grants: Iterable[Grant],
    groups: Iterable[Group],
    now: datetime,
    *,
    admin_implicit: bool,
) -> Iterator[str]:
    if not actor.sees(machine.tenant_id):
        yield f"{machine.name} belongs to another organization"
        return
    if actor.administers(machine.tenant_id) and not admin_implicit:
        yield "Administrators have no access by their role alone on this relay (ADMIN_IMPLICIT_ACCESS is off)"
    ended = [each for each in grants if each.user_id == actor.user_id and each.machine_id == machine.id]
    for grant in ended:
        if grant.expires_at is not None and not grant.is_valid(now):
            yield f"What {actor.username} was given ended at {_date(grant.expires_at)}"
    if not ended:
        yield f"{actor.username} has no direct access to {machine.name}"
    yield from _unhelpful(actor, machine, groups)


def _unhelpful(actor: Actor, machine: Machine, groups: Iterable[Group]) -> Iterator[str]:
    local = [group for group in groups if group.tenant_id == machine.tenant_id]
    theirs = [group for group in local if actor.user_id in group.member_ids and machine.id not in group.machine_ids]
    others = [group for group in local if actor.user_id not in group.member_ids and machine.id in group.machine_ids]
    for group in theirs[:MOST_GROUPS]:
        yield f"The group {group.name}, which {actor.username} is in, does not hold {machine.name}"
    for group in others[:MOST_GROUPS]:
        yield f"{actor.username} is not in the group {group.name}, which holds {machine.name}"


def _sentence(
    actor: Actor, machine: Machine, reasons: Sequence[Reason], blocking: Sequence[str], obstacles: Sequence[str]
) -> str:
    who, what = actor.username, machine.name
    if not reasons:
        return f"{who} may not open {what}: {_listed(obstacles)}."
    may = f"{who} may open {what}, because {_listed([reason.text for reason in reasons])}"
    return f"{may}; just now it is not possible: {_listed(blocking)}." if blocking else f"{may}."


def _listed(texts: Sequence[str]) -> str:
    return "; ".join(texts)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
