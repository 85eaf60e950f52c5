"""Grants: who was given a machine, by whom, as what, until when. Taking one back closes what it kept open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.clock import Clock
from relay.domain.access import Actor, Grant, Via
from relay.domain.accounts import User
from relay.domain.audit import Action
from relay.domain.errors import Invalid, NotFound
from relay.domain.groups import Group
from relay.domain.machines import Machine
from relay.domain.names import check_machine_role, folded, is_object_id
from relay.domain.paging import Page, PageRequest, page_of
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.ports import Recheck
from relay.services.records import batched_ids, find_record, read, to_document
from relay.services.rights import Rights
from relay.store.errors import Duplicate
from relay.store.interface import Database

NO_USER = "User not found"
EVERYTHING = PageRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """One way one person may use a machine. Group access has no grant; its role is the group's."""

    user: User
    machine_role: str
    via: Via
    group_id: str | None = None
    grant: Grant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGrants:
    """Lists, gives and takes access to one machine."""

    database: Database
    rights: Rights
    audit: Audit
    recheck: Recheck
    clock: Clock
    ids: Ids

    async def list_users(self, actor: Actor, agent_id: str, paging: PageRequest = EVERYTHING) -> Page[AccessEntry]:
        """Everybody with a grant or through a group, by name; not those who may as administrators.

        Raises NotFound, Forbidden.
        """
        machine = await self.rights.get(actor, agent_id)
        await self.rights.require_view(actor, machine)
        grants = await self._valid_grants(machine)
        groups = await self._groups(machine)
        members = [user_id for group in groups for user_id in group.member_ids]
        users = await self._users(machine.tenant_id, [*(grant.user_id for grant in grants), *members])
        entries = [
            AccessEntry(user=users[grant.user_id], machine_role=_role(grant, users), via=Via.DIRECT, grant=grant)
            for grant in grants
            if grant.user_id in users
        ]
        entries += [
            AccessEntry(user=users[user_id], machine_role=group.machine_role, via=Via.GROUP, group_id=group.id)
            for group in groups
            for user_id in group.member_ids
            if user_id in users
        ]
        entries.sort(key=lambda entry: (folded(entry.user.username), entry.via, entry.group_id or ""))
        return page_of(entries, paging)

    async def grant(
        self,
        actor: Actor,
        agent_id: str,
        *,
        user_id: str = "",
        username: str = "",
        machine_role: str | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        """Give access, or change role and end of what was given. Raises Invalid, NotFound, Forbidden."""
        machine = await self.rights.get(actor, agent_id)
        self.rights.require_change(actor, machine)
        user = await self._user(machine.tenant_id, user_id, username)
        if machine_role is not None:
            check_machine_role(machine_role)
        if expires_at is not None and expires_at <= self.clock.now():
            raise Invalid("expires_at must be in the future")
        await self._store(actor, machine, user, machine_role=machine_role, expires_at=expires_at)
        await self.recheck(machine.tenant_id)
        given = {"machine_role": "" if machine_role is None else machine_role, "expires_at": _text(expires_at)}
        await self._record(actor, Action.ACCESS_GRANTED, machine, user, **given)

    async def revoke(self, actor: Actor, agent_id: str, *, user_id: str = "", username: str = "") -> None:
        """Take back what was given, also on request, and close what ran by it alone.

        Twice is once. Raises Invalid, NotFound, Forbidden."""
        machine = await self.rights.get(actor, agent_id)
        self.rights.require_change(actor, machine)
        user = await self._user(machine.tenant_id, user_id, username)
        await self.database.collection("grants").delete_many({"machine_id": machine.id, "user_id": user.id})
        await self.recheck(machine.tenant_id)
        await self._record(actor, Action.ACCESS_REVOKED, machine, user)

    async def _store(
        self, actor: Actor, machine: Machine, user: User, *, machine_role: str | None, expires_at: datetime | None
    ) -> None:
        grant = Grant(
            id=self.ids.object_id(),
            tenant_id=machine.tenant_id,
            machine_id=machine.id,
            user_id=user.id,
            granted_by=actor.user_id,
            granted_at=self.clock.now(),
            machine_role=machine_role,
            expires_at=expires_at,
        )
        grants = self.database.collection("grants")
        changed = {name: value for name, value in to_document(grant).items() if name not in {"_id", "version"}}
        lasting = {"machine_id": machine.id, "user_id": user.id, "request_id": None}
        if await grants.find_one_and_update(lasting, {"$set": changed}):
            return
        try:
            await grants.insert_one(to_document(grant))
        except Duplicate:  # two at once: the later one counts
            await grants.update_one(lasting, {"$set": changed})

    async def _user(self, tenant_id: str, user_id: str, username: str) -> User:
        if not user_id and not username:
            raise Invalid("user_id is required")
        if user_id and not is_object_id(user_id):
            raise NotFound(NO_USER)
        where = {"_id": user_id} if user_id else {"username_folded": folded(username)}
        user = find_record(User, await self.database.collection("users").find_one({**where, "tenant_id": tenant_id}))
        if user is None:
            raise NotFound(NO_USER)
        return user

    async def _valid_grants(self, machine: Machine) -> list[Grant]:
        now = self.clock.now()
        found = await self.database.collection("grants").find({"machine_id": machine.id})
        return [grant for grant in (read(Grant, each) for each in found) if grant.is_valid(now)]

    async def _groups(self, machine: Machine) -> list[Group]:
        where = {"tenant_id": machine.tenant_id, "machine_ids": machine.id}
        return [read(Group, each) for each in await self.database.collection("groups").find(where)]

    async def _users(self, tenant_id: str, user_ids: Sequence[str]) -> dict[str, User]:
        users: dict[str, User] = {}
        for chunk in batched_ids(user_ids):
            found = await self.database.collection("users").find({"_id": {"$in": list(chunk)}, "tenant_id": tenant_id})
            users.update((each["_id"], read(User, each)) for each in found)
        return users

    async def _record(self, actor: Actor, action: Action, machine: Machine, user: User, **details: str) -> None:
        await self.audit.record(
            actor,
            action,
            "machine",
            resource_id=machine.agent_id,
            tenant_id=machine.tenant_id,
            user_id=user.id,
            username=user.username,
            **details,
        )


def _role(grant: Grant, users: dict[str, User]) -> str:
    return users[grant.user_id].machine_role if grant.machine_role is None else grant.machine_role


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
