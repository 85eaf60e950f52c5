"""The tokens of a login: for the API, for the way there (preauth), for changing organization (switch)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import Source
from relay.domain.errors import Unauthenticated
from relay.services.claims import SessionClaims, Stage, read_claims
from relay.services.ports import API_AUDIENCE, PREAUTH_AUDIENCE, SWITCH_AUDIENCE, Tokens
from relay.services.standing import Account, Standing

INVALID_SESSION = "Invalid or expired session"

PREAUTH_LIFETIME_S = 600
"""From the first proof to the end of the login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What all tokens of one login share: which one, when, by what client and by what means it was begun.

    `emails` are the mailboxes (folded) and `factors` the accounts (by id) whose second factor it has proven: what was
    proven for one account is never taken for another. `switched` says that it goes on from a finished login.
    """

    login_id: str
    login_at: int
    source: Source
    method: str
    emails: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    switched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginTokens:
    """Signs and reads them."""

    tokens: Tokens
    standing: Standing
    clock: Clock
    lifetime_s: int
    chain_lifetime_s: int

    def for_api(self, account: Account, groups: Sequence[str], proof: Proof) -> str:
        """Speaks for the account on every route."""
        claims = api_claims(account, groups, proof.source, login_id=proof.login_id, login_at=proof.login_at)
        return self.tokens.issue(claims, audience=API_AUDIENCE, lifetime_s=self.lifetime_of(proof)).token

    def lifetime_of(self, proof: Proof) -> int:
        """Seconds a token of this login lives now: no token outlives the chain. Raises Unauthenticated."""
        chain_s = max(self.chain_lifetime_s, self.lifetime_s)
        left_s = proof.login_at + chain_s - int(self.clock.now().timestamp())
        if left_s <= 0:
            raise Unauthenticated(INVALID_SESSION)
        return min(self.lifetime_s, left_s)

    def for_next(self, account: Account, available: Sequence[Account], proof: Proof, stage: Stage) -> str:
        """Good for going on with a login that is not finished, and for nothing else."""
        claims = {**session_claims(account, available, proof), "stage": str(stage)}
        return self.tokens.issue(claims, audience=PREAUTH_AUDIENCE, lifetime_s=PREAUTH_LIFETIME_S).token

    def for_switch(self, account: Account, available: Sequence[Account], proof: Proof) -> str:
        """Good for changing to another of these accounts."""
        claims = {**session_claims(account, available, proof), "stage": str(Stage.DONE)}
        return self.tokens.issue(claims, audience=SWITCH_AUDIENCE, lifetime_s=self.lifetime_of(proof)).token

    async def read_session(self, token: str) -> SessionClaims:
        """A preauth or a switch token's claims; both end with their login. Raises Unauthenticated."""
        for audience in (PREAUTH_AUDIENCE, SWITCH_AUDIENCE):
            try:
                signed = self.tokens.read(token, audience=audience)
            except Unauthenticated:
                continue
            claims = read_claims(SessionClaims, signed, refusal=INVALID_SESSION)
            if not await self.standing.is_revoked(claims.login_id):
                return claims
        raise Unauthenticated(INVALID_SESSION)


def proof_of(claims: SessionClaims) -> Proof:
    """The login a session token belongs to."""
    return Proof(
        login_id=claims.login_id,
        login_at=claims.login_at,
        source=claims.source,
        method=claims.method,
        emails=tuple(claims.emails),
        factors=tuple(claims.factors),
        switched=claims.switched or claims.aud == SWITCH_AUDIENCE,
    )


def session_claims(account: Account, available: Sequence[Account], proof: Proof) -> dict[str, Any]:
    """What a session token says of a login, but for how far it has come."""
    return {
        "sub": account.user.id,
        "accounts": {each.user.id: each.user.token_generation for each in available},
        "login_id": proof.login_id,
        "login_at": proof.login_at,
        "source": str(proof.source),
        "method": proof.method,
        "emails": list(proof.emails),
        "factors": list(proof.factors),
        "switched": proof.switched,
    }


def api_claims(
    account: Account, groups: Sequence[str], source: Source, *, login_id: str, login_at: int
) -> dict[str, Any]:
    """The claims of an API token. Only `sub`, `login_id`, `login_at`, `generation` and `source` are ever believed."""
    user = account.user
    return {
        "sub": user.id,
        "user_id": user.id,
        "username": user.username,
        "email": user.email,
        "tenant_id": user.tenant_id,
        "tenant_name": account.organization.display_name,
        "role": str(user.role),
        "machine_role": user.machine_role,
        "groups": list(groups),
        "keycloak_id": "",
        "source": str(source),
        "login_id": login_id,
        "login_at": login_at,
        "generation": user.token_generation,
    }
