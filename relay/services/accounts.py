"""Organizations and the accounts in them: sign-up, the first accounts of an installation, new users."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import structlog

from relay.clock import Clock
from relay.domain.accounts import PLATFORM, Organization, Role, User
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, Unavailable
from relay.domain.names import check_email, check_name, check_password, check_username, folded, slug
from relay.domain.tokens import API_KEY_PREFIX, digest
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.memberships import MembershipChange, set_groups
from relay.services.password_hashes import hash_password
from relay.services.ports import Caller, Passwords, Sealer
from relay.services.records import find_record, read, to_document
from relay.services.verification import EmailVerification
from relay.store.errors import Duplicate
from relay.store.interface import Database, Document, SyncDatabase

log = structlog.get_logger(__name__)

_LOCAL = Caller(ip_address="127.0.0.1", user_agent="fairlead command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What an account is made of, as given."""

    username: str
    email: str
    password: str
    first_name: str
    last_name: str
    role: Role = Role.USER
    machine_role: str = ""
    must_reset_password: bool = False
    one_time_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Makes organizations and users, each whole or not at all."""

    database: Database
    passwords: Passwords
    sealer: Sealer
    audit: Audit
    clock: Clock
    ids: Ids
    verification: EmailVerification
    signup_enabled: bool = True
    password_min_length: int = 8

    async def signup(
        self, caller: Caller, new: NewUser, *, organization_name: str, company_name: str
    ) -> tuple[User, Organization]:
        """A new organization with its first administrator. Raises Invalid, Conflict, Forbidden."""
        if not self.signup_enabled:
            raise Forbidden("Sign-up is disabled")
        user, organization = await self._create_founded(
            new, name=slug(organization_name), display_name=check_name(company_name, field="company_name")
        )
        await self._record(caller, Action.SIGNUP, user)
        if self.verification.sends_mail:
            await self._send_link(user)
        return user, organization

    async def _send_link(self, user: User) -> None:
        """The account is there already: a mail that cannot be kept is asked for again in the profile."""
        try:
            await self.verification.send(user)
        except Unavailable as refusal:
            log.warning("a sign-up got no verification mail", user_id=user.id, reason=refusal.text)

    async def create_first_organization(
        self, *, name: str, username: str, email: str, password: str
    ) -> tuple[User, Organization]:
        """What `fairlead up` makes on its first start. The password is good for one thing: to be changed.

        Raises Invalid, Conflict.
        """
        new = NewUser(
            username=username,
            email=email,
            password=password,
            first_name="First",
            last_name="Administrator",
            must_reset_password=True,
            one_time_password=True,
        )
        user, organization = await self._create_founded(new, name=slug(name), display_name=name)
        await self._record(_LOCAL, Action.ORG_CREATED, user)
        return user, organization

    async def create_super_admin(
        self, *, username: str, email: str, password: str, one_time_password: bool = False
    ) -> User:
        """An administrator of the platform, in its hidden organization. Raises Invalid, Conflict."""
        new = NewUser(
            username=username,
            email=email,
            password=password,
            first_name="Super",
            last_name="Administrator",
            role=Role.SUPER_ADMIN,
            must_reset_password=one_time_password,
            one_time_password=one_time_password,
        )
        await self._ensure_platform()
        user = await self.create_user(PLATFORM, new)
        await self._record(_LOCAL, Action.USER_CREATED, user)
        return user

    async def has_super_admin(self) -> bool:
        """Whether the platform has anybody; False exactly on the first start."""
        return await self.database.collection("users").find_one({"tenant_id": PLATFORM}) is not None

    async def has_organizations(self) -> bool:
        """Whether any organization but the platform's exists."""
        return await self.database.collection("organizations").find_one({"name": {"$ne": PLATFORM}}) is not None

    async def find_organization(self, tenant_id: str) -> Organization | None:
        """The organization of this tenant id, or None."""
        found = await self.database.collection("organizations").find_one({"name": tenant_id})
        return find_record(Organization, found)

    async def create_user(self, tenant_id: str, new: NewUser) -> User:
        """An enabled account in an existing organization. Raises Invalid, Conflict."""
        user, _ = await self.create_member(tenant_id, new, frozenset())
        return user

    async def create_member(
        self, tenant_id: str, new: NewUser, groups: AbstractSet[str]
    ) -> tuple[User, MembershipChange]:
        """The same, as a member of these groups from the first moment. Raises Invalid, Conflict."""
        document = await self._user_document(tenant_id, new)

        def insert(database: SyncDatabase) -> MembershipChange:
            database.collection("users").insert_one(document)
            return set_groups(database, tenant_id, document["_id"], groups, document["created_at"])

        try:
            joined = await self.database.transact(insert)
        except Duplicate as error:
            raise conflict_of(error) from error
        return read(User, document), joined

    async def _create_founded(self, new: NewUser, *, name: str, display_name: str) -> tuple[User, Organization]:
        organization, user = await self.create_organization(new, name=name, display_name=display_name)
        assert user is not None
        return user, organization

    async def create_organization(
        self, admin: NewUser | None, *, name: str, display_name: str
    ) -> tuple[Organization, User | None]:
        """A new organization of this slug, with or without its first administrator. Raises Invalid, Conflict.

        The slug of a deleted organization is not given again: its audit log is still there.
        """
        now = self.clock.now()
        organization = Organization(
            id=self.ids.object_id(), name=name, display_name=display_name, enabled=True, created_at=now, updated_at=now
        )
        document = None
        if admin is not None:
            document = await self._user_document(name, replace(admin, role=Role.COMPANY_ADMIN))

        def insert(database: SyncDatabase) -> None:
            if database.collection("deleted_organizations").find_one({"_id": name}):
                raise Conflict("Organization already exists")
            database.collection("organizations").insert_one(to_document(organization))
            if document is not None:
                database.collection("users").insert_one(document)

        try:
            await self.database.transact(insert)
        except Duplicate as error:
            raise conflict_of(error) from error
        return organization, find_record(User, document)

    async def _ensure_platform(self) -> None:
        now = self.clock.now()
        platform = Organization(
            id=self.ids.object_id(),
            name=PLATFORM,
            display_name="Platform",
            enabled=True,
            created_at=now,
            updated_at=now,
        )
        try:
            await self.database.collection("organizations").insert_one(to_document(platform))
        except Duplicate:
            return  # made by an earlier super admin

    async def _user_document(self, tenant_id: str, new: NewUser) -> Document:
        user = self._user(tenant_id, new)
        password = check_password(new.password, minimum=self.password_min_length)
        api_key = self.ids.token(API_KEY_PREFIX)
        return to_document(
            user,
            username_folded=folded(user.username),
            email_folded=folded(user.email),
            password_hash=await hash_password(self.database, self.passwords, password, email=user.email),
            api_key_hash=digest(api_key),
            api_key_sealed=self.sealer.seal(api_key),
        )

    def _user(self, tenant_id: str, new: NewUser) -> User:
        now = self.clock.now()
        return User(
            id=self.ids.object_id(),
            tenant_id=tenant_id,
            username=check_username(new.username),
            email=check_email(new.email),
            first_name=check_name(new.first_name, field="first_name"),
            last_name=check_name(new.last_name, field="last_name"),
            role=new.role,
            machine_role=new.machine_role,
            enabled=True,
            email_verified=False,
            must_reset_password=new.must_reset_password,
            one_time_password=new.one_time_password,
            token_generation=0,
            created_at=now,
            updated_at=now,
        )

    async def _record(self, caller: Caller, action: Action, user: User) -> None:
        await self.audit.record_stranger(
            caller,
            action,
            "user",
            tenant_id=user.tenant_id,
            user_id=user.id,
            username=user.username,
            resource_id=user.id,
        )


def conflict_of(error: Duplicate) -> Conflict:
    """What a unique index's refusal means to the person who asked."""
    if "username" in error.index:
        return Conflict("Username already exists")
    if "email" in error.index:
        return Conflict("Email already exists in this organization")
    return Conflict("Organization already exists")
