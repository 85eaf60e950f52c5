"""`/api/access-requests*`: asking for a machine, and deciding on what others ask for."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line, text
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, PageQuery, counts, moment, timestamp
from relay.domain.access import Permission
from relay.domain.access_requests import AccessRequest
from relay.domain.approvals import MAX_REASON_CHARS

Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 90)]
RoleWord = Annotated[str, line(0, 20)]
DecisionNote = Annotated[str, text(0, MAX_REASON_CHARS)]


class RequestView(Struct, kw_only=True):
    """One request; `expires_at` is the end of the access that was given."""

    id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    reason: str
    machine_role: str
    duration_minutes: int
    status: str
    created_at: str
    decided_by: str | None
    decided_by_username: str | None
    decided_at: str | None
    decision_note: str
    expires_at: str | None


class RequestAnswer(Struct):
    """One request."""

    request: RequestView


class RequestList(Counts, kw_only=True):
    """Requests, the newest first."""

    requests: list[RequestView]


class RequestQuery(PageQuery, kw_only=True):
    """Which ones; `mine`: only one's own."""

    status: Annotated[str, line(0, 20)] = ""
    mine: bool = False


class AskBody(Struct, kw_only=True):
    """Which machine, why, for how long, as what."""

    agent_id: Annotated[str, line(1, 64)]
    reason: Annotated[str, text(1, MAX_REASON_CHARS)]
    duration_minutes: Minutes
    machine_role: RoleWord = "non-sudo"


class ApproveBody(Struct, kw_only=True):
    """Another time or role than was asked for, and a word with it."""

    duration_minutes: Minutes | None = None
    machine_role: RoleWord | None = None
    note: DecisionNote = ""


class DenyBody(Struct, kw_only=True):
    """A word with it."""

    note: DecisionNote = ""


class AskableMachine(Struct, kw_only=True):
    """A machine one may ask for; more is not told."""

    agent_id: str
    name: str


class AskableList(Counts, kw_only=True):
    """Machines of one's own organization, by name."""

    machines: list[AskableMachine]


def request_view(request: AccessRequest) -> RequestView:
    """One row."""
    return RequestView(
        id=request.id,
        agent_id=request.agent_id,
        machine_name=request.machine_name,
        user_id=request.user_id,
        username=request.username,
        reason=request.reason,
        machine_role=request.machine_role,
        duration_minutes=request.duration_minutes,
        status=str(request.status),
        created_at=timestamp(request.created_at),
        decided_by=request.decided_by or None,
        decided_by_username=request.decided_by_username or None,
        decided_at=moment(request.decided_at),
        decision_note=request.decision_note,
        expires_at=moment(request.expires_at),
    )


async def list_access_requests(call: Call[Nothing]) -> RequestList:
    query: RequestQuery = call.query
    page = await call.services.oversight.access_requests.list_visible(
        call.actor, query.wanted(), status=query.status, mine=query.mine
    )
    return RequestList(requests=[request_view(each) for each in page.items], **counts(page))


async def list_askable_machines(call: Call[Nothing]) -> AskableList:
    query: PageQuery = call.query
    page = await call.services.oversight.access_requests.machines(call.actor, query.wanted())
    found = [AskableMachine(agent_id=each.agent_id, name=each.name) for each in page.items]
    return AskableList(machines=found, **counts(page))


async def create_access_request(call: Call[AskBody]) -> RequestAnswer:
    body = call.body
    request = await call.services.oversight.access_requests.ask(
        call.actor,
        body.agent_id,
        reason=body.reason,
        duration_minutes=body.duration_minutes,
        machine_role=body.machine_role,
    )
    return RequestAnswer(request_view(request))


async def approve_access_request(call: Call[ApproveBody]) -> RequestAnswer:
    body = call.body
    request = await call.services.oversight.access_requests.approve(
        call.actor,
        call.path["request_id"],
        duration_minutes=body.duration_minutes,
        machine_role=body.machine_role,
        note=body.note,
    )
    return RequestAnswer(request_view(request))


async def deny_access_request(call: Call[DenyBody]) -> RequestAnswer:
    access_requests = call.services.oversight.access_requests
    denied = await access_requests.deny(call.actor, call.path["request_id"], note=call.body.note)
    return RequestAnswer(request_view(denied))


async def cancel_access_request(call: Call[Nothing]) -> RequestAnswer:
    access_requests = call.services.oversight.access_requests
    return RequestAnswer(request_view(await access_requests.cancel(call.actor, call.path["request_id"])))


ROUTES = (
    Route("GET", "/api/access-requests", permission=Permission.VIEW_MACHINES, view=list_access_requests,
          query=RequestQuery, answer=RequestList, summary="Requests one made or may decide on"),
    Route("GET", "/api/access-requests/machines", permission=Permission.VIEW_MACHINES, view=list_askable_machines,
          query=PageQuery, answer=AskableList, summary="Machines one may ask for"),
    Route("POST", "/api/access-requests", permission=Permission.VIEW_MACHINES, view=create_access_request,
          body=AskBody, answer=RequestAnswer, status=201, summary="Ask for a machine", refusals=(404, 409, 429)),
    Route("POST", "/api/access-requests/{request_id}/approve", permission=Permission.USE_MACHINES,
          view=approve_access_request, body=ApproveBody, answer=RequestAnswer, summary="Give what was asked for",
          refusals=(409,)),
    Route("POST", "/api/access-requests/{request_id}/deny", permission=Permission.USE_MACHINES,
          view=deny_access_request, body=DenyBody, answer=RequestAnswer, summary="Do not give it", refusals=(409,)),
    Route("POST", "/api/access-requests/{request_id}/cancel", permission=Permission.USE_MACHINES,
          view=cancel_access_request, answer=RequestAnswer, summary="Take one's own request back", refusals=(409,)),
)  # fmt: skip
