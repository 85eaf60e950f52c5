"""Organizations, users, their roles, and where a login comes from."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest

from relay.domain.tokens import KEY_LOGIN, key_login

PLATFORM = "platform"
"""The hidden organization the super admin lives in; no sign-up may take its name."""


class Role(StrEnum):
    """Portal role: what a person may administer."""

    SUPER_ADMIN = "super_admin"
    COMPANY_ADMIN = "company_admin"
    USER = "user"


class Unfinished(StrEnum):
    """What a person may still have to do before their account is good for anything else."""

    PASSWORD = "password"  # noqa: S105  the name of a thing
    SECOND_FACTOR = "second_factor"


FIRST_STEPS = frozenset(Unfinished)
"""Routes open to everybody who is known, whatever is still to be done."""


class MachineRole(StrEnum):
    """What a shell may do on a machine."""

    NON_SUDO = "non-sudo"
    SUDO = "sudo"


MACHINE_ROLE_NAMES = frozenset({"sudo", "non-sudo", "allow_sudo", "non_sudo", "user", ""})
"""Every spelling accepted; what was given is echoed back, `machine_role_of` says what it means."""


def machine_role_of(name: str | None) -> MachineRole:
    """The meaning of a spelling; anything that is not plainly sudo is not sudo."""
    return MachineRole.SUDO if name in {"sudo", "allow_sudo"} else MachineRole.NON_SUDO


class Source(StrEnum):
    """The kind of client a login or session comes from."""

    UI = "ui"
    CLI = "cli"
    VSCODE = "vscode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """One tenant. `name` is the slug every document is scoped by; `display_name` is what people read."""

    id: str
    name: str
    display_name: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    second_factor_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person's account in one organization.

    `machine_role` is the spelling that was given. `token_generation` is signed into every token; raising it ends
    them all, but for those of the login `kept_login_id`, which live on in generation `kept_generation`. An account with
    a `one_time_password` is good for nothing until that is changed; `must_reset_password` alone only asks for it.
    `enabled_at` is when an administrator last opened it again after it was closed.
    `avatar_url` begins with a slash where the picture is kept here.
    """

    id: str
    tenant_id: str
    username: str
    email: str
    first_name: str
    last_name: str
    role: Role
    machine_role: str
    enabled: bool
    email_verified: bool
    must_reset_password: bool
    token_generation: int
    created_at: datetime
    updated_at: datetime
    last_login: datetime | None = None
    one_time_password: bool = False
    enabled_at: datetime | None = None
    avatar_url: str | None = None
    kept_login_id: str = ""
    kept_generation: int = 0
    api_key_hash: str = field(default="", repr=False)

    def active_at(self) -> datetime:
        """When the account was last used, made or opened again: from then on it is idle."""
        return max(at for at in (self.created_at, self.last_login, self.enabled_at) if at is not None)

    def accepts(self, *, login_id: str, generation: int) -> bool:
        """Whether a token of this login, signed in this generation, or this account key, still counts."""
        if login_id.startswith(KEY_LOGIN):
            return compare_digest(login_id.encode(), key_login(self.api_key_hash).encode())
        is_kept = login_id == self.kept_login_id and self.kept_generation == self.token_generation
        return generation == self.token_generation or is_kept
