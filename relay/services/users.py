"""Users of an organization: oneself, all of them, a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.domain.access import Actor
from relay.domain.accounts import User
from relay.domain.audit import Action
from relay.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from relay.domain.names import check_machine_role, check_role, is_object_id
from relay.domain.paging import Page, PageRequest
from relay.services.accounts import Accounts, NewUser
from relay.services.audit import Audit
from relay.services.memberships import group_ids, record_change
from relay.services.records import batched_ids, containing, find_page, find_record, tenant_filter
from relay.services.rights import NOT_AUTHORIZED
from relay.services.standing import Account, Standing
from relay.services.tenants import tenant_for
from relay.store.interface import Database

NO_USER = "User not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry:
    """A user as a list shows it."""

    user: User
    tenant_name: str
    groups: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Use cases on users."""

    database: Database
    accounts: Accounts
    standing: Standing
    audit: Audit

    async def me(self, actor: Actor) -> Account:
        """The actor's own account. Raises Unauthenticated when it went away this moment."""
        account = await self.standing.find(actor.user_id)
        if account is None:
            raise Unauthenticated("User not found")
        return account

    async def get(self, actor: Actor, user_id: str) -> UserEntry:
        """Oneself, or as administrator anybody of the organization. Raises Invalid, NotFound, Forbidden."""
        if not is_object_id(user_id):
            raise Invalid("Invalid user ID")
        user = find_record(User, await self.database.collection("users").find_one({"_id": user_id}))
        if user is None or not actor.sees(user.tenant_id):
            raise NotFound(NO_USER)
        if user.id != actor.user_id and not actor.administers(user.tenant_id):
            raise Forbidden(NOT_AUTHORIZED)
        return await self.entry(user)

    async def list_visible(
        self,
        actor: Actor,
        paging: PageRequest,
        *,
        search: str = "",
        role: str = "",
        enabled: bool | None = None,
        tenant_id: str = "",
    ) -> Page[UserEntry]:
        """The organization's users, by user name. Raises Invalid, Forbidden."""
        where: dict[str, Any] = dict(tenant_filter(actor, tenant_id))
        if search:
            names = ("username", "email", "first_name", "last_name")
            where["$or"] = [{name: containing(search)} for name in names]
        if role:
            where["role"] = role
        if enabled is not None:
            where["enabled"] = enabled
        users = self.database.collection("users")
        page = await find_page(users, where, User, paging, sort=[("username_folded", 1)])
        return Page(items=await self._entries(page.items), total=page.total, page=page.page, limit=page.limit)

    async def create(
        self, actor: Actor, new: NewUser, *, role: str = "user", groups: Sequence[str] = (), tenant_id: str = ""
    ) -> UserEntry:
        """An enabled account that must change its password. `groups` are names.

        Raises Invalid (also an unknown group), Forbidden, NotFound, Conflict.
        """
        tenant = await tenant_for(self.database, actor, tenant_id)
        check_machine_role(new.machine_role)
        made = NewUser(
            username=new.username,
            email=new.email,
            password=new.password,
            first_name=new.first_name,
            last_name=new.last_name,
            role=check_role(role),
            machine_role=new.machine_role,
            must_reset_password=True,
        )
        wanted = await group_ids(self.database, tenant, groups)
        user, joined = await self.accounts.create_member(tenant, made, wanted)
        await self.audit.record(
            actor,
            Action.USER_CREATED,
            "user",
            resource_id=user.id,
            tenant_id=tenant,
            username=user.username,
            role=str(user.role),
        )
        await record_change(self.audit, actor, user, joined)
        return await self.entry(user)

    async def entry(self, user: User) -> UserEntry:
        """A user as a list shows it."""
        return (await self._entries([user]))[0]

    async def _entries(self, users: Sequence[User]) -> list[UserEntry]:
        tenants = {user.tenant_id for user in users}
        names = await self._tenant_names(tenants)
        groups = await self._groups_of(users)
        return [
            UserEntry(user=user, tenant_name=names.get(user.tenant_id, ""), groups=groups[user.id]) for user in users
        ]

    async def _tenant_names(self, tenants: set[str]) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for chunk in batched_ids(tenants):
            where = {"name": {"$in": list(chunk)}}
            for each in await self.database.collection("organizations").find(where):
                names[each["name"]] = each["display_name"]
        return names

    async def _groups_of(self, users: Sequence[User]) -> Mapping[str, Sequence[str]]:
        names: dict[str, list[str]] = {user.id: [] for user in users}
        for tenant_id in sorted({user.tenant_id for user in users}):
            found = await self.database.collection("groups").find({"tenant_id": tenant_id}, sort=[("name_folded", 1)])
            for group in found:
                for user_id in names.keys() & set(group["member_ids"]):
                    names[user_id].append(group["name"])
        return names
