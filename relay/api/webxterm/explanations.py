"""`/api/machines/{agent_id}/access/explain`, `/api/users/{user_id}/access`: why one may, and what one may."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, PageQuery, counts, moment
from relay.domain.access import Permission
from relay.domain.explanation import Reason


class ExplainQuery(Struct, kw_only=True):
    """About whom; without it, oneself."""

    user_id: Annotated[str, line(0, 24)] = ""


class ReasonView(Struct, kw_only=True):
    """One right that alone would be enough."""

    via: str
    text: str
    group_id: str | None
    group_name: str | None
    grant_id: str | None
    granted_by: str | None
    granted_at: str | None
    request_id: str | None
    machine_role: str
    expires_at: str | None


class SubjectView(Struct, kw_only=True):
    """Who is asked about."""

    id: str
    username: str
    role: str


class ExplainedMachine(Struct, kw_only=True):
    """Which machine."""

    agent_id: str
    name: str
    status: str


class ExplanationAnswer(Struct, kw_only=True):
    """`allowed` is the decision on the right; `can_open` also counts what stands in the way just now."""

    user: SubjectView
    machine: ExplainedMachine
    allowed: bool
    can_open: bool
    machine_role: str | None
    sudo: bool
    reasons: list[ReasonView]
    obstacles: list[str]
    sentence: str


class EffectiveView(Struct, kw_only=True):
    """A machine one may use."""

    agent_id: str
    name: str
    machine_role: str
    sudo: bool
    reasons: list[ReasonView]


class EffectiveList(Counts, kw_only=True):
    """Machines somebody may use, by name."""

    machines: list[EffectiveView]


def reason_view(reason: Reason) -> ReasonView:
    """One reason."""
    access, grant = reason.access, reason.access.grant
    return ReasonView(
        via=str(access.via),
        text=reason.text,
        group_id=access.group_id,
        group_name=reason.group_name,
        grant_id=grant.id if grant else None,
        granted_by=grant.granted_by if grant else None,
        granted_at=moment(grant.granted_at) if grant else None,
        request_id=grant.request_id if grant else None,
        machine_role=str(access.machine_role),
        expires_at=moment(grant.expires_at) if grant else None,
    )


async def explain_access(call: Call[Nothing]) -> ExplanationAnswer:
    query: ExplainQuery = call.query
    found = await call.services.oversight.explanations.explain(call.actor, call.path["agent_id"], query.user_id)
    subject, machine, told = found.subject, found.machine, found.explanation
    status = str(call.services.presence.status(machine))
    return ExplanationAnswer(
        user=SubjectView(id=subject.user_id, username=subject.username, role=str(subject.role)),
        machine=ExplainedMachine(agent_id=machine.agent_id, name=machine.name, status=status),
        allowed=told.access is not None,
        can_open=told.can_open,
        machine_role=str(told.access.machine_role) if told.access else None,
        sudo=told.access is not None and told.access.sudo,
        reasons=[reason_view(each) for each in told.reasons],
        obstacles=list(told.obstacles),
        sentence=told.sentence,
    )


async def list_effective_access(call: Call[Nothing]) -> EffectiveList:
    query: PageQuery = call.query
    page = await call.services.oversight.explanations.access_of(call.actor, call.path["user_id"], query.wanted())
    machines = [
        EffectiveView(
            agent_id=each.machine.agent_id,
            name=each.machine.name,
            machine_role=str(each.access.machine_role),
            sudo=each.access.sudo,
            reasons=[reason_view(reason) for reason in each.reasons],
        )
        for each in page.items
    ]
    return EffectiveList(machines=machines, **counts(page))


ROUTES = (
    Route("GET", "/api/machines/{agent_id}/access/explain", permission=Permission.VIEW_MACHINES, view=explain_access,
          query=ExplainQuery, answer=ExplanationAnswer, summary="Why somebody may use a machine, or not"),
    Route("GET", "/api/users/{user_id}/access", permission=Permission.AUTHENTICATED, view=list_effective_access,
          query=PageQuery, answer=EffectiveList, summary="All machines somebody may use, and why"),
)  # fmt: skip
