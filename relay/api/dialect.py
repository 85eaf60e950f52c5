"""A dialect is three functions over the one domain: who asks, how an answer is wrapped, how a refusal is said.

The route decides the dialect; the prefix only decides how an unknown path is refused (`dialect_of_path`).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relay.api.routing import RequestFacts
from relay.domain import errors
from relay.domain.accounts import Unfinished
from relay.domain.errors import Refusal, Unauthenticated
from relay.store.errors import StoreError, StoreFull, StoreReadOnly, StoreUnavailable

if TYPE_CHECKING:
    from relay.domain.access import Actor
    from relay.services.all import Services

STATUSES: Mapping[type[Refusal], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.NotConfigured: 501,
    errors.Unavailable: 503,
    errors.TimedOut: 504,
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal or of the nearest kind it belongs to."""
    return next((STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES), 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One API's way of speaking. `wrap` takes a view's answer, `refuse` a status and a sentence: both give JSON.

    `identify` also takes what somebody may still have to do who comes in.
    """

    name: str
    identify: "Callable[[RequestFacts, Services, Collection[Unfinished]], Awaitable[Actor]]"
    wrap: Callable[[Any], Any]
    refuse: Callable[[int, str], Any]


async def _identify_bearer(facts: RequestFacts, services: "Services", may_lack: Collection[Unfinished]) -> "Actor":
    """The terminal API's three sentences; everything else about a token is the service's to say."""
    if not facts.authorization and not facts.api_key:
        raise Unauthenticated("Authorization header required")
    if not facts.credential:
        raise Unauthenticated("Invalid authorization format. Use: Bearer <token>")
    return await services.auth.authenticate(
        facts.credential,
        ip_address=facts.ip_address,
        user_agent=facts.user_agent,
        source_hint=facts.source_hint,
        correlation_id=facts.correlation_id,
        may_lack=may_lack,
    )


WEBXTERM = Dialect(
    name="webxterm",
    identify=_identify_bearer,
    wrap=lambda answer: answer,
    refuse=lambda status, text: {"error": text},
)
"""The terminal API: flat objects, `{"error": "text"}`."""


def dialect_of_path(path: str) -> Dialect:
    """Who refuses a path that no route knows. The other dialects claim their prefixes when they come."""
    return WEBXTERM


def refusal_of_store(error: StoreError) -> Refusal | None:
    """What a caller is told when the store cannot work; None for errors that are bugs of ours."""
    if isinstance(error, StoreFull):
        return errors.Unavailable("The relay's disk is full: nothing was changed")
    if isinstance(error, StoreReadOnly | StoreUnavailable):
        return errors.Unavailable("The database is not available")
    return None
