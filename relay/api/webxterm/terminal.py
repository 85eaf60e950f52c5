"""`/api/terminal/sessions*` and `/api/sessions/*`: open shells, closing one, one in detail.

The terminal's WebSocket is mounted by relay/api/sockets.py.
"""

from msgspec import Struct

from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, LogLimit, Message, PageNumber, PageQuery, counts, timestamp
from relay.api.webxterm.history import SessionList, SessionView, session_view
from relay.domain.access import Permission
from relay.domain.paging import MAX_LOG_LIMIT, PageRequest, page_request


class SessionQuery(Struct, kw_only=True):
    """Which page of a session's commands; without both, all of them."""

    page: PageNumber | None = None
    limit: LogLimit | None = None

    def wanted(self) -> PageRequest:
        """As the service wants it."""
        return page_request(self.page, self.limit, maximum=MAX_LOG_LIMIT)


class SessionLog(Struct, kw_only=True):
    """One command of a session."""

    id: str
    command: str
    timestamp: str
    success: bool | None
    exit_code: int | None
    duration_ms: int | None
    cwd: str
    method: str
    confidence: str


class SessionAnswer(Counts, kw_only=True):
    """A session and its commands, oldest first; the counts are those of the commands."""

    session: SessionView
    logs: list[SessionLog]
    logs_total: int


class AttestationAnswer(Struct, kw_only=True):
    """Whether the stored log is what the machine signed. Rows up to `signed_to` are covered by a signature.

    `is_closed`: the machine also signed how many there are. `fault` tells of the first row that does not fit.
    """

    ok: bool
    rows: int
    signed_to: int
    is_closed: bool
    fault: str


async def list_open_sessions(call: Call[Nothing]) -> SessionList:
    query: PageQuery = call.query
    page = await call.services.terminals.list_active(call.actor, query.wanted())
    return SessionList(sessions=[session_view(each) for each in page.items], **counts(page))


async def close_session(call: Call[Nothing]) -> Message:
    await call.services.terminals.close(call.actor, call.path["session_id"])
    return Message("Session closed")


async def get_session(call: Call[Nothing]) -> SessionAnswer:
    query: SessionQuery = call.query
    session, page = await call.services.history.session(call.actor, call.path["session_id"], query.wanted())
    logs = [
        SessionLog(
            id=each.id,
            command=each.command,
            timestamp=timestamp(each.timestamp),
            success=each.success,
            exit_code=each.exit_code,
            duration_ms=each.duration_ms,
            cwd=each.cwd,
            method=str(each.method),
            confidence=str(each.confidence),
        )
        for each in page.items
    ]
    return SessionAnswer(session=session_view(session), logs=logs, logs_total=page.total, **counts(page))


async def check_session(call: Call[Nothing]) -> AttestationAnswer:
    found = await call.services.session_attestations.check(call.actor, call.path["session_id"])
    return AttestationAnswer(
        ok=not found.fault,
        rows=found.rows,
        signed_to=found.signed_to,
        is_closed=found.is_closed,
        fault=found.fault,
    )


ROUTES = (
    Route("GET", "/api/terminal/sessions", permission=Permission.USE_MACHINES, view=list_open_sessions,
          query=PageQuery, answer=SessionList, summary="Open sessions: one's own, or the organization's"),
    Route("DELETE", "/api/terminal/sessions/{session_id}", permission=Permission.USE_MACHINES, view=close_session,
          answer=Message, summary="Close a session"),
    Route("GET", "/api/sessions/{session_id}", permission=Permission.VIEW_MACHINES, view=get_session,
          query=SessionQuery, answer=SessionAnswer, summary="A session and its commands"),
    Route("GET", "/api/sessions/{session_id}/attestation", permission=Permission.VIEW_MACHINES, view=check_session,
          answer=AttestationAnswer, summary="Is a session's command log what its machine signed"),
)  # fmt: skip
