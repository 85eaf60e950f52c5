"""`/api/machines/{agent_id}/logs*` and `/sessions*`: what was done on a machine."""

from typing import Annotated

from msgspec import Struct, field

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import (
    Counts,
    LogLimit,
    PageNumber,
    PageQuery,
    TimeBound,
    counts,
    moment,
    read_moment,
    timestamp,
)
from relay.domain.access import Permission
from relay.domain.commands import CommandRecord
from relay.domain.paging import LOG_LIMIT, MAX_LOG_LIMIT, Page, PageRequest, page_request
from relay.domain.terminals import TerminalSession
from relay.services.history import LogFilter


class LogView(Struct, kw_only=True):
    """One command. `success` and `exit_code` are null where nobody can know them (see `confidence`).

    `attested` is what the machine's own key says of it: `signed`, `chained`, `unsigned` or `broken`.
    """

    id: str
    command: str
    user_id: str
    username: str
    timestamp: str
    success: bool | None
    source: str
    session_id: str | None
    machine_id: str
    machine_name: str
    agent_id: str
    exit_code: int | None
    duration_ms: int | None
    cwd: str
    method: str
    confidence: str
    attested: str
    ip_address: str
    browser: str
    os: str


class LogList(Counts, kw_only=True):
    """Commands, newest first."""

    logs: list[LogView]


class LogQuery(Struct, kw_only=True):
    """Which commands; `from` and `to` are times or dates, both inclusive."""

    q: Annotated[str, line(0, 200)] = ""
    user_id: Annotated[str, line(0, 24)] = ""
    source: Annotated[str, line(0, 20)] = ""
    session_id: Annotated[str, line(0, 64)] = ""
    success: bool | None = None
    since: TimeBound = field(default="", name="from")
    until: TimeBound = field(default="", name="to")
    page: PageNumber | None = None
    limit: LogLimit | None = None

    def wanted(self) -> PageRequest:
        """The last 100 unless asked otherwise."""
        return page_request(self.page, self.limit, default=LOG_LIMIT, maximum=MAX_LOG_LIMIT)

    def filter(self, text: str) -> LogFilter:
        """As the service wants it."""
        return LogFilter(
            user_id=self.user_id,
            source=self.source,
            session_id=self.session_id,
            success=self.success,
            since=read_moment(self.since, field="from"),
            until=read_moment(self.until, field="to", whole_day=True),
            text=text,
        )


class LogSearchQuery(LogQuery, kw_only=True):
    """Which of those that contain a text."""

    q: Annotated[str, line(1, 200)]


class SessionView(Struct, kw_only=True):
    """A session. `ended_at`, `duration_seconds` and `close_reason` are null while it is active."""

    session_id: str
    agent_id: str
    machine_id: str
    machine_name: str
    user_id: str
    username: str
    source: str
    status: str
    started_at: str
    ended_at: str | None
    browser: str
    os: str
    ip_address: str
    command_count: int
    duration_seconds: int | None
    close_reason: str | None
    recording_available: bool
    cols: int
    rows: int


class SessionList(Counts, kw_only=True):
    """Sessions, newest first."""

    sessions: list[SessionView]


def log_view(record: CommandRecord) -> LogView:
    """One line of a log."""
    return LogView(
        id=record.id,
        command=record.command,
        user_id=record.user_id,
        username=record.username,
        timestamp=timestamp(record.timestamp),
        success=record.success,
        source=str(record.source),
        session_id=record.session_id,
        machine_id=record.machine_id,
        machine_name=record.machine_name,
        agent_id=record.agent_id,
        exit_code=record.exit_code,
        duration_ms=record.duration_ms,
        cwd=record.cwd,
        method=str(record.method),
        confidence=str(record.confidence),
        attested=str(record.attested),
        ip_address=record.ip_address,
        browser=record.browser,
        os=record.os,
    )


def session_view(session: TerminalSession) -> SessionView:
    """One session. Recordings come with a later version."""
    ended = session.ended_at
    return SessionView(
        session_id=session.id,
        agent_id=session.agent_id,
        machine_id=session.machine_id,
        machine_name=session.machine_name,
        user_id=session.user_id,
        username=session.username,
        source=str(session.source),
        status=str(session.status),
        started_at=timestamp(session.started_at),
        ended_at=moment(ended),
        browser=session.browser,
        os=session.os,
        ip_address=session.ip_address,
        command_count=session.command_count,
        duration_seconds=None if ended is None else int((ended - session.started_at).total_seconds()),
        close_reason=session.close_reason,
        recording_available=False,
        cols=session.cols,
        rows=session.rows,
    )


def _logs(page: Page[CommandRecord]) -> LogList:
    return LogList(logs=[log_view(each) for each in page.items], **counts(page))


def _sessions(page: Page[TerminalSession]) -> SessionList:
    return SessionList(sessions=[session_view(each) for each in page.items], **counts(page))


async def list_logs(call: Call[Nothing]) -> LogList:
    query: LogQuery = call.query
    wanted = query.filter("")
    return _logs(await call.services.history.commands(call.actor, call.path["agent_id"], wanted, query.wanted()))


async def search_logs(call: Call[Nothing]) -> LogList:
    query: LogSearchQuery = call.query
    wanted = query.filter(query.q)
    return _logs(await call.services.history.search(call.actor, call.path["agent_id"], wanted, query.wanted()))


async def list_machine_sessions(call: Call[Nothing]) -> SessionList:
    query: PageQuery = call.query
    return _sessions(await call.services.history.sessions(call.actor, call.path["agent_id"], query.wanted()))


async def list_active_machine_sessions(call: Call[Nothing]) -> SessionList:
    query: PageQuery = call.query
    page = await call.services.history.sessions(call.actor, call.path["agent_id"], query.wanted(), active=True)
    return _sessions(page)


ROUTES = (
    Route("GET", "/api/machines/{agent_id}/logs", permission=Permission.VIEW_MACHINES, view=list_logs,
          query=LogQuery, answer=LogList, summary="A machine's command log"),
    Route("GET", "/api/machines/{agent_id}/logs/search", permission=Permission.VIEW_MACHINES, view=search_logs,
          query=LogSearchQuery, answer=LogList, summary="Commands that contain a text"),
    Route("GET", "/api/machines/{agent_id}/sessions", permission=Permission.VIEW_MACHINES,
          view=list_machine_sessions, query=PageQuery, answer=SessionList, summary="A machine's sessions"),
    Route("GET", "/api/machines/{agent_id}/sessions/active", permission=Permission.VIEW_MACHINES,
          view=list_active_machine_sessions, query=PageQuery, answer=SessionList,
          summary="A machine's open sessions"),
)  # fmt: skip
