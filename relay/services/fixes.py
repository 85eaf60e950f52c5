"""Fixes of issues: proposing, liking, accepting one. Counts are kept beside what they count, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.community import MAX_FIXES, Fix, Issue, IssueStatus
from relay.domain.errors import Conflict, Invalid, NotFound
from relay.domain.names import is_object_id
from relay.domain.paging import Page, PageRequest
from relay.ids import Ids
from relay.services.community import NO_ISSUE, Community, check_text, require_author
from relay.services.records import batched_ids, find_page, find_record, to_document
from relay.store.errors import Duplicate
from relay.store.interface import Database, SyncDatabase

NO_FIX = "Fix not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixEntry:
    """A fix, as one person sees it."""

    fix: Fix
    liked_by_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """Use cases on fixes."""

    database: Database
    community: Community
    clock: Clock
    ids: Ids

    async def of_issue(self, actor: Actor, issue_id: str, paging: PageRequest) -> Page[FixEntry]:
        """The accepted one, then the most liked, then the oldest. Raises Invalid, NotFound."""
        issue = await self.community.get(actor, issue_id)
        order = [("accepted", -1), ("likes", -1), ("created_at", 1), ("_id", 1)]
        page = await find_page(self.database.collection("fixes"), _of(issue), Fix, paging, sort=order)
        liked = await self._liked(actor, page.items)
        entries = [FixEntry(fix=fix, liked_by_me=fix.id in liked) for fix in page.items]
        return Page(items=entries, total=page.total, page=page.page, limit=page.limit)

    async def create(self, actor: Actor, issue_id: str, content: str) -> Fix:
        """Propose a fix. Raises Invalid, NotFound, Conflict (the issue has as many as an issue may have)."""
        issue = await self.community.get(actor, issue_id)
        fix = Fix(
            id=self.ids.object_id(),
            tenant_id=issue.tenant_id,
            issue_id=issue.id,
            content=check_text(content, field="content"),
            author_id=actor.user_id,
            author_username=actor.username,
            likes=0,
            accepted=False,
            created_at=self.clock.now(),
        )

        def insert(database: SyncDatabase) -> None:
            counted = database.collection("issues").find_one_and_update({"_id": issue.id}, {"$inc": {"fix_count": 1}})
            if counted is None:
                raise NotFound(NO_ISSUE)
            if counted["fix_count"] > MAX_FIXES:
                raise Conflict(f"An issue has at most {MAX_FIXES} fixes")
            database.collection("fixes").insert_one(to_document(fix))

        await self.database.transact(insert)
        return fix

    async def like(self, actor: Actor, issue_id: str, fix_id: str) -> None:
        """One like a person; twice is once, also at the same moment. Raises Invalid, NotFound."""
        fix = await self._get(actor, issue_id, fix_id)
        like = {
            "_id": self.ids.object_id(),
            "tenant_id": fix.tenant_id,
            "issue_id": fix.issue_id,
            "fix_id": fix.id,
            "user_id": actor.user_id,
            "created_at": self.clock.now(),
        }

        def insert(database: SyncDatabase) -> None:
            if not database.collection("fixes").update_one({"_id": fix.id}, {"$inc": {"likes": 1}}).matched:
                raise NotFound(NO_FIX)
            database.collection("likes").insert_one(like)

        try:
            await self.database.transact(insert)
        except Duplicate:
            return  # it was liked before

    async def unlike(self, actor: Actor, issue_id: str, fix_id: str) -> None:
        """Take the like back; nothing to take back is no mistake. Raises Invalid, NotFound."""
        fix = await self._get(actor, issue_id, fix_id)

        def remove(database: SyncDatabase) -> None:
            if database.collection("likes").delete_one({"fix_id": fix.id, "user_id": actor.user_id}):
                database.collection("fixes").update_one({"_id": fix.id}, {"$inc": {"likes": -1}})

        await self.database.transact(remove)

    async def accept(self, actor: Actor, issue_id: str, fix_id: str) -> None:
        """This one solves it; another that was accepted is so no more. Raises Invalid, NotFound, Forbidden."""
        issue = await self.community.get(actor, issue_id)
        require_author(actor, issue, "Only issue author can mark fixes as accepted")
        fix = await self._get(actor, issue_id, fix_id)
        solved = {
            "accepted_fix_id": fix.id,
            "status": str(IssueStatus.RESOLVED),
            "updated_at": self.clock.now(),
        }

        def mark(database: SyncDatabase) -> None:
            if not database.collection("issues").update_one({"_id": issue.id}, {"$set": solved}).matched:
                raise NotFound(NO_ISSUE)
            fixes = database.collection("fixes")
            fixes.update_many({**_of(issue), "accepted": True}, {"$set": {"accepted": False}})
            if not fixes.update_one({"_id": fix.id}, {"$set": {"accepted": True}}).matched:
                raise NotFound(NO_FIX)

        await self.database.transact(mark)

    async def _get(self, actor: Actor, issue_id: str, fix_id: str) -> Fix:
        """A fix of this issue. Raises Invalid, NotFound."""
        issue = await self.community.get(actor, issue_id)
        if not is_object_id(fix_id):
            raise Invalid("Invalid fix ID")
        fix = find_record(Fix, await self.database.collection("fixes").find_one({"_id": fix_id}))
        if fix is None or fix.issue_id != issue.id:
            raise NotFound(NO_FIX)
        return fix

    async def _liked(self, actor: Actor, fixes: Sequence[Fix]) -> set[str]:
        liked: set[str] = set()
        for chunk in batched_ids(fix.id for fix in fixes):
            where = {"fix_id": {"$in": list(chunk)}, "user_id": actor.user_id}
            liked |= {each["fix_id"] for each in await self.database.collection("likes").find(where)}
        return liked


def _of(issue: Issue) -> dict[str, Any]:
    return {"tenant_id": issue.tenant_id, "issue_id": issue.id}
