"""`/api/logs/search`: the command log of all machines one may see."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Reply, Route
from relay.api.webxterm.common import Tenant, TimeBound, moment, read_moment
from relay.api.webxterm.history import LogView, log_view
from relay.domain.access import Permission
from relay.domain.commands import CommandRecord
from relay.domain.log_search import DEFAULT_ROWS, MAX_ROWS, LogSearch, matches_in, read_cursor

CSV = "text/csv; charset=utf-8"
JSON_LINES = "application/x-ndjson"


class FoundView(LogView, kw_only=True):
    """One command. `matches` are where `q` stands in it: [start, end] in characters, the first 20."""

    matches: list[tuple[int, int]]


class FoundList(Struct, kw_only=True):
    """Commands, newest first. `next_cursor` is null once everything was looked at; `searched_to` says how far."""

    logs: list[FoundView]
    next_cursor: str | None
    searched_to: str | None


class LogSearchQuery(Struct, kw_only=True):
    """Which commands, all conditions together; `from` and `to` are times or dates, both inclusive."""

    q: Annotated[str, line(0, 200)] = ""
    user_id: Annotated[str, line(0, 24)] = ""
    agent_id: Annotated[str, line(0, 24)] = ""
    tag: Annotated[str, line(0, 100)] = ""
    exit_code: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None = None
    success: bool | None = None
    source: Annotated[str, line(0, 20)] = ""
    since: TimeBound = field(default="", name="from")
    until: TimeBound = field(default="", name="to")
    tenant_id: Tenant = ""
    cursor: Annotated[str, line(0, 100)] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = DEFAULT_ROWS
    format: Literal["json", "csv", "jsonl"] = "json"

    def wanted(self) -> LogSearch:
        """As the service wants it."""
        return LogSearch(
            text=self.q,
            user_id=self.user_id,
            agent_id=self.agent_id,
            tag=self.tag,
            source=self.source,
            exit_code=self.exit_code,
            success=self.success,
            since=read_moment(self.since, field="from"),
            until=read_moment(self.until, field="to", whole_day=True),
            tenant_id=self.tenant_id,
        )


async def search_all_logs(call: Call[Nothing]) -> FoundList | Reply:
    query: LogSearchQuery = call.query
    if query.format != "json":
        return await _export(call, query)
    found = await call.services.log_search.find(call.actor, query.wanted(), read_cursor(query.cursor), query.limit)
    return FoundList(
        logs=[_view(each, query.q) for each in found.rows],
        next_cursor=None if found.next is None else found.next.cursor(),
        searched_to=None if found.next is None else moment(found.next.at),
    )


async def _export(call: Call[Nothing], query: LogSearchQuery) -> Reply:
    parts = await call.services.log_search.export(
        call.actor, query.wanted(), read_cursor(query.cursor), form=query.format
    )
    return Reply(
        content=parts,
        media_type=CSV if query.format == "csv" else JSON_LINES,
        headers={"content-disposition": f'attachment; filename="commands.{query.format}"'},
    )


def _view(record: CommandRecord, text: str) -> FoundView:
    shown = log_view(record)
    plain = {name: getattr(shown, name) for name in LogView.__struct_fields__}
    return FoundView(**plain, matches=matches_in(record.command, text))


ROUTES = (
    Route("GET", "/api/logs/search", permission=Permission.VIEW_MACHINES, view=search_all_logs, query=LogSearchQuery,
          answer=FoundList, other_media_types=("text/csv", JSON_LINES), refusals=(404,),
          summary="Commands on all machines one may see; with `format`, as a file"),
)  # fmt: skip
