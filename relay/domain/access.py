"""Who may do what: permissions of the portal roles, the actor of a request, and the right to one machine.

A route names one `Permission`; the door checks it before the view runs. Rights to one object (this machine, that
session) are decided by the service with `decide`, anew each time: nothing is copied into grants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.domain.accounts import MachineRole, Role, Source, machine_role_of
from relay.domain.groups import Group
from relay.domain.machines import Machine
from relay.domain.tokens import KEY_LOGIN

__all__ = [
    "KEY_CHANGES_NOTHING", "PERMISSIONS", "Access", "Actor", "Grant", "Permission", "Role", "Via", "allows", "decide",
    "refusal_text", "rights_of",
]  # fmt: skip

KEY_CHANGES_NOTHING = "An account API key cannot do this: log in"


class Permission(StrEnum):
    """What a route asks for. The first two are no rights but say so explicitly: nobody needed, anybody known."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"
    MANAGE_ORGANIZATIONS = "manage_organizations"
    SYSTEM_CONFIGURATION = "system_configuration"
    MANAGE_USERS = "manage_users"
    MANAGE_GROUPS = "manage_groups"
    MANAGE_MACHINES = "manage_machines"
    VIEW_AUDIT = "view_org_resources"
    VIEW_MACHINES = "view_assigned_machines"
    USE_MACHINES = "use_assigned_machines"
    VIEW_OWN_PROFILE = "view_own_profile"


_USER = frozenset(
    {
        Permission.PUBLIC,
        Permission.AUTHENTICATED,
        Permission.VIEW_MACHINES,
        Permission.USE_MACHINES,
        Permission.VIEW_OWN_PROFILE,
    }
)
_COMPANY_ADMIN = _USER | {
    Permission.MANAGE_USERS,
    Permission.MANAGE_GROUPS,
    Permission.MANAGE_MACHINES,
    Permission.VIEW_AUDIT,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.USER: _USER,
    Role.COMPANY_ADMIN: _COMPANY_ADMIN,
    Role.SUPER_ADMIN: frozenset(Permission),
}
"""Everything a role may ask for; a role missing here may do nothing."""


def allows(role: Role, permission: Permission) -> bool:
    """Whether a route that names `permission` opens for `role`."""
    return permission in PERMISSIONS.get(role, frozenset())


def refusal_text(permission: Permission) -> str:
    """What a person without the permission is told."""
    if permission in {Permission.MANAGE_ORGANIZATIONS, Permission.SYSTEM_CONFIGURATION}:
        return "Super admin access required"
    if permission in {
        Permission.MANAGE_USERS,
        Permission.MANAGE_GROUPS,
        Permission.MANAGE_MACHINES,
        Permission.VIEW_AUDIT,
    }:
        return "Admin access required"
    return "Not authorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The user behind one request, read from the store for this request.

    `login_id` names the login all its tokens share, `token_generation` all logins of the user: ending either ends what
    it opened. `login_at` is the moment of the password, through every refresh.
    """

    user_id: str
    username: str
    email: str
    role: Role
    machine_role: str
    tenant_id: str
    tenant_name: str
    source: Source
    token_id: str
    login_id: str
    token_generation: int
    token_expires_at: datetime
    login_at: datetime
    ip_address: str = ""
    user_agent: str = ""
    correlation_id: str = ""
    groups: tuple[str, ...] = ()

    @property
    def by_key(self) -> bool:
        """Whether an account key speaks, and no login: then nothing that changes credentials may be asked for."""
        return self.login_id.startswith(KEY_LOGIN)

    @property
    def is_super_admin(self) -> bool:
        """Whether the actor stands above all organizations."""
        return self.role is Role.SUPER_ADMIN

    @property
    def is_admin(self) -> bool:
        """Whether the actor administers (at least) the own organization."""
        return self.role in {Role.SUPER_ADMIN, Role.COMPANY_ADMIN}

    def sees(self, tenant_id: str) -> bool:
        """Whether things of that organization exist for this actor at all."""
        return bool(self.user_id) and (self.is_super_admin or self.tenant_id == tenant_id)

    def administers(self, tenant_id: str) -> bool:
        """Whether the actor may change things of that organization."""
        return self.is_admin and self.sees(tenant_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A stored right of one user to one machine. No `machine_role` means the user's own; no `expires_at`, no end.

    With a `request_id` it was given for a time on request, and stands beside what was given otherwise.
    """

    id: str
    tenant_id: str
    machine_id: str
    user_id: str
    granted_by: str
    granted_at: datetime
    machine_role: str | None = None
    expires_at: datetime | None = None
    request_id: str | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not ended; at `expires_at` itself it has."""
        return self.expires_at is None or now < self.expires_at


class Via(StrEnum):
    """Where a right comes from."""

    DIRECT = "direct"
    GROUP = "group"
    OWNER = "owner"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The right of one user to one machine, now. `sudo` already takes into account what the agent allows."""

    machine_role: MachineRole
    sudo: bool
    via: Via
    group_id: str | None = None
    grant: Grant | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by itself, if ever."""
        return None if self.grant is None else self.grant.expires_at


def decide(
    actor: Actor,
    machine: Machine,
    *,
    grants: Iterable[Grant],
    groups: Iterable[Group],
    now: datetime,
    admin_implicit: bool = True,
) -> Access | None:
    """The highest of all rights `actor` has to `machine`, of equals one that lasts longest; or None."""
    rights = rights_of(actor, machine, grants=grants, groups=groups, now=now, admin_implicit=admin_implicit)
    return max(rights, key=lambda right: (right.sudo, right.ends_at is None, right.ends_at or now), default=None)


def rights_of(
    actor: Actor,
    machine: Machine,
    *,
    grants: Iterable[Grant],
    groups: Iterable[Group],
    now: datetime,
    admin_implicit: bool = True,
) -> list[Access]:
    """All rights `actor` has to `machine`; each alone would do.

    `grants` and `groups` may hold more than what concerns these two; they are filtered here, so that no query can
    widen a right.
    """
    if not actor.sees(machine.tenant_id):
        return []
    rights = [*_by_standing(actor, machine, admin_implicit), *_by_grant(actor, machine, grants, now)]
    return [*rights, *_by_group(actor, machine, groups)]


def _by_standing(actor: Actor, machine: Machine, admin_implicit: bool) -> Iterable[Access]:
    if admin_implicit and actor.administers(machine.tenant_id):
        yield _access(machine, MachineRole.SUDO, Via.ADMIN)
    if machine.owner_id == actor.user_id and machine.tenant_id == actor.tenant_id:
        yield _access(machine, MachineRole.SUDO, Via.OWNER)


def _by_grant(actor: Actor, machine: Machine, grants: Iterable[Grant], now: datetime) -> Iterable[Access]:
    for grant in grants:
        ours = grant.user_id == actor.user_id and grant.tenant_id == actor.tenant_id
        if ours and grant.machine_id == machine.id and grant.is_valid(now):
            name = actor.machine_role if grant.machine_role is None else grant.machine_role
            yield _access(machine, machine_role_of(name), Via.DIRECT, grant=grant)


def _by_group(actor: Actor, machine: Machine, groups: Iterable[Group]) -> Iterable[Access]:
    for group in groups:
        ours = group.tenant_id == machine.tenant_id == actor.tenant_id
        if ours and actor.user_id in group.member_ids and machine.id in group.machine_ids:
            yield _access(machine, machine_role_of(group.machine_role), Via.GROUP, group_id=group.id)


def _access(
    machine: Machine, role: MachineRole, via: Via, *, group_id: str | None = None, grant: Grant | None = None
) -> Access:
    sudo = role is MachineRole.SUDO and machine.allow_sudo
    return Access(machine_role=role, sudo=sudo, via=via, group_id=group_id, grant=grant)
