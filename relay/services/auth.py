"""What a token is good for: saying who asks, being refreshed, being ended.

User, organization and groups are read afresh for each request, so that a right lost is lost at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import FIRST_STEPS, Unfinished
from relay.domain.audit import Action
from relay.domain.errors import Forbidden, Invalid, Refusal, Unauthenticated
from relay.domain.tokens import is_api_key
from relay.services.api_keys import ApiKeys
from relay.services.audit import Audit
from relay.services.claims import ApiClaims, read_claims
from relay.services.login_tokens import api_claims
from relay.services.logins import Logins
from relay.services.ports import API_AUDIENCE, Caller, Sealer, Tokens
from relay.services.refresh_family import RefreshFamily
from relay.services.standing import INVALID_TOKEN, Account, Standing
from relay.store.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Says who a token or an account key speaks for, renews a token, ends it."""

    database: Database
    standing: Standing
    tokens: Tokens
    sealer: Sealer
    api_keys: ApiKeys
    audit: Audit
    family: RefreshFamily
    logins: Logins
    clock: Clock
    lifetime_s: int
    chain_lifetime_s: int

    async def authenticate(
        self,
        token: str,
        *,
        ip_address: str = "",
        user_agent: str = "",
        source_hint: str = "",
        correlation_id: str = "",
        disabled: Refusal | None = None,
        may_lack: Collection[Unfinished] = (),
    ) -> Actor:
        """Who this token or account key speaks for, now.

        Raises Unauthenticated, Forbidden (organization disabled, something to be done first).

        `source_hint` is not used: the token says where its login came from. `disabled` replaces the refusal of a
        disabled user. Who still has to do something first comes in only where that `may_lack`.
        """
        if is_api_key(token):
            caller = Caller(ip_address=ip_address, user_agent=user_agent, correlation_id=correlation_id)
            return await self.api_keys.actor(await self.api_keys.owner(token), caller)
        signed = self.tokens.read(token, audience=API_AUDIENCE)
        claims = read_claims(ApiClaims, signed, refusal=INVALID_TOKEN)
        account = await self.standing.check(
            login_id=claims.login_id, user_id=claims.sub, generation=claims.generation, disabled=disabled
        )
        await self.standing.require_finished(account, may_lack)
        await self.logins.seen(claims.login_id, claims.sub)
        return Actor(
            user_id=account.user.id,
            username=account.user.username,
            email=account.user.email,
            role=account.user.role,
            machine_role=account.user.machine_role,
            tenant_id=account.user.tenant_id,
            tenant_name=account.organization.display_name,
            source=claims.source,
            token_id=claims.jti,
            login_id=claims.login_id,
            token_generation=account.user.token_generation,
            token_expires_at=datetime.fromtimestamp(claims.exp, UTC),
            login_at=datetime.fromtimestamp(claims.login_at, UTC),
            ip_address=ip_address,
            user_agent=user_agent,
            correlation_id=correlation_id,
            groups=tuple(await self.standing.group_names(account.user)),
        )

    async def refresh(self, token: str, *, ip_address: str, user_agent: str) -> tuple[str, int]:
        """A new token of the same login and its seconds to live. Raises Invalid, Unauthenticated, Forbidden."""
        if not token:
            raise Invalid("token is required")
        if is_api_key(token):
            raise Unauthenticated(INVALID_TOKEN)  # a key never turns into a login
        disabled = Forbidden("Account is disabled")
        actor = await self.authenticate(
            token, ip_address=ip_address, user_agent=user_agent, disabled=disabled, may_lack=FIRST_STEPS
        )
        if not await self.family.may_refresh(actor):
            await self.logins.revoke(actor.login_id, actor.tenant_id, since=actor.login_at)
            await self.audit.record(actor, Action.TOKEN_REUSED, "auth", status="failure")
            raise Unauthenticated(INVALID_TOKEN)
        lifetime_s = min(self.lifetime_s, int((self._chain_end(actor) - self.clock.now()).total_seconds()))
        if lifetime_s <= 0:
            raise Unauthenticated(INVALID_TOKEN)
        account = await self._account(actor)
        claims = api_claims(
            account,
            actor.groups,
            actor.source,
            login_id=actor.login_id,
            login_at=int(actor.login_at.timestamp()),
        )
        issued = self.tokens.issue(claims, audience=API_AUDIENCE, lifetime_s=lifetime_s)
        await self.logins.renewed(actor, lifetime_s)
        await self.audit.record(actor, Action.TOKEN_REFRESH, "auth")
        return issued.token, lifetime_s

    async def logout(self, actor: Actor) -> None:
        """End the login: every token of it is refused from now on, every shell it opened is closed."""
        if not await self.logins.revoke(actor.login_id, actor.tenant_id, since=actor.login_at):
            return  # logged out twice at once
        seconds = int((self.clock.now() - actor.login_at).total_seconds())
        await self.audit.record(actor, Action.LOGOUT, "auth", session_duration_s=seconds)

    async def api_key(self, user_id: str) -> str:
        """The user's account key in clear, for its owner's eyes only; empty when it cannot be read any more."""
        found = await self.database.collection("users").find_one({"_id": user_id}, projection={"api_key_sealed": 1})
        try:
            return self.sealer.unseal(found["api_key_sealed"]) if found else ""
        except ValueError:
            return ""  # sealed under a key that is gone; the owner can make a new one

    def _chain_end(self, actor: Actor) -> datetime:
        """No token of this login lives longer."""
        return actor.login_at + timedelta(seconds=max(self.chain_lifetime_s, self.lifetime_s))

    async def _account(self, actor: Actor) -> Account:
        account = await self.standing.find(actor.user_id)
        if account is None:
            raise Unauthenticated("User not found")
        return account
