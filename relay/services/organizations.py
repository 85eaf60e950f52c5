"""Organizations, for those who run the platform: making, closing and deleting them, and what is in them.

Closing one ends everything of it at once: tokens, shells, commands, agents. Deleting one takes everything but its audit
log; its slug is never given again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import PLATFORM, Organization, User
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Invalid, NotFound
from relay.domain.groups import Group
from relay.domain.machines import Status
from relay.domain.names import check_name, is_object_id, is_slug, slug
from relay.domain.paging import Page, PageRequest
from relay.services.accounts import Accounts, NewUser
from relay.services.audit import Audit
from relay.services.ports import Recheck
from relay.services.presence import Presence
from relay.services.records import batched_ids, containing, find_page, find_record
from relay.services.uploads import Uploads
from relay.store.collections import OUTLIVES_ITS_ORGANIZATION, SCHEMA
from relay.store.interface import Database, Document, SyncDatabase
from relay.terminal.ending import MACHINE_GONE, NOT_PROVEN, TERMINATED
from relay.terminal.hub import Hub

NO_ORGANIZATION = "Organization not found"
GOES_AT_ONCE = ("users", "machines", "groups", "grants", "enrolment_tokens")
"""What nobody may find any more the moment the organization is gone; the rest is purged right after."""
LATE_ROWS = timedelta(minutes=1)
"""A shell that is just being hung up may still write its last log row: the purge is repeated after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationEntry:
    """An organization as lists show it."""

    organization: Organization
    user_count: int
    machine_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationStats:
    """What is in an organization now; `session_count_today` counts from the beginning of the UTC day."""

    user_count: int
    machine_count: int
    online_machine_count: int
    group_count: int
    session_count_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Organizations:
    """Use cases of super admins. The platform's own organization is in no list and cannot be ended."""

    database: Database
    accounts: Accounts
    presence: Presence
    hub: Hub
    uploads: Uploads
    audit: Audit
    recheck: Recheck
    clock: Clock

    async def list_all(self, paging: PageRequest, *, search: str = "") -> Page[OrganizationEntry]:
        """Every organization but the platform's, by slug. Raises Invalid."""
        where: dict[str, Any] = {"name": {"$ne": PLATFORM}}
        if search:
            where["$or"] = [{"name": containing(search)}, {"display_name": containing(search)}]
        page = await find_page(self._organizations, where, Organization, paging, sort=[("name", 1)])
        return Page(items=await self._entries(page.items), total=page.total, page=page.page, limit=page.limit)

    async def get(self, key: str) -> OrganizationEntry:
        """One organization, by id or slug. Raises Invalid, NotFound."""
        return (await self._entries([await self._find(key)]))[0]

    async def create(
        self, actor: Actor, *, name: str, display_name: str, admin: NewUser | None = None
    ) -> OrganizationEntry:
        """A new organization, with its first administrator where one is named. Raises Invalid, Conflict."""
        organization, user = await self.accounts.create_organization(
            admin, name=slug(name, field="name"), display_name=check_name(display_name, field="display_name")
        )
        await self._record(actor, Action.ORG_CREATED, organization)
        if user is not None:
            await self.audit.record(
                actor,
                Action.USER_CREATED,
                "user",
                resource_id=user.id,
                tenant_id=organization.name,
                username=user.username,
                role=str(user.role),
            )
        return OrganizationEntry(organization=organization, user_count=int(user is not None), machine_count=0)

    async def update(
        self, actor: Actor, key: str, *, display_name: str | None = None, enabled: bool | None = None
    ) -> OrganizationEntry:
        """Rename it, close it, open it again. What closing ended does not come back. Raises Invalid, NotFound."""
        organization = await self._find(key)
        changes: dict[str, Any] = {"updated_at": self.clock.now()}
        if display_name is not None:
            changes["display_name"] = check_name(display_name, field="display_name")
        if enabled is not None:
            _refuse_platform(organization, enabled, "disabled")
            changes["enabled"] = enabled

        def work(database: SyncDatabase) -> Document | None:
            if enabled is False:
                of_it = {"tenant_id": organization.name}
                database.collection("users").update_many(of_it, {"$inc": {"token_generation": 1}})
            organizations = database.collection("organizations")
            return organizations.find_one_and_update({"_id": organization.id}, {"$set": changes})

        changed = find_record(Organization, await self.database.transact(work))
        if changed is None:
            raise NotFound(NO_ORGANIZATION)
        agent_ids = await self._agent_ids(changed) if enabled is False else ()
        await self._end_shells(changed, agent_ids, "organization disabled")
        await self._record(actor, Action.ORG_UPDATED, changed, enabled=changed.enabled)
        for agent_id in agent_ids:
            await self.hub.disconnect_agent(agent_id, NOT_PROVEN, "organization disabled")
        return (await self._entries([changed]))[0]

    async def delete(self, actor: Actor, key: str, *, force: bool = False) -> None:
        """Take it away: when it is empty, or with everything in it. Raises Invalid, NotFound, Conflict."""
        organization = await self._find(key)
        _refuse_platform(organization, False, "deleted")
        agent_ids = await self.database.transact(lambda database: self._remove(database, organization, force=force))
        await self._end_shells(organization, agent_ids, "organization deleted")
        await self._record(actor, Action.ORG_DELETED, organization, machines=len(agent_ids), forced=force)
        for agent_id in agent_ids:
            await self.hub.disconnect_agent(agent_id, MACHINE_GONE, "machine deleted")
        await self._purge(organization.name)

    async def purge_deleted(self) -> None:
        """Take what a deletion left: rows that came late, or all of it where the relay was stopped in between."""
        gone = self.database.collection("deleted_organizations")
        for each in await gone.find({"purged": False, "deleted_at": {"$lte": self.clock.now() - LATE_ROWS}}):
            await self._purge(each["_id"])
            await gone.update_one({"_id": each["_id"]}, {"$set": {"purged": True}})

    async def stats(self, key: str) -> OrganizationStats:
        """Its figures. Raises Invalid, NotFound."""
        entry = await self.get(key)
        of_it = {"tenant_id": entry.organization.name}
        midnight = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        online = {**of_it, **self.presence.where(Status.ONLINE)}
        return OrganizationStats(
            user_count=entry.user_count,
            machine_count=entry.machine_count,
            online_machine_count=await self.database.collection("machines").count(online),
            group_count=await self.database.collection("groups").count(of_it),
            session_count_today=await self.database.collection("sessions").count(
                {**of_it, "started_at": {"$gte": midnight}}
            ),
        )

    async def list_users(self, key: str, paging: PageRequest) -> Page[User]:
        """Its users, by user name. Raises Invalid, NotFound."""
        of_it = {"tenant_id": (await self._find(key)).name}
        return await find_page(self.database.collection("users"), of_it, User, paging, sort=[("username_folded", 1)])

    async def list_groups(self, key: str, paging: PageRequest) -> Page[Group]:
        """Its groups, by name. Raises Invalid, NotFound."""
        of_it = {"tenant_id": (await self._find(key)).name}
        return await find_page(self.database.collection("groups"), of_it, Group, paging, sort=[("name_folded", 1)])

    @property
    def _organizations(self) -> Any:
        return self.database.collection("organizations")

    async def _find(self, key: str) -> Organization:
        """By id, else by slug: a slug may look like an id. Raises Invalid, NotFound."""
        if not is_object_id(key) and not is_slug(key):
            raise Invalid("Invalid organization ID")
        found = await self._organizations.find_one({"_id": key}) or await self._organizations.find_one({"name": key})
        organization = find_record(Organization, found)
        if organization is None:
            raise NotFound(NO_ORGANIZATION)
        return organization

    def _remove(self, database: SyncDatabase, organization: Organization, *, force: bool) -> Sequence[str]:
        """Within a transaction; the agent ids of its machines. Raises Conflict, NotFound."""
        of_it = {"tenant_id": organization.name}
        machines = database.collection("machines").find(of_it, projection={"agent_id": 1})
        if not force and (machines or database.collection("users").count(of_it)):
            raise Conflict("Cannot delete organization with existing users")
        if not database.collection("organizations").delete_one({"_id": organization.id}):
            raise NotFound(NO_ORGANIZATION)
        now = self.clock.now()
        tombstone = {
            "_id": organization.name,
            "organization_id": organization.id,
            "display_name": organization.display_name,
            "deleted_at": now,
            "purged": False,
        }
        database.collection("deleted_organizations").insert_one(tombstone)
        for each in machines:
            database.collection("deleted_agents").insert_one({"_id": each["agent_id"], **of_it, "deleted_at": now})
        for name in GOES_AT_ONCE:
            database.collection(name).delete_many(of_it)
        return [each["agent_id"] for each in machines]

    async def _agent_ids(self, organization: Organization) -> Sequence[str]:
        of_it = {"tenant_id": organization.name}
        found = await self.database.collection("machines").find(of_it, projection={"agent_id": 1})
        return [each["agent_id"] for each in found]

    async def _end_shells(self, organization: Organization, agent_ids: Sequence[str], text: str) -> None:
        """Those of its people, and everybody's on its machines. Their links end later: the machines must hear this."""
        await self.recheck(organization.name)
        ended = set(agent_ids)
        for session in self.hub.sessions():
            if session.agent_id in ended:
                session.close(text, TERMINATED)

    async def _purge(self, tenant_id: str) -> None:
        await self.uploads.drop_all(tenant_id)
        for collection in SCHEMA.collections:
            if collection.name not in OUTLIVES_ITS_ORGANIZATION:
                await self.database.collection(collection.name).delete_many({"tenant_id": tenant_id})

    async def _entries(self, organizations: Sequence[Organization]) -> list[OrganizationEntry]:
        names = [each.name for each in organizations]
        users, machines = await self._counts("users", names), await self._counts("machines", names)
        return [
            OrganizationEntry(
                organization=each, user_count=users.get(each.name, 0), machine_count=machines.get(each.name, 0)
            )
            for each in organizations
        ]

    async def _counts(self, collection: str, tenants: Sequence[str]) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for chunk in batched_ids(tenants):
            found = await self.database.collection(collection).aggregate(
                [{"$match": {"tenant_id": {"$in": list(chunk)}}}, {"$group": {"_id": "$tenant_id", "n": {"$sum": 1}}}]
            )
            counts |= {each["_id"]: each["n"] for each in found}
        return counts

    async def _record(self, actor: Actor, action: Action, organization: Organization, **details: Any) -> None:
        await self.audit.record(
            actor,
            action,
            "organization",
            resource_id=organization.id,
            tenant_id=organization.name,
            name=organization.display_name,
            **details,
        )


def _refuse_platform(organization: Organization, enabled: bool, verb: str) -> None:
    if organization.name == PLATFORM and not enabled:
        raise Invalid(f"The platform organization cannot be {verb}")
