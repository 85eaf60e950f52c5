"""`/api/community/issues*`: issues, fixes, likes."""

from typing import Annotated

from msgspec import Meta, Struct

from relay.api.fields import line, text, word
from relay.api.limits import WRITING_LIMITS
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, Message, PageQuery, Search, Tenant, counts, timestamp
from relay.domain.access import Permission
from relay.domain.community import MAX_TAG_CHARS, MAX_TAGS, MAX_TEXT_CHARS, MAX_TITLE_CHARS, Fix, Issue, IssueStatus
from relay.services.community import IssueChange, IssueFilter, NewIssue

Title = Annotated[str, line(1, MAX_TITLE_CHARS)]
Text = Annotated[str, text(1, MAX_TEXT_CHARS)]
Tags = Annotated[list[Annotated[str, line(1, MAX_TAG_CHARS)]], Meta(max_length=MAX_TAGS)]
Status = Annotated[str, word(*IssueStatus)]
MachineId = Annotated[str, line(0, 24)]


class IssueSummary(Struct, kw_only=True):
    """An issue as a list shows it."""

    id: str
    title: str
    status: str
    author_id: str
    author_username: str
    fix_count: int
    tags: list[str]
    machine_id: str
    accepted_fix_id: str | None
    created_at: str
    updated_at: str


class IssueView(IssueSummary, kw_only=True):
    """A whole issue."""

    description: str
    tenant_id: str


class IssueAnswer(Struct):
    """One issue."""

    issue: IssueView


class IssueList(Counts, kw_only=True):
    """Issues, the newest first."""

    issues: list[IssueSummary]


class IssueQuery(PageQuery, kw_only=True):
    """Which issues; `q` is looked for in title and description."""

    status: Status = ""
    q: Search = ""
    tag: Annotated[str, line(0, MAX_TAG_CHARS)] = ""
    author_id: Annotated[str, line(0, 24)] = ""
    tenant_id: Tenant = ""


class CreateIssue(Struct, kw_only=True):
    """A new issue; `machine_id` is an agent id or an internal id."""

    title: Title
    description: Text
    machine_id: MachineId | None = None
    tags: Tags = []
    tenant_id: Tenant = ""


class UpdateIssue(Struct, kw_only=True):
    """What to change; an empty `machine_id` takes the machine away."""

    title: Title | None = None
    description: Text | None = None
    status: Status | None = None
    machine_id: MachineId | None = None
    tags: Tags | None = None


class FixView(Struct, kw_only=True):
    """A proposed fix."""

    fix_id: str
    issue_id: str
    content: str
    author_id: str
    author_username: str
    likes: int
    liked_by_me: bool
    accepted: bool
    created_at: str


class FixAnswer(Struct):
    """One fix."""

    fix: FixView


class FixList(Counts, kw_only=True):
    """The accepted fix, then the most liked."""

    fixes: list[FixView]


class CreateFix(Struct, kw_only=True):
    """A new fix."""

    content: Text


def issue_view(issue: Issue) -> IssueView:
    """A whole issue."""
    summary = issue_summary(issue)
    return IssueView(
        **{name: getattr(summary, name) for name in summary.__struct_fields__},
        description=issue.description,
        tenant_id=issue.tenant_id,
    )


def issue_summary(issue: Issue) -> IssueSummary:
    """A list's row."""
    return IssueSummary(
        id=issue.id,
        title=issue.title,
        status=str(issue.status),
        author_id=issue.author_id,
        author_username=issue.author_username,
        fix_count=issue.fix_count,
        tags=list(issue.tags),
        machine_id=issue.machine_id,
        accepted_fix_id=issue.accepted_fix_id,
        created_at=timestamp(issue.created_at),
        updated_at=timestamp(issue.updated_at),
    )


def fix_view(fix: Fix, *, liked_by_me: bool) -> FixView:
    """A fix as one person sees it."""
    return FixView(
        fix_id=fix.id,
        issue_id=fix.issue_id,
        content=fix.content,
        author_id=fix.author_id,
        author_username=fix.author_username,
        likes=fix.likes,
        liked_by_me=liked_by_me,
        accepted=fix.accepted,
        created_at=timestamp(fix.created_at),
    )


async def list_issues(call: Call[Nothing]) -> IssueList:
    query: IssueQuery = call.query
    wanted = IssueFilter(
        status=query.status, q=query.q, tag=query.tag, author_id=query.author_id, tenant_id=query.tenant_id
    )
    page = await call.services.community.list_visible(call.actor, query.wanted(), wanted)
    return IssueList(issues=[issue_summary(each) for each in page.items], **counts(page))


async def create_issue(call: Call[CreateIssue]) -> IssueAnswer:
    body = call.body
    new = NewIssue(
        title=body.title,
        description=body.description,
        machine_id=body.machine_id or "",
        tags=body.tags,
        tenant_id=body.tenant_id,
    )
    return IssueAnswer(issue_view(await call.services.community.create(call.actor, new)))


async def get_issue(call: Call[Nothing]) -> IssueAnswer:
    return IssueAnswer(issue_view(await call.services.community.get(call.actor, call.path["issue_id"])))


async def update_issue(call: Call[UpdateIssue]) -> IssueAnswer:
    body = call.body
    change = IssueChange(
        title=body.title,
        description=body.description,
        status=body.status,
        machine_id=body.machine_id,
        tags=body.tags,
    )
    return IssueAnswer(issue_view(await call.services.community.update(call.actor, call.path["issue_id"], change)))


async def delete_issue(call: Call[Nothing]) -> Message:
    await call.services.community.delete(call.actor, call.path["issue_id"])
    return Message("Issue deleted")


async def list_fixes(call: Call[Nothing]) -> FixList:
    query: PageQuery = call.query
    page = await call.services.fixes.of_issue(call.actor, call.path["issue_id"], query.wanted())
    return FixList(fixes=[fix_view(each.fix, liked_by_me=each.liked_by_me) for each in page.items], **counts(page))


async def create_fix(call: Call[CreateFix]) -> FixAnswer:
    fix = await call.services.fixes.create(call.actor, call.path["issue_id"], call.body.content)
    return FixAnswer(fix_view(fix, liked_by_me=False))


async def like_fix(call: Call[Nothing]) -> Message:
    await call.services.fixes.like(call.actor, call.path["issue_id"], call.path["fix_id"])
    return Message("Fix liked")


async def unlike_fix(call: Call[Nothing]) -> Message:
    await call.services.fixes.unlike(call.actor, call.path["issue_id"], call.path["fix_id"])
    return Message("Like removed")


async def accept_fix(call: Call[Nothing]) -> Message:
    await call.services.fixes.accept(call.actor, call.path["issue_id"], call.path["fix_id"])
    return Message("Fix accepted")


_ISSUE = "/api/community/issues/{issue_id}"
_FIX = f"{_ISSUE}/fixes/{{fix_id}}"
_KNOWN = Permission.AUTHENTICATED

ROUTES = (
    Route("GET", "/api/community/issues", permission=_KNOWN, view=list_issues, query=IssueQuery, answer=IssueList,
          summary="The organization's issues"),
    Route("POST", "/api/community/issues", permission=_KNOWN, view=create_issue, body=CreateIssue, answer=IssueAnswer,
          status=201, summary="Write an issue", refusals=(404,), limits=WRITING_LIMITS),
    Route("GET", _ISSUE, permission=_KNOWN, view=get_issue, answer=IssueAnswer, summary="One issue"),
    Route("PUT", _ISSUE, permission=_KNOWN, view=update_issue, body=UpdateIssue, answer=IssueAnswer,
          summary="Change an issue: its author, or an administrator"),
    Route("DELETE", _ISSUE, permission=_KNOWN, view=delete_issue, answer=Message,
          summary="Delete an issue with its fixes"),
    Route("GET", f"{_ISSUE}/fixes", permission=_KNOWN, view=list_fixes, query=PageQuery, answer=FixList,
          summary="An issue's fixes"),
    Route("POST", f"{_ISSUE}/fixes", permission=_KNOWN, view=create_fix, body=CreateFix, answer=FixAnswer, status=201,
          summary="Propose a fix", refusals=(409,), limits=WRITING_LIMITS),
    Route("POST", f"{_FIX}/like", permission=_KNOWN, view=like_fix, answer=Message, summary="Like a fix"),
    Route("DELETE", f"{_FIX}/like", permission=_KNOWN, view=unlike_fix, answer=Message, summary="Take a like back"),
    Route("POST", f"{_FIX}/accept", permission=_KNOWN, view=accept_fix, answer=Message,
          summary="Mark the fix that solves the issue"),
)  # fmt: skip
