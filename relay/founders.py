"""What `fairlead up` makes on its first start: a super admin, an organization with its administrator, a machine.

Passwords are shown once, on the terminal of whoever started it, and kept nowhere. Who owns the rest is remembered in
founder.json, so that a lost agent directory can be made again without asking anybody.
"""

import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from relay.config import ConfigError
from relay.domain.access import Actor
from relay.domain.accounts import Role, Source
from relay.domain.errors import Conflict
from relay.ids import Ids
from relay.services.all import Services
from relay.services.machines import NewMachine

FILE_NAME = "founder.json"
PASSWORD_CHARS = 20
"""Of base64url: 120 bits, and short enough to type once."""
SUPER_ADMIN, ADMIN, ORGANIZATION = "superadmin", "admin", "First Organization"
EMAIL_DOMAIN = "fairlead.local"
"""Reserved for local names (RFC 6762): no mail ever leaves for it."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """The administrator who owns what `up` made."""

    user_id: str
    username: str
    email: str
    tenant_id: str
    tenant_name: str


async def find_or_make(services: Services, data: Path, ids: Ids, say: Say) -> Founder | None:
    """The founder; made on the first start. None when the organizations here came another way. Raises ConfigError."""
    path = data / FILE_NAME
    if path.exists():
        return _read(path)
    if await services.accounts.has_organizations():
        return None
    if not await services.accounts.has_super_admin():
        await _make_super_admin(services, ids, say)
    founder = await _make_organization(services, ids, say)
    _write_private(path, json.dumps(asdict(founder), indent=2))
    return founder


def _read(path: Path) -> Founder:
    try:
        return Founder(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        advice = "restore it from a backup, or remove it and add this machine in the console"
        raise ConfigError(f"{path} is damaged: {advice}") from error


async def _make_super_admin(services: Services, ids: Ids, say: Say) -> None:
    password, email = ids.token()[:PASSWORD_CHARS], f"{SUPER_ADMIN}@{EMAIL_DOMAIN}"
    await services.accounts.create_super_admin(
        username=SUPER_ADMIN, email=email, password=password, one_time_password=True
    )
    say(
        "made the super administrator of the platform; this password is shown once, to be changed at the first sign-in:"
    )
    say(f"    user {SUPER_ADMIN}   password {password}")


async def _make_organization(services: Services, ids: Ids, say: Say) -> Founder:
    password, email = ids.token()[:PASSWORD_CHARS], f"{ADMIN}@{EMAIL_DOMAIN}"
    user, organization = await services.accounts.create_first_organization(
        name=ORGANIZATION, username=ADMIN, email=email, password=password
    )
    say(f"made {ORGANIZATION!r} and its administrator: sign in as this one; its password is to be changed as well:")
    say(f"    user {ADMIN}   password {password}")
    return Founder(
        user_id=user.id,
        username=user.username,
        email=user.email,
        tenant_id=user.tenant_id,
        tenant_name=organization.display_name,
    )


async def add_this_machine(services: Services, founder: Founder, ids: Ids) -> str:
    """A pending machine named after this host; returns its one-time enrolment token."""
    actor = _actor(founder)
    name = socket.gethostname()[:80] or "this machine"
    about = "The machine the relay runs on, added by `fairlead up`"
    try:
        created = await services.machines.create(actor, NewMachine(name=name, description=about))
    except Conflict:
        created = await services.machines.create(actor, NewMachine(name=f"{name} {ids.agent_id()}", description=about))
    return created.registration_token


def _actor(founder: Founder) -> Actor:
    """The founder, acting by the hand of whoever may run `up` on this data directory."""
    never = datetime.fromtimestamp(0, UTC)
    return Actor(
        user_id=founder.user_id,
        username=founder.username,
        email=founder.email,
        role=Role.COMPANY_ADMIN,
        machine_role="",
        tenant_id=founder.tenant_id,
        tenant_name=founder.tenant_name,
        source=Source.CLI,
        token_id="",
        login_id="",
        token_generation=0,
        token_expires_at=never,
        login_at=never,
        ip_address="127.0.0.1",
        user_agent="fairlead up",
    )


def _write_private(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".new")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
