"""How often one caller may knock: sliding windows in memory, bounded, by the injected clock.

A route names its `Limit`; routing asks `RateLimiter` before the view and tells it how the view ended. Restarting the
relay forgets the counts: the windows are short, and passwords cost argon2 time besides.
"""

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.errors import Refusal, TooMany, Unauthenticated

MAX_KEYS = 20_000
"""Callers remembered at once; the one that knocked longest ago is forgotten first."""


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


def network_of(address: str) -> str:
    """The IPv4 address, or the IPv6 /64 that one subscriber owns."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _by_address(address: str, body: Any) -> str:
    return network_of(address)


def _by_login(address: str, body: Any) -> str:
    name = getattr(body, "email", "") or getattr(body, "username", "")
    return f"{str(name).casefold()[:254]}\n{network_of(address)}"


SIGNUP_LIMITS = (Limit(name="signup", most=10, window_s=3600, key=_by_address),)
"""Ten organizations an hour from one address."""
LOGIN_LIMITS = (
    Limit(name="login", most=10, window_s=900, key=_by_login, failures_only=True),
    Limit(name="login from one address", most=100, window_s=900, key=_by_address, failures_only=True),
)
"""Ten wrong passwords for one name, a hundred for any, from one address in a quarter of an hour."""
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
        self._clock = clock
        self._events: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def admit(self, limits: tuple[Limit, ...], address: str, body: Any) -> None:
        """Let one request in, counting it where every request counts. Raises TooMany with the seconds to wait."""
        for limit in limits:
            self._refuse_if_full(limit, limit.key(address, body))
        for limit in limits:
            if not limit.failures_only:
                self._count(limit, limit.key(address, body))

    def settle(self, limits: tuple[Limit, ...], address: str, body: Any, refusal: Refusal) -> None:
        """The view refused: a wrong credential counts."""
        if not isinstance(refusal, Unauthenticated):
            return
        for limit in limits:
            if limit.failures_only:
                self._count(limit, limit.key(address, body))

    def _refuse_if_full(self, limit: Limit, key: str) -> None:
        events = self._events.get((limit.name, key))
        if events is None:
            return
        now = self._clock.monotonic()
        while events and events[0] <= now - limit.window_s:
            events.popleft()
        if len(events) >= limit.most:
            wait_s = max(1, round(events[0] + limit.window_s - now))
            raise TooMany("Too many attempts, try again later", retry_after_s=wait_s)

    def _count(self, limit: Limit, key: str) -> None:
        events = self._events.setdefault((limit.name, key), deque(maxlen=limit.most))
        events.append(self._clock.monotonic())
        self._events.move_to_end((limit.name, key))
        if len(self._events) > MAX_KEYS:
            self._events.popitem(last=False)
