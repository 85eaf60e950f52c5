"""WebAuthn: options for the browser, and what it brings back. Challenges are the caller's; nothing is kept here.

The library is imported where it is used: it takes half a second, and most starts of the relay never need it.
"""

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import trio

T = TypeVar("T")

TIMEOUT_MS = 120_000
MAX_CREDENTIAL_CHARS = 32 * 1024
"""More than any authenticator sends, attestation included."""
RELAY_NAME = "Fairlead"


class PasskeyRefused(Exception):
    """It is no passkey for this site, or not this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a passkey is bound to: the relying party's id (a host name) and the exact origin."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def site_of(base_url: str) -> Site:
    """The site under which the relay is reached. Raises PasskeyRefused: browsers bind no passkey to an IP address."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if not host or _is_address(host):
        raise PasskeyRefused("Passkeys need a host name: open the relay under its name instead of an IP address")
    return Site(rp_id=host, origin=f"{parts.scheme}://{parts.netloc.lower()}")


async def in_thread(work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Any of the functions below, so that neither the library's import nor a signature holds up the relay."""
    return await trio.to_thread.run_sync(partial(work, *arguments, **named))


def registration_options(
    site: Site, *, challenge: bytes, user_id: str, username: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """For `navigator.credentials.create`; passkeys in `known` are not made twice."""
    import webauthn
    from webauthn.helpers import structs

    selection = structs.AuthenticatorSelectionCriteria(
        resident_key=structs.ResidentKeyRequirement.PREFERRED,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=RELAY_NAME,
        user_id=user_id.encode(),
        user_name=username,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=selection,
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return _as_dict(webauthn.options_to_json(options))


def assertion_options(site: Site, *, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """For `navigator.credentials.get`."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _as_dict(webauthn.options_to_json(options))


def check_registration(site: Site, credential: Mapping[str, Any], *, challenge: bytes) -> Registered:
    """The new passkey: made here, now, by a verified person. Raises PasskeyRefused."""
    import webauthn

    found = _refusing(
        lambda: webauthn.verify_registration_response(
            credential=_bounded(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    return Registered(
        credential_id=found.credential_id, public_key=found.credential_public_key, sign_count=found.sign_count
    )


def check_assertion(
    site: Site, credential: Mapping[str, Any], *, challenge: bytes, public_key: bytes, sign_count: int
) -> int:
    """The passkey's new sign count. Raises PasskeyRefused, also for a count that did not grow (a copied passkey)."""
    import webauthn

    found = _refusing(
        lambda: webauthn.verify_authentication_response(
            credential=_bounded(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    )
    return found.new_sign_count


def credential_id_of(credential: Mapping[str, Any]) -> str:
    """The id the browser names, base64url as it came; not yet proven to be anybody's."""
    found = credential.get("id")
    return found[:1400] if isinstance(found, str) else ""


def written_id(credential_id: bytes) -> str:
    """As browsers write it: base64url without padding."""
    return base64.urlsafe_b64encode(credential_id).rstrip(b"=").decode()


def _bounded(credential: Mapping[str, Any]) -> str:
    text = json.dumps(credential)
    if len(text) > MAX_CREDENTIAL_CHARS:
        raise PasskeyRefused("The passkey is too large")
    return text


def _refusing(check: Callable[[], T]) -> T:
    try:
        return check()
    except Exception as error:
        raise PasskeyRefused("The passkey could not be verified") from error


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _as_dict(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
