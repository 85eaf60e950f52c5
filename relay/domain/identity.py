"""Logins with somebody else's word for who one is: what is remembered between going there and coming back, and whose
word counts for an e-mail address.

An account is found by its e-mail address, so an address counts only where the provider says that it has checked it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.domain.names import MAX_EMAIL_CHARS

MICROSOFT = "microsoft"
GITHUB = "github"
RESERVED_IDS = frozenset({MICROSOFT, GITHUB, "providers"})
CONSUMER_TID = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The directory of all personal Microsoft accounts."""
SHARED_DIRECTORIES = frozenset({"common", "organizations", "consumers"})
"""Values of MICROSOFT_TENANT_ID that let in directories which others administer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An identity provider as configured. `id` is its part of the path, `name` what people read."""

    id: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way there and back. It travels sealed in a cookie of the browser that set out, and holds for nobody else."""

    provider: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    expires_at: int


def verified_email(claims: Mapping[str, Any]) -> str:
    """The address of OpenID Connect claims, if the provider says that it is verified; else nothing."""
    return _address(claims) if claims.get("email_verified") in {True, "true"} else ""


def microsoft_email(claims: Mapping[str, Any], *, directory: str) -> str:
    """The address of Microsoft's claims, if its word counts; else nothing.

    Microsoft sends no `email_verified`, and the administrator of any directory can write any address into it. So the
    address counts where the one directory is configured that is trusted, or where the optional claim `xms_edov` says
    that the owner of the address's domain was verified.
    """
    edov = claims.get("xms_edov")
    is_checked = edov is True or (type(edov) is int and edov == 1) or edov in {"1", "true", "True"}
    return _address(claims) if directory not in SHARED_DIRECTORIES or is_checked else ""


def is_directory_welcome(tid: str, *, directory: str) -> bool:
    """Whether a token of Microsoft's directory `tid` may come in where `directory` is configured."""
    if directory == "organizations":
        return tid != CONSUMER_TID
    if directory == "consumers":
        return tid == CONSUMER_TID
    return directory == "common" or "." in directory or tid == directory.lower()


def github_email(profile: Mapping[str, Any], listed: object) -> str:
    """The profile's address where the list says it is verified, else the primary verified one; else nothing."""
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    verified = [each for each in entries if each.get("verified") is True]
    shown = [each for each in verified if each.get("email") == profile.get("email")]
    primary = [each for each in verified if each.get("primary") is True]
    return next((found for each in (*shown, *primary) if (found := _address(each))), "")


def _address(claims: Mapping[str, Any]) -> str:
    """An address that can be compared: plain ASCII, or look-alike letters would fold into somebody else's."""
    email = claims.get("email")
    if not isinstance(email, str) or not email.isascii() or len(email) > MAX_EMAIL_CHARS:
        return ""
    return email if email.isprintable() and email.count("@") == 1 and " " not in email else ""
