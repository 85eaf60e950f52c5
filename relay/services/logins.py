"""Logins as people see them: what is logged in to one's account, from where, since when; and ending one of them.

A row comes with a login's first token and goes with its last, or with the login. Whether a token counts never depends
on these rows (see `Standing`): they show, and they tell where a login must be looked for when it ends.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import Source, User
from relay.domain.audit import Action
from relay.domain.clients import browser_of, os_of
from relay.domain.errors import NotFound
from relay.domain.logins import LoginRecord, record_id
from relay.domain.names import plain
from relay.domain.paging import Page, PageRequest
from relay.services.audit import Audit
from relay.services.backlog import NOT_NOW
from relay.services.ports import Caller, Recheck
from relay.services.records import find_page, find_record, read, to_document
from relay.store.errors import Duplicate
from relay.store.interface import Database, Filter, SyncDatabase

SEEN_EVERY_S = 60.0
"""How exact `last_seen_at` is: one write a minute for each login that is used."""
MAX_REMEMBERED = 20_000
"""Logins whose last write is remembered; a forgotten one is written once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Keeps the rows, and ends logins."""

    database: Database
    audit: Audit
    recheck: Recheck
    clock: Clock
    chain_lifetime: timedelta
    _seen: OrderedDict[str, float] = field(default_factory=OrderedDict, repr=False)

    async def began(
        self, caller: Caller, user: User, *, login_id: str, source: Source, method: str, lifetime_s: int
    ) -> None:
        """A token was made for this account: the first of its login here."""
        now = self.clock.now()
        record = LoginRecord(
            id=record_id(login_id, user.id),
            login_id=login_id,
            tenant_id=user.tenant_id,
            user_id=user.id,
            source=source,
            method=method,
            browser=browser_of(caller.user_agent),
            os=os_of(caller.user_agent),
            ip_address=plain(caller.ip_address, 64),
            generation=user.token_generation,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(seconds=lifetime_s),
        )
        document = to_document(record)
        try:
            await self.database.collection("logins").insert_one(document)
        except Duplicate:  # back in an organization where this login has been before
            await self._prolong(record.id, record.generation, record.expires_at)

    async def renewed(self, actor: Actor, lifetime_s: int) -> None:
        """The actor's login has a newer token."""
        expires_at = self.clock.now() + timedelta(seconds=lifetime_s)
        await self._prolong(record_id(actor.login_id, actor.user_id), actor.token_generation, expires_at)

    async def seen(self, login_id: str, user_id: str) -> None:
        """The login was used. While the store takes nothing, nobody is refused for that."""
        row_id, now_s = record_id(login_id, user_id), self.clock.monotonic()
        if now_s - self._seen.get(row_id, -SEEN_EVERY_S) < SEEN_EVERY_S:
            return
        self._seen[row_id] = now_s
        self._seen.move_to_end(row_id)
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        with suppress(*NOT_NOW):
            used = {"$set": {"last_seen_at": self.clock.now()}}
            await self.database.collection("logins").update_one({"_id": row_id}, used)

    async def list_own(self, actor: Actor, user: User, paging: PageRequest) -> Page[LoginRecord]:
        """What is logged in to the actor's account now, the newest first."""
        counting: list[Filter] = [{"generation": user.token_generation}]
        if user.kept_generation == user.token_generation:
            counting.append({"login_id": user.kept_login_id})
        own = {**_own(actor), "expires_at": {"$gt": self.clock.now()}, "$or": counting}
        logins = self.database.collection("logins")
        return await find_page(logins, own, LoginRecord, paging, sort=[("created_at", -1), ("_id", -1)])

    async def end(self, actor: Actor, login_id: str) -> None:
        """End one of the actor's logins: its tokens at once, what it opened within a second. Raises NotFound."""
        where = {**_own(actor), "login_id": login_id}
        found = find_record(LoginRecord, await self.database.collection("logins").find_one(where))
        if found is None:
            raise NotFound("Login not found")
        if await self.revoke(login_id, actor.tenant_id, since=found.created_at):
            await self.audit.record(
                actor, Action.LOGIN_ENDED, "profile", resource_id=login_id, browser=found.browser, os=found.os
            )

    async def revoke(self, login_id: str, tenant_id: str, *, since: datetime) -> bool:
        """Refuse every token of a login from now on, in every organization; False when that was done already."""
        ending = {"_id": login_id, "tenant_id": tenant_id, "expires_at": since + self.chain_lifetime}

        def end(database: SyncDatabase) -> list[LoginRecord]:
            database.collection("revoked_tokens").insert_one(ending)
            rows = [read(LoginRecord, each) for each in database.collection("logins").find({"login_id": login_id})]
            database.collection("logins").delete_many({"login_id": login_id})
            return rows

        try:
            rows = await self.database.transact(end)
        except Duplicate:
            return False
        for each in {tenant_id, *(row.tenant_id for row in rows)}:
            await self.recheck(each)
        return True

    async def _prolong(self, row_id: str, generation: int, expires_at: datetime) -> None:
        newer = {"generation": generation, "expires_at": expires_at, "last_seen_at": self.clock.now()}
        await self.database.collection("logins").update_one({"_id": row_id}, {"$set": newer})


def _own(actor: Actor) -> Filter:
    return {"tenant_id": actor.tenant_id, "user_id": actor.user_id}
