"""Logging in with somebody else's word: out to the provider, back with a code, on with the accounts of that address.

Nobody gets an account this way, and what comes after the proof (choice of organization, second factor) is `Login`'s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hmac import compare_digest
from typing import Protocol

import structlog

from relay.clock import Clock
from relay.domain.errors import NotConfigured, NotFound, Unauthenticated, Unavailable
from relay.domain.identity import GITHUB, MICROSOFT, Attempt
from relay.ids import Ids
from relay.outbound.errors import IdentityRefused, OutboundFailed
from relay.services.login import Login
from relay.services.login_outcomes import Outcome
from relay.services.ports import Caller, Sealer

ATTEMPT_S = 600
"""From setting out to coming back."""
CALLBACK = "/api/auth/oidc/{provider}/callback"
EXPIRED = "The login took too long or was begun in another browser: try again"
NO_ACCOUNT = "No account found for this email"
NAMES = {MICROSOFT: "Microsoft", GITHUB: "GitHub"}

log = structlog.get_logger("relay.oidc")


class IdentityProvider(Protocol):
    """Somebody whose word for an e-mail address counts."""

    id: str
    name: str

    async def authorize_url(self, attempt: Attempt) -> str:
        """Where the browser goes. Raises OutboundFailed."""

    async def identify(self, code: str, attempt: Attempt, issuer: str) -> str:
        """The verified address, or nothing. Raises IdentityRefused, OutboundFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where to send the browser, and what to give it along."""

    url: str
    cookie: str
    is_https: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What the browser brings back: the provider's words, and our own sealed ones."""

    state: str
    code: str
    error: str
    issuer: str
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """Both halves of the way. `console` is where people are sent in the end; empty is this relay's own."""

    providers: Mapping[str, IdentityProvider]
    login: Login
    sealer: Sealer
    clock: Clock
    ids: Ids
    redirect_base_url: str = ""
    console: str = ""

    def configured(self) -> Sequence[IdentityProvider]:
        """Whom one may log in with."""
        return [self.providers[each] for each in sorted(self.providers)]

    async def depart(self, provider_id: str, base_url: str) -> Departure:
        """Begin. Raises NotConfigured, NotFound, Unavailable."""
        provider = self._provider(provider_id)
        base = self.redirect_base_url or base_url
        attempt = Attempt(
            provider=provider_id,
            state=self.ids.token(),
            nonce=self.ids.token(),
            code_verifier=self.ids.token(),
            redirect_uri=base + CALLBACK.format(provider=provider_id),
            expires_at=int(self.clock.now().timestamp()) + ATTEMPT_S,
        )
        try:
            url = await provider.authorize_url(attempt)
        except OutboundFailed as error:
            log.warning("identity provider unreachable", provider=provider_id, reason=str(error))
            raise Unavailable(f"{provider.name} cannot be reached: try again") from error
        sealed = self.sealer.seal(json.dumps(asdict(attempt)))
        return Departure(url=url, cookie=sealed, is_https=base.startswith("https://"))

    async def arrive(self, caller: Caller, provider_id: str, back: Return) -> Outcome:
        """Come back. Raises NotConfigured, NotFound, Unauthenticated, Forbidden, Unavailable."""
        provider = self._provider(provider_id)
        attempt = self._attempt(provider_id, back)
        method = f"oidc:{provider_id}"
        try:
            email = await self._identify(provider, attempt, back)
        except Unauthenticated as refused:
            await self.login.audit.failed(caller, "", [], refused.text, method=method)
            raise
        accounts = await self.login.proof.find_accounts(email)
        if not accounts:
            await self.login.audit.failed(caller, email, [], NO_ACCOUNT, method=method)
            raise Unauthenticated(NO_ACCOUNT)
        return await self.login.proven(caller, accounts, method=method)

    def _provider(self, provider_id: str) -> IdentityProvider:
        found = self.providers.get(provider_id)
        if found is not None:
            return found
        if provider_id in NAMES:
            raise NotConfigured(f"{NAMES[provider_id]} login is not configured")
        raise NotFound("Login provider not found")

    def _attempt(self, provider_id: str, back: Return) -> Attempt:
        """What was sealed when this browser set out for this provider. Raises Unauthenticated."""
        try:
            attempt = Attempt(**json.loads(self.sealer.unseal(back.cookie)))
        except (ValueError, TypeError) as error:
            raise Unauthenticated(EXPIRED) from error
        is_ours = compare_digest(attempt.state.encode(), back.state.encode()) and attempt.provider == provider_id
        if not is_ours or self.clock.now().timestamp() >= attempt.expires_at:
            raise Unauthenticated(EXPIRED)
        return attempt

    async def _identify(self, provider: IdentityProvider, attempt: Attempt, back: Return) -> str:
        if back.error or not back.code:
            cancelled = back.error == "access_denied"
            raise Unauthenticated(f"{provider.name} login was {'cancelled' if cancelled else 'refused'}")
        try:
            email = await provider.identify(back.code, attempt, back.issuer)
        except IdentityRefused as error:
            raise Unauthenticated(str(error)) from error
        except OutboundFailed as error:
            log.warning("identity provider unreachable", provider=provider.id, reason=str(error))
            raise Unavailable(f"{provider.name} cannot be reached: try again") from error
        if not email:
            raise Unauthenticated(f"{provider.name} gives no verified email for this login")
        return email
