"""Changing and deleting users: what they may is changed in one transaction, and what they may no more ends at once.

An organization always keeps an enabled administrator, also when two are demoted at the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import KEY_CHANGES_NOTHING, Actor
from relay.domain.accounts import Role, User
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, Invalid, NotFound
from relay.domain.names import check_email, check_machine_role, check_name, check_password, check_role, folded
from relay.domain.roles import RoleChoice
from relay.services.accounts import conflict_of
from relay.services.audit import Audit
from relay.services.avatars import Avatars
from relay.services.memberships import MembershipChange, group_ids, record_change, set_groups
from relay.services.password_hashes import hash_password
from relay.services.ports import Passwords, Recheck
from relay.services.records import find_record, read
from relay.services.users import NO_USER, UserEntry, Users
from relay.store.errors import Duplicate
from relay.store.interface import Database, SyncDatabase

LAST_ADMIN = "Cannot demote or disable the last admin"
GOES_WITH_THE_USER = (
    "grants",
    "access_requests",
    "held_commands",
    "logins",
    "second_factors",
    "recovery_codes",
    "login_codes",
    "email_links",
)
"""Collections whose documents are one user's (`tenant_id`, `user_id`) and go when the account does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What to change; None leaves it. `groups` are the names of all groups the user is to be in."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    password: str | None = None
    role: str | None = None
    machine_role: str | None = None
    groups: Sequence[str] | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    before: User
    after: User
    groups: MembershipChange


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """Use cases of administrators on other people's accounts."""

    database: Database
    users: Users
    passwords: Passwords
    avatars: Avatars
    audit: Audit
    recheck: Recheck
    clock: Clock
    password_min_length: int = 8

    async def update(self, actor: Actor, user_id: str, change: UserChange) -> UserEntry:
        """Change a user. Disabling and a new password end every login of theirs; what runs by a lost right is closed.

        Raises Invalid, NotFound, Conflict.
        """
        user = (await self.users.get(actor, user_id)).user
        changes = await self._checked(actor, user, change)
        wanted = None if change.groups is None else await group_ids(self.database, user.tenant_id, change.groups)
        ends = change.enabled is False or change.password is not None
        now = self.clock.now()

        def work(database: SyncDatabase) -> _Changed:
            before = _require(database, user.id)
            restarts = {"enabled_at": now} if change.enabled and not before.enabled else {}
            _keep_an_admin(database, before, changes, LAST_ADMIN)
            update: dict[str, Any] = {"$set": {**changes, **restarts, "updated_at": now}}
            if ends:
                update["$inc"] = {"token_generation": 1}
            after = database.collection("users").find_one_and_update({"_id": user.id}, update)
            groups = MembershipChange()
            if wanted is not None:
                groups = set_groups(database, user.tenant_id, user.id, wanted, now)
            return _Changed(before=before, after=read(User, after or {}), groups=groups)

        try:
            changed = await self.database.transact(work)
        except Duplicate as error:
            raise conflict_of(error) from error
        await self.recheck(user.tenant_id)
        await self._record(actor, changed, change)
        return await self.users.entry(changed.after)

    async def assign(self, actor: Actor, user_id: str, roles: RoleChoice) -> None:
        """Give a user these roles. Raises Invalid, NotFound, Forbidden, Conflict."""
        user = (await self.users.get(actor, user_id)).user
        if roles.role is Role.SUPER_ADMIN and user.role is not Role.SUPER_ADMIN:
            if not actor.is_super_admin:
                raise Forbidden("Cannot assign super admin role")
            raise Invalid("A super admin is made with `fairlead admin create-superadmin` only")
        await self.update(actor, user_id, UserChange(role=str(roles.role), machine_role=roles.machine_role))

    async def delete(self, actor: Actor, user_id: str) -> None:
        """Take an account away, with its grants and memberships; its machines pass to the actor.

        Raises Invalid, NotFound, Forbidden, Conflict.
        """
        user = (await self.users.get(actor, user_id)).user
        if user.id == actor.user_id:
            raise Forbidden("Cannot delete your own account")
        if user.role is Role.SUPER_ADMIN:
            raise Forbidden("Cannot delete super admin")
        now = self.clock.now()
        own = {"tenant_id": user.tenant_id, "user_id": user.id}

        def work(database: SyncDatabase) -> None:
            before = _require(database, user.id)
            _keep_an_admin(database, before, {"enabled": False}, "Cannot delete the last admin")
            database.collection("users").delete_one({"_id": user.id})
            for name in GOES_WITH_THE_USER:
                database.collection(name).delete_many(own)
            set_groups(database, user.tenant_id, user.id, frozenset(), now)
            database.collection("machines").update_many(
                {"tenant_id": user.tenant_id, "owner_id": user.id}, {"$set": {"owner_id": actor.user_id}}
            )

        await self.database.transact(work)
        await self.avatars.forget(user.avatar_url)
        await self.recheck(user.tenant_id)
        await self.audit.record(
            actor,
            Action.USER_DELETED,
            "user",
            resource_id=user.id,
            tenant_id=user.tenant_id,
            username=user.username,
            role=str(user.role),
        )

    async def _checked(self, actor: Actor, user: User, change: UserChange) -> dict[str, Any]:
        """The fields to set, each looked at. Raises Invalid, Forbidden (an account key changes no credentials)."""
        _check_hand(actor, change)
        changes: dict[str, Any] = {}
        for field in ("first_name", "last_name"):
            name = getattr(change, field)
            if name is not None:
                changes[field] = check_name(name, field=field)
        if change.email is not None:
            changes |= _address(user, change.email)
        if change.role is not None and change.role != user.role:
            changes["role"] = str(_new_role(user, change.role))
        if change.machine_role is not None:
            changes["machine_role"] = check_machine_role(change.machine_role)
        if change.enabled is not None:
            changes["enabled"] = change.enabled
        if change.password is not None:
            changes |= await self._new_password(actor, user, change.password)
        return changes

    async def _new_password(self, actor: Actor, user: User, password: str) -> dict[str, Any]:
        if user.id == actor.user_id:
            raise Invalid("password: change your own with /api/profile/reset-password")
        check_password(password, minimum=self.password_min_length)
        hashed = await hash_password(self.database, self.passwords, password, email=user.email)
        return {"password_hash": hashed, "must_reset_password": True}

    async def _record(self, actor: Actor, changed: _Changed, change: UserChange) -> None:
        before, after = changed.before, changed.after
        about = {"resource_id": after.id, "tenant_id": after.tenant_id}
        named = [field for field in UserChange.__dataclass_fields__ if getattr(change, field) is not None]
        await self.audit.record(
            actor,
            Action.USER_UPDATED,
            "user",
            **about,
            username=after.username,
            fields=", ".join(named),
            enabled=after.enabled,
        )
        if (before.role, before.machine_role) != (after.role, after.machine_role):
            await self.audit.record(
                actor,
                Action.ROLE_CHANGED,
                "user",
                **about,
                username=after.username,
                old_role=str(before.role),
                new_role=str(after.role),
                old_machine_role=before.machine_role,
                new_machine_role=after.machine_role,
            )
        if change.password is not None:
            await self.audit.record(actor, Action.PASSWORD_CHANGED, "user", **about, username=after.username)
        await record_change(self.audit, actor, after, changed.groups)


def _check_hand(actor: Actor, change: UserChange) -> None:
    """Raises Forbidden: what a person logs in with is not changed by an account key."""
    if actor.by_key and (change.password is not None or change.email is not None):
        raise Forbidden(KEY_CHANGES_NOTHING)


def _address(user: User, email: str) -> dict[str, Any]:
    checked = check_email(email)
    if folded(checked) == folded(user.email):
        return {"email": checked}
    return {"email": checked, "email_folded": folded(checked), "email_verified": False}


def _new_role(user: User, name: str) -> Role:
    if user.role is Role.SUPER_ADMIN:
        raise Invalid("The role of a super admin cannot be changed")
    return check_role(name)


def _require(database: SyncDatabase, user_id: str) -> User:
    """The user as it is inside the transaction. Raises NotFound."""
    user = find_record(User, database.collection("users").find_one({"_id": user_id}))
    if user is None:
        raise NotFound(NO_USER)
    return user


def _keep_an_admin(database: SyncDatabase, before: User, changes: dict[str, Any], text: str) -> None:
    """Raises Conflict when nobody else of the organization would be an enabled administrator after `changes`."""
    is_one = before.enabled and before.role in {Role.COMPANY_ADMIN, Role.SUPER_ADMIN}
    stays = changes.get("enabled", True) and changes.get("role", before.role) == before.role
    if not is_one or stays:
        return
    # Every such change also writes the organization: of two at once, a database without a single writer lets one wait.
    database.collection("organizations").update_one({"name": before.tenant_id}, {"$inc": {"version": 1}})
    others = {
        "tenant_id": before.tenant_id,
        "role": str(before.role),
        "enabled": True,
        "_id": {"$ne": before.id},
    }
    if not database.collection("users").count(others):
        raise Conflict(text)
