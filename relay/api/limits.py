"""How often one caller may knock: sliding windows in memory, bounded, by the injected clock.

A route names its `Limit`; routing asks `RateLimiter` before the view and tells it how the view ended. Restarting the
relay forgets the counts: the windows are short, and passwords cost argon2 time besides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.errors import Refusal, Unauthenticated
from relay.domain.names import folded, network_of
from relay.services.windows import SlidingWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` events in `window_s` seconds for each value of `key(address, body)`.

    Where the route knows who asks, the user id stands in the address's place.
    """

    name: str
    most: int
    window_s: int
    key: Callable[[str, Any], str]
    failures_only: bool = False


def _by_address(address: str, body: Any) -> str:
    return network_of(address)


def _by_login(address: str, body: Any) -> str:
    name = getattr(body, "email", "") or getattr(body, "username", "")
    return f"{folded(str(name).strip())[:254]}\n{network_of(address)}"


SIGNUP_LIMITS = (Limit(name="signup", most=10, window_s=3600, key=_by_address),)
"""Ten organizations an hour from one address."""
LOGIN_LIMITS = (
    Limit(name="login", most=10, window_s=900, key=_by_login, failures_only=True),
    Limit(name="login from one address", most=100, window_s=900, key=_by_address, failures_only=True),
)
"""Ten wrong passwords for one name, a hundred for any, from one address in a quarter of an hour."""
STEP_LIMITS = (
    Limit(name="login step", most=10, window_s=900, key=_by_login, failures_only=True),
    Limit(name="login step from one address", most=100, window_s=900, key=_by_address, failures_only=True),
)
"""The same for wrong codes; beside it each code has its own three tries, and each account its own count."""
FACTOR_LIMITS = (Limit(name="second factor", most=100, window_s=900, key=_by_address, failures_only=True),)
"""Wrong second factors from one address; each account has its own count beside it."""
PASSKEY_LIMITS = (Limit(name="passkey options", most=60, window_s=900, key=_by_address),)
"""Challenges cost the store a write each."""
PASSWORD_LIMITS = (Limit(name="password", most=10, window_s=900, key=_by_address),)
"""Ten tries of one person to change the password in a quarter of an hour: who holds a token does not guess it."""
EMAIL_LIMITS = (Limit(name="verification mail", most=5, window_s=3600, key=_by_address),)
"""Five verification mails an hour for one person."""
LINK_LIMITS = (Limit(name="verification link", most=60, window_s=900, key=_by_address),)
"""Links opened from one address: their tokens cannot be guessed, this spares the store."""
OIDC_LIMITS = (Limit(name="identity provider", most=60, window_s=900, key=_by_address),)
"""Departures to identity providers and returns from them, from one address: each return asks the provider."""
NEW_KEY_LIMITS = (Limit(name="new account key", most=10, window_s=900, key=_by_address),)
"""Each new key disconnects machines."""
KEY_LIMITS = (Limit(name="account key", most=30, window_s=900, key=_by_address, failures_only=True),)
"""Wrong account keys from one address. None can be guessed; this keeps the asking cheap."""
ENROLMENT_LIMITS = (
    Limit(name="enrolment", most=30, window_s=900, key=_by_address, failures_only=True),
)  # fmt: skip
"""Wrong enrolment tokens from one address; right ones are not counted, a fleet may start behind one NAT."""


WRITING_LIMITS = (Limit(name="writing", most=120, window_s=3600, key=_by_address),)
"""Issues and fixes one person may write in an hour: more than anybody thinks of, less than fills a disk."""

UPLOAD_LIMITS = (Limit(name="upload", most=60, window_s=3600, key=_by_address),)
"""Images one person may send in an hour."""


class RateLimiter:
    """Counts events in sliding windows."""

    def __init__(self, clock: Clock) -> None:
        self._windows = SlidingWindows(clock)

    def admit(self, limits: tuple[Limit, ...], address: str, body: Any) -> None:
        """Let one request in, counting it where every request counts. Raises TooMany with the seconds to wait."""
        for limit in limits:
            key = (limit.name, limit.key(address, body))
            self._windows.require_room(key, most=limit.most, window_s=limit.window_s)
        for limit in limits:
            if not limit.failures_only:
                self._windows.count((limit.name, limit.key(address, body)), most=limit.most)

    def settle(self, limits: tuple[Limit, ...], address: str, body: Any, refusal: Refusal) -> None:
        """The view refused: a wrong credential counts."""
        if not isinstance(refusal, Unauthenticated):
            return
        for limit in limits:
            if limit.failures_only:
                self._windows.count((limit.name, limit.key(address, body)), most=limit.most)
