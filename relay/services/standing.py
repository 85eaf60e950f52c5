"""Whether a login still stands, read from the store each time it is asked: nothing revoked, disabled or deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from relay.domain.access import Actor
from relay.domain.accounts import Organization, Unfinished, User
from relay.domain.errors import Forbidden, Refusal, Unauthenticated
from relay.services.records import find_record, read
from relay.store.interface import Database, Document

PASSWORD_CHANGE_REQUIRED = "Password change required"  # noqa: S105  a sentence
ENROLMENT_REQUIRED = "Second factor enrolment required"
INVALID_TOKEN = "Invalid or expired token"  # noqa: S105  a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user and the organization it lives in."""

    user: User
    organization: Organization

    @property
    def is_open(self) -> bool:
        """Whether anybody may log in to it."""
        return self.user.enabled and self.organization.enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Reads accounts and says whether a login to one still counts."""

    database: Database

    async def check(self, *, login_id: str, user_id: str, generation: int, disabled: Refusal | None = None) -> Account:
        """The account behind a login. Raises Unauthenticated, `disabled` in its place, Forbidden (organization)."""
        if await self.is_revoked(login_id):
            raise Unauthenticated(INVALID_TOKEN)
        account = await self.find(user_id)
        if account is None:
            raise Unauthenticated("User not found")
        if not account.user.enabled:
            raise disabled or Unauthenticated("This account is disabled")
        if not account.organization.enabled:
            raise Forbidden("Organization is disabled")
        if not account.user.accepts(login_id=login_id, generation=generation):
            raise Unauthenticated(INVALID_TOKEN)
        return account

    async def is_revoked(self, login_id: str) -> bool:
        """Whether somebody logged out of it."""
        return await self.database.collection("revoked_tokens").find_one({"_id": login_id}) is not None

    async def require_finished(self, account: Account, may_lack: Collection[Unfinished] = ()) -> None:
        """Nothing is left to be done before the account is good for more than that. Raises Forbidden."""
        if account.user.one_time_password and Unfinished.PASSWORD not in may_lack:
            raise Forbidden(PASSWORD_CHANGE_REQUIRED)
        if account.organization.second_factor_required and Unfinished.SECOND_FACTOR not in may_lack:
            where = {"tenant_id": account.user.tenant_id, "user_id": account.user.id, "confirmed": True}
            if await self.database.collection("second_factors").find_one(where, projection={"_id": 1}) is None:
                raise Forbidden(ENROLMENT_REQUIRED)

    async def holds(self, actor: Actor) -> Actor | None:
        """The actor as it is now, if the login that opened something live may keep it open; its token may have expired.

        Role and machine role are today's, so that a demotion counts.
        """
        try:
            found = await self.check(login_id=actor.login_id, user_id=actor.user_id, generation=actor.token_generation)
        except Refusal:
            return None
        return replace(actor, role=found.user.role, machine_role=found.user.machine_role)

    async def find(self, user_id: str) -> Account | None:
        """The account of this user id, or None."""
        return await self.complete(await self.database.collection("users").find_one({"_id": user_id}))

    async def complete(self, document: Document | None) -> Account | None:
        """A user's document with its organization; None when either is gone."""
        user = find_record(User, document)
        if user is None:
            return None
        found = await self.database.collection("organizations").find_one({"name": user.tenant_id})
        return None if found is None else Account(user=user, organization=read(Organization, found))

    async def group_names(self, user: User) -> Sequence[str]:
        """The names of the user's groups, in order."""
        where = {"tenant_id": user.tenant_id, "member_ids": user.id}
        found = await self.database.collection("groups").find(where, projection={"name": 1})
        return sorted(each["name"] for each in found)
