"""Reading the audit trail: lists with filters, and whose trails one may read. Reading is no entry; exporting is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relay.domain.access import Actor
from relay.domain.audit import AuditRow
from relay.domain.names import folded
from relay.domain.paging import Page, PageRequest
from relay.services.records import IDS_AT_ONCE, containing, find_page, tenant_filter
from relay.store.interface import Database, Filter

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SEARCHED = (
    "username", "action", "resource", "resource_id", "ip_address", "user_agent", "details.machine_name",
    "details.name", "details.username", "details.email", "details.reason",
)  # fmt: skip
"""Where a keyword is looked for."""
EXACT = {
    "user_id": "user_id", "action": "action", "category": "category", "severity": "severity", "resource": "resource",
    "status": "status", "source": "source", "ip": "ip_address",
}  # fmt: skip
"""Filters that name a value, and the field that has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; empty fields do not narrow. Times are inclusive."""

    user_id: str = ""
    action: str = ""
    category: str = ""
    severity: str = ""
    resource: str = ""
    status: str = ""
    source: str = ""
    ip: str = ""
    username: str = ""
    machine: str = ""
    email: str = ""
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def bounds(self) -> dict[str, datetime]:
        """The condition on `timestamp`."""
        return {operator: at for operator, at in (("$gte", self.since), ("$lte", self.until)) if at is not None}

    def shown(self) -> dict[str, str]:
        """What was asked for beside the time, for an export's header and for the entry about it."""
        names = ("user_id", "action", "category", "severity", "resource", "status", "source", "ip", "username",
                 "machine", "email", "q")  # fmt: skip
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTenant:
    """An organization that has, or had, a trail."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """Reads entries; writes none."""

    database: Database

    async def page(self, actor: Actor, wanted: AuditFilter, tenant_id: str, paging: PageRequest) -> Page[AuditRow]:
        """Entries, newest first: of one organization, or for a super admin of all. Raises Forbidden, Invalid."""
        scope = tenant_filter(actor, tenant_id or None)
        where: dict[str, Any] = {**scope, **await self.conditions(scope, wanted)}
        if actor.is_super_admin and not tenant_id:
            # Every organization, in the order of time: the index over the time alone serves this one.
            where.pop("tenant_id")
            where["timestamp"] = {"$gte": BEGINNING, **wanted.bounds}
        return await find_page(self.database.collection("audit"), where, AuditRow, paging, sort=[("timestamp", -1)])

    async def tenants(self, actor: Actor) -> Sequence[AuditTenant]:
        """Whose entries one may read: a super admin everybody's, of deleted organizations too; else one's own."""
        where = {} if actor.is_super_admin else {"name": actor.tenant_id}
        living = await self.database.collection("organizations").find(where, sort=[("name", 1)])
        found = [AuditTenant(tenant_id=each["name"], name=each["display_name"]) for each in living]
        if actor.is_super_admin:
            gone = await self.database.collection("deleted_organizations").find({}, sort=[("_id", 1)])
            found += [AuditTenant(tenant_id=each["_id"], name=each["display_name"]) for each in gone]
        return found

    async def conditions(self, scope: Filter, wanted: AuditFilter) -> Filter:
        """The filter's part of a query. Raises Invalid."""
        found: dict[str, Any] = {"timestamp": wanted.bounds} if wanted.bounds else {}
        found |= {EXACT[name]: value for name, value in wanted.shown().items() if name in EXACT}
        if wanted.username:
            found["username"] = containing(wanted.username, field="username")
        if choices := await self._choices(scope, wanted):
            found["$and"] = [{"$or": each} for each in choices]
        return found

    async def _choices(self, scope: Filter, wanted: AuditFilter) -> list[list[Filter]]:
        """What may stand in one of several places."""
        choices: list[list[Filter]] = []
        if wanted.machine:
            choices.append([{"resource_id": wanted.machine}, {"details.agent_id": wanted.machine}])
        if wanted.email:
            choices.append(await self._by_email(scope, wanted.email))
        if wanted.q:
            text = containing(wanted.q, field="q")
            choices.append([{path: text} for path in SEARCHED])
        return choices

    async def _by_email(self, scope: Filter, email: str) -> list[Filter]:
        """What the accounts with this address did, and what was tried under it."""
        where = {**scope, "email_folded": folded(email)}
        found = await self.database.collection("users").find(where, limit=IDS_AT_ONCE, projection={"_id": 1})
        tried: list[Filter] = [{"username": email}, {"details.email": email}]
        return [{"user_id": {"$in": [each["_id"] for each in found]}}, *tried]
