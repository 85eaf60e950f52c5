"""Issues: everybody of the organization reads and writes them; author and administrators change them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.community import MAX_TEXT_CHARS, MAX_TITLE_CHARS, Issue, IssueStatus, check_status, check_tags
from relay.domain.errors import Forbidden, Invalid, NotFound
from relay.domain.names import check_drawable, check_name, is_object_id
from relay.domain.paging import Page, PageRequest
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.records import containing, find_page, find_record, read, tenant_filter, to_document
from relay.services.rights import NO_MACHINE, Rights
from relay.services.tenants import tenant_for
from relay.store.interface import Database, SyncDatabase

NO_ISSUE = "Issue not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """What a person writes."""

    title: str
    description: str
    machine_id: str = ""
    tags: Sequence[str] = ()
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChange:
    """What to change; None leaves it."""

    title: str | None = None
    description: str | None = None
    status: str | None = None
    machine_id: str | None = None
    tags: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilter:
    """Which issues of a list; empty means any."""

    status: str = ""
    q: str = ""
    tag: str = ""
    author_id: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """Use cases on issues."""

    database: Database
    rights: Rights
    audit: Audit
    clock: Clock
    ids: Ids

    async def list_visible(self, actor: Actor, paging: PageRequest, wanted: IssueFilter) -> Page[Issue]:
        """The organization's issues without their descriptions, the newest first. Raises Invalid, Forbidden."""
        where: dict[str, Any] = dict(tenant_filter(actor, wanted.tenant_id))
        if wanted.status:
            where["status"] = str(check_status(wanted.status))
        if wanted.tag:
            where["tags"] = wanted.tag
        if wanted.author_id:
            where["author_id"] = wanted.author_id
        if wanted.q:
            found = containing(wanted.q, field="q")
            where["$or"] = [{"title": found}, {"description": found}]
        newest = [("created_at", -1), ("_id", -1)]
        return await find_page(self._issues, where, Issue, paging, sort=newest, projection={"description": 0})

    async def get(self, actor: Actor, issue_id: str) -> Issue:
        """One issue. Raises Invalid, NotFound."""
        if not is_object_id(issue_id):
            raise Invalid("Invalid issue ID")
        issue = find_record(Issue, await self._issues.find_one({"_id": issue_id}))
        if issue is None or not actor.sees(issue.tenant_id):
            raise NotFound(NO_ISSUE)
        return issue

    async def create(self, actor: Actor, new: NewIssue) -> Issue:
        """An open issue. Raises Invalid, Forbidden, NotFound (also a machine the actor may not see)."""
        tenant_id = await tenant_for(self.database, actor, new.tenant_id)
        now = self.clock.now()
        issue = Issue(
            id=self.ids.object_id(),
            tenant_id=tenant_id,
            title=check_name(new.title, field="title", maximum=MAX_TITLE_CHARS),
            description=check_text(new.description, field="description"),
            status=IssueStatus.OPEN,
            machine_id=await self._machine(actor, tenant_id, new.machine_id),
            tags=check_tags(new.tags),
            author_id=actor.user_id,
            author_username=actor.username,
            fix_count=0,
            created_at=now,
            updated_at=now,
        )
        await self._issues.insert_one(to_document(issue))
        return issue

    async def update(self, actor: Actor, issue_id: str, change: IssueChange) -> Issue:
        """Change it: its author, or an administrator. Raises Invalid, NotFound, Forbidden."""
        issue = await self.get(actor, issue_id)
        require_author(actor, issue, "Not authorized to update this issue")
        changes: dict[str, Any] = {"updated_at": self.clock.now()}
        if change.title is not None:
            changes["title"] = check_name(change.title, field="title", maximum=MAX_TITLE_CHARS)
        if change.description is not None:
            changes["description"] = check_text(change.description, field="description")
        if change.status is not None:
            changes["status"] = str(check_status(change.status))
        if change.machine_id is not None:
            changes["machine_id"] = await self._machine(actor, issue.tenant_id, change.machine_id)
        if change.tags is not None:
            changes["tags"] = list(check_tags(change.tags))
        document = await self._issues.find_one_and_update({"_id": issue.id}, {"$set": changes})
        if document is None:
            raise NotFound(NO_ISSUE)
        return read(Issue, document)

    async def delete(self, actor: Actor, issue_id: str) -> None:
        """Take it away with its fixes and their likes. Raises Invalid, NotFound, Forbidden."""
        issue = await self.get(actor, issue_id)
        require_author(actor, issue, "Not authorized to delete this issue")
        of_it = {"tenant_id": issue.tenant_id, "issue_id": issue.id}

        def remove(database: SyncDatabase) -> bool:
            if not database.collection("issues").delete_one({"_id": issue.id}):
                return False
            database.collection("fixes").delete_many(of_it)
            database.collection("likes").delete_many(of_it)
            return True

        if not await self.database.transact(remove):
            raise NotFound(NO_ISSUE)
        await self.audit.record(
            actor,
            Action.ISSUE_DELETED,
            "community",
            resource_id=issue.id,
            tenant_id=issue.tenant_id,
            author=issue.author_username,
        )

    @property
    def _issues(self) -> Any:
        return self.database.collection("issues")

    async def _machine(self, actor: Actor, tenant_id: str, machine_id: str) -> str:
        """The machine's id as it was given, if the actor may see that machine of that organization. Raises NotFound."""
        if not machine_id:
            return ""
        by_id = is_object_id(machine_id)
        machine = await (self.rights.get_by_id if by_id else self.rights.get)(actor, machine_id)
        try:
            await self.rights.require_view(actor, machine)
        except Forbidden as refused:
            raise NotFound(NO_MACHINE) from refused
        if machine.tenant_id != tenant_id:
            raise NotFound(NO_MACHINE)
        return machine_id


def require_author(actor: Actor, issue: Issue, text: str) -> None:
    """Raises Forbidden with `text` for everybody but the author and administrators."""
    if issue.author_id != actor.user_id and not actor.administers(issue.tenant_id):
        raise Forbidden(text)


def check_text(text: str, *, field: str) -> str:
    """Several lines of text. Raises Invalid."""
    if not text.strip():
        raise Invalid(f"{field} is required")
    return check_drawable(text.strip(), field=field, maximum=MAX_TEXT_CHARS)
