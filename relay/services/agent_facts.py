"""What an agent says when it enrols: its key, checked, and its claims, made harmless."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relay.domain.errors import Invalid
from relay.domain.names import plain

KEY_BYTES = 32
"""An Ed25519 public key."""

MAX_FACT_CHARS = 100
MAX_ADDRESSES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an agent says when it enrols; all but the token are claims. `name` counts with an account key only."""

    token: str = field(repr=False)
    public_key: str
    name: str = ""
    hostname: str = ""
    os: str = ""
    arch: str = ""
    ip_addresses: Sequence[str] = ()
    linux_user: str = ""
    allow_sudo: bool = False
    agent_version: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


def check_public_key(text: str) -> str:
    """base64url of 32 bytes, as it was given. Raises Invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("public_key must be a base64url Ed25519 public key") from error
    if len(raw) != KEY_BYTES:
        raise Invalid("public_key must be a base64url Ed25519 public key")
    return text.rstrip("=")


def public_key_bytes(text: str) -> bytes:
    """A checked key again as 32 bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def facts_of(claims: Any) -> dict[str, Any]:
    """The claims of an agent (an Enrolment, or the protocol's Proof), harmless: bounded, one line, drawable."""
    addresses = [plain(each, 45) for each in claims.ip_addresses[:MAX_ADDRESSES]]
    return {
        "hostname": plain(claims.hostname, MAX_FACT_CHARS),
        "os": plain(claims.os, MAX_FACT_CHARS),
        "arch": plain(claims.arch, 32),
        "ip_addresses": addresses,
        "ip_address": addresses[0] if addresses else "",
        "linux_user": plain(claims.linux_user, 32),
        "allow_sudo": bool(claims.allow_sudo),
        **_version(claims),
    }


def _version(claims: Any) -> dict[str, Any]:
    version = getattr(claims, "agent_version", None)
    return {} if version is None else {"agent_version": plain(version, 40)}
