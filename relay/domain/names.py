"""Names and texts people and machines give: what is a valid one, how it compares, how it is made harmless."""

import ipaddress
import re
import unicodedata

from relay.domain.accounts import MACHINE_ROLE_NAMES, PLATFORM, Role
from relay.domain.errors import Invalid

MAX_EMAIL_CHARS = 254
MAX_TEXT_CHARS = 500
PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 1024
"""Longer ones only cost the hash time."""

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_AGENT_ID = re.compile(r"[0-9a-f]{12}")
_USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]+@[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]+\.[A-Za-z0-9-]{2,}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61})[a-z0-9]")
_LINUX_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Control, format (also bidi overrides), surrogate, private and line-breaking characters."""


def is_object_id(text: str) -> bool:
    """Whether it has the form of an internal id (24 lower-case hex)."""
    return bool(_OBJECT_ID.fullmatch(text))


def is_agent_id(text: str) -> bool:
    """Whether it has the form of an agent id (12 lower-case hex)."""
    return bool(_AGENT_ID.fullmatch(text))


def network_of(address: str) -> str:
    """The IPv4 address, or the IPv6 /64 that one subscriber owns."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def folded(text: str) -> str:
    """The form under which names and addresses are equal."""
    return unicodedata.normalize("NFKC", text).casefold()


def plain(text: str, limit: int) -> str:
    """`text` without characters that draw nothing or move the cursor, cut to `limit` characters, trimmed."""
    seen = (char for char in text[: limit * 2] if unicodedata.category(char) not in _UNSEEN)
    return "".join(seen).strip()[:limit]


def check_name(text: str, *, field: str, minimum: int = 1, maximum: int = 100) -> str:
    """A name people read: trimmed, of bounded length, drawable. Raises Invalid."""
    name = text.strip()
    if not name:
        raise Invalid(f"{field} is required")
    if len(name) < minimum:
        raise Invalid(f"{field} must be at least {minimum} characters")
    if len(name) > maximum:
        raise Invalid(f"{field} must be at most {maximum} characters")
    return check_drawable(name, field=field)


def check_drawable(text: str, *, field: str, maximum: int = MAX_TEXT_CHARS) -> str:
    """Free text of bounded length without control characters. Raises Invalid."""
    if len(text) > maximum:
        raise Invalid(f"{field} must be at most {maximum} characters")
    if any(unicodedata.category(char) in _UNSEEN and char not in "\n\t\u200d" for char in text):
        raise Invalid(f"{field} must not contain control characters")
    return text


def check_username(username: str) -> str:
    """3 to 50 of letters, digits, dot, underscore, hyphen. Raises Invalid."""
    if not username:
        raise Invalid("username is required")
    if len(username) < 3:
        raise Invalid("username must be at least 3 characters")
    if len(username) > 50:
        raise Invalid("username must be at most 50 characters")
    if not _USERNAME.fullmatch(username):
        raise Invalid("username may only contain letters, digits, dots, underscores and hyphens")
    return username


def check_email(email: str) -> str:
    """An address with one @ and a dotted host. Raises Invalid."""
    email = email.strip()
    if not email:
        raise Invalid("email is required")
    if len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email):
        raise Invalid("email must be a valid email address")
    return email


def check_password(password: str, *, field: str = "password", minimum: int = PASSWORD_MIN_CHARS) -> str:
    """Long enough to be worth hashing, short enough to hash. Raises Invalid."""
    if not password:
        raise Invalid(f"{field} is required")
    if len(password) < minimum:
        raise Invalid(f"{field} must be at least {minimum} characters")
    if len(password) > PASSWORD_MAX_CHARS:
        raise Invalid(f"{field} must be at most {PASSWORD_MAX_CHARS} characters")
    return password


def slug(organization_name: str, *, field: str = "organization_name") -> str:
    """The tenant id made of an organization's name: lower case, spaces to hyphens. Raises Invalid."""
    name = "-".join(organization_name.lower().split())
    if not name:
        raise Invalid(f"{field} is required")
    if name == PLATFORM:
        raise Invalid(f"{field} is reserved: choose another one")
    if not is_slug(name):
        raise Invalid(f"{field} must be 2 to 63 letters a-z, digits, spaces and hyphens, no hyphen at either end")
    return name


def is_slug(text: str) -> bool:
    """Whether it has the form of a tenant id."""
    return bool(_SLUG.fullmatch(text))


def check_linux_user(name: str) -> str:
    """A system user's name; empty means the agent's own choice. Raises Invalid."""
    if name and not _LINUX_USER.fullmatch(name):
        raise Invalid("linux_user must be a valid Linux user name")
    return name


def check_role(name: str) -> Role:
    """A role somebody may be given; nobody is made super admin over the API. Raises Invalid."""
    if name not in {Role.COMPANY_ADMIN, Role.USER}:
        raise Invalid("role must be company_admin or user")
    return Role(name)


def check_machine_role(name: str) -> str:
    """A machine role in any accepted spelling. Raises Invalid."""
    if name not in MACHINE_ROLE_NAMES:
        raise Invalid("machine_role must be sudo or non-sudo")
    return name
