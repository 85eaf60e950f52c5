"""Who may do what: permissions of the portal roles, the actor of a request, and the right to one machine.

A route names one `Permission`; the door checks it before the view runs. Rights to one object (this machine, that
session) are decided by the service with `decide`.
"""

from enum import StrEnum


class Role(StrEnum):
    """Portal role: what a person may administer."""

    SUPER_ADMIN = "super_admin"
    COMPANY_ADMIN = "company_admin"
    USER = "user"


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
