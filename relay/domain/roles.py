"""The roles as people are shown them: portal roles and machine roles, with the words of the API's documentation."""

from dataclasses import dataclass

from relay.domain.accounts import MACHINE_ROLE_NAMES, MachineRole, Role
from relay.domain.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCard:
    """One role. `permissions` are names for people; what a role really opens stands in relay/domain/access.py."""

    name: str
    display_name: str
    description: str
    type: str
    permissions: tuple[str, ...]


PORTAL_ROLES = (
    RoleCard(
        name=Role.SUPER_ADMIN,
        display_name="Super Administrator",
        description="Platform-level administrator",
        type="portal",
        permissions=(
            "manage_organizations",
            "manage_all_users",
            "manage_all_groups",
            "manage_all_machines",
            "view_all_resources",
            "system_configuration",
        ),
    ),
    RoleCard(
        name=Role.COMPANY_ADMIN,
        display_name="Company Admin",
        description="Organization administrator",
        type="portal",
        permissions=("manage_users", "manage_groups", "manage_machines", "view_org_resources"),
    ),
    RoleCard(
        name=Role.USER,
        display_name="User",
        description="Standard user",
        type="portal",
        permissions=("view_assigned_machines", "use_assigned_machines", "view_own_profile"),
    ),
)

MACHINE_ROLES = (
    RoleCard(
        name=MachineRole.SUDO,
        display_name="Sudo",
        description="Shells that may become root, where the agent allows it",
        type="machine",
        permissions=("execute_sudo_commands", "modify_system_files", "install_packages", "manage_services"),
    ),
    RoleCard(
        name=MachineRole.NON_SUDO,
        display_name="Non-sudo",
        description="Shells of the machine's ordinary user",
        type="machine",
        permissions=("execute_user_commands", "read_system_info"),
    ),
)


ROLE_NAMES = tuple(sorted({*map(str, Role), *(MACHINE_ROLE_NAMES - {""})}))
"""What may stand in a list of roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChoice:
    """The roles somebody is to have: one portal role, and a machine role where one was named."""

    role: Role
    machine_role: str | None


def choose_roles(names: list[str]) -> RoleChoice:
    """A list of names: exactly one portal role, at most one machine role. Raises Invalid.

    `user` also is an old spelling of a machine role; in a list it means the portal role.
    """
    for name in names:
        if name not in ROLE_NAMES:
            raise Invalid(f"Invalid role: {name[:50]}")
    portal = [name for name in names if name in set(Role)]
    machine = [name for name in names if name not in set(Role)]
    if len(portal) != 1:
        raise Invalid("roles must name exactly one of super_admin, company_admin and user")
    if len(machine) > 1:
        raise Invalid("roles must name at most one machine role")
    return RoleChoice(role=Role(portal[0]), machine_role=machine[0] if machine else None)
