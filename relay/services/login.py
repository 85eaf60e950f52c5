"""From a password to a token, by way of a choice where one address has accounts in several organizations.

A *login* is a password given once. Every token made from it, refreshed or for another organization of the same
person, carries the same `login_id`; logging out ends them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import PLATFORM, Source
from relay.domain.audit import Action
from relay.domain.clients import source_of
from relay.domain.errors import Forbidden, Unauthenticated
from relay.domain.names import MAX_EMAIL_CHARS, PASSWORD_MAX_CHARS, folded
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.claims import SessionClaims, read_claims
from relay.services.ports import API_AUDIENCE, PREAUTH_AUDIENCE, SWITCH_AUDIENCE, Caller, Passwords, Tokens
from relay.services.standing import Account, Standing
from relay.store.interface import Database

INVALID_SESSION = "Invalid or expired session"

PREAUTH_LIFETIME_S = 600
"""From the password to the choice of organization."""

MAX_ACCOUNTS_PER_EMAIL = 10
"""Each costs a password hash at login. The oldest count, so that nobody can crowd out an account by signing up with its
address; further ones log in by user name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A finished login: a token for the API, and one for changing organization."""

    account: Account
    groups: Sequence[str]
    token: str
    session_token: str
    expires_in_s: int
    available: Sequence[Account]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChoice:
    """The password fits accounts in several organizations: which one?"""

    available: Sequence[Account]
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What all tokens of one login share."""

    login_id: str
    login_at: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Checks passwords and issues the first tokens."""

    database: Database
    standing: Standing
    passwords: Passwords
    tokens: Tokens
    audit: Audit
    clock: Clock
    ids: Ids
    lifetime_s: int

    async def login(self, caller: Caller, *, name: str, password: str) -> LoggedIn | TenantChoice:
        """`name` is an e-mail or a user name. Raises Unauthenticated; Forbidden (account closed)."""
        accounts = await self._find_accounts(name)
        matches = await self._matching(accounts, password)
        if not matches:
            await self._note_failure(caller, name, accounts, "invalid credentials")
            raise Unauthenticated("Invalid credentials")
        available = [each for each in matches if each.is_open]
        if not available:
            text = "Organization is disabled" if matches[0].user.enabled else "Account is disabled"
            await self._note_failure(caller, name, matches, text)
            raise Forbidden(text)
        now_s = int(self.clock.now().timestamp())
        source = source_of(caller.source_hint, caller.user_agent)
        login = _Login(login_id=self.ids.object_id(), login_at=now_s, source=source)
        if len(available) > 1:
            token = self._session_token(available[0], available, login, PREAUTH_AUDIENCE, PREAUTH_LIFETIME_S)
            return TenantChoice(available=available, session_token=token)
        return await self._finish(caller, available[0], available, login)

    async def select_tenant(self, caller: Caller, *, session_token: str, tenant_id: str) -> LoggedIn:
        """Finish a login, or change organization, with its session token. Raises Unauthenticated, Forbidden."""
        claims = await self._read_session_token(session_token)
        accounts = [await self.standing.find(user_id) for user_id in claims.accounts]
        known = [each for each in accounts if each and _still_counts(each, claims)]
        chosen = next((each for each in known if each.user.tenant_id == tenant_id), None)
        if chosen is None:
            raise Forbidden("Access to this tenant is not allowed")
        if not chosen.is_open:
            raise Forbidden("Account is disabled")
        login = _Login(login_id=claims.login_id, login_at=claims.login_at, source=claims.source)
        switched = claims.aud == SWITCH_AUDIENCE
        return await self._finish(caller, chosen, [each for each in known if each.is_open], login, switched=switched)

    async def _find_accounts(self, name: str) -> list[Account]:
        if not name or len(name) > MAX_EMAIL_CHARS:
            return []
        path = "email_folded" if "@" in name else "username_folded"
        users = self.database.collection("users")
        where = {path: folded(name.strip())}
        found = await users.find(where, sort=[("created_at", 1)], limit=MAX_ACCOUNTS_PER_EMAIL)
        accounts = [await self.standing.complete(each) for each in found]
        return [each for each in accounts if each is not None]

    async def _matching(self, accounts: Sequence[Account], password: str) -> list[Account]:
        """The accounts the password fits; nobody's password costs the time of one that is wrong."""
        if not accounts or len(password) > PASSWORD_MAX_CHARS:
            await self.passwords.verify(password[:PASSWORD_MAX_CHARS], None)
            return []
        return [each for each in accounts if await self._fits(each.user.id, password)]

    async def _fits(self, user_id: str, password: str) -> bool:
        users = self.database.collection("users")
        found = await users.find_one({"_id": user_id}, projection={"password_hash": 1})
        return await self.passwords.verify(password, found["password_hash"] if found else None)

    async def _finish(
        self,
        caller: Caller,
        account: Account,
        available: Sequence[Account],
        login: _Login,
        *,
        switched: bool = False,
    ) -> LoggedIn:
        now = self.clock.now()
        groups = await self.standing.group_names(account.user)
        await self.database.collection("users").update_one({"_id": account.user.id}, {"$set": {"last_login": now}})
        details: dict[str, Any] = {"tenant_switch": True} if switched else {}
        await self._note(caller, Action.LOGIN, account, source=login.source, method="password", **details)
        token = self.tokens.issue(
            api_claims(account, groups, login.source, login_id=login.login_id, login_at=login.login_at),
            audience=API_AUDIENCE,
            lifetime_s=self.lifetime_s,
        )
        return LoggedIn(
            account=account,
            groups=groups,
            token=token.token,
            session_token=self._session_token(account, available, login, SWITCH_AUDIENCE, self.lifetime_s),
            expires_in_s=self.lifetime_s,
            available=available,
        )

    def _session_token(
        self, account: Account, available: Sequence[Account], login: _Login, audience: str, lifetime_s: int
    ) -> str:
        claims = {
            "sub": account.user.id,
            "accounts": {each.user.id: each.user.token_generation for each in available},
            "login_id": login.login_id,
            "login_at": login.login_at,
            "source": str(login.source),
        }
        return self.tokens.issue(claims, audience=audience, lifetime_s=lifetime_s).token

    async def _read_session_token(self, token: str) -> SessionClaims:
        """A preauth or a switch token's claims; both end with their login."""
        for audience in (PREAUTH_AUDIENCE, SWITCH_AUDIENCE):
            try:
                signed = self.tokens.read(token, audience=audience)
            except Unauthenticated:
                continue
            claims = read_claims(SessionClaims, signed, refusal=INVALID_SESSION)
            if not await self.standing.is_revoked(claims.login_id):
                return claims
        raise Unauthenticated(INVALID_SESSION)

    async def _note_failure(self, caller: Caller, name: str, accounts: Sequence[Account], reason: str) -> None:
        for account in accounts:
            await self._note(caller, Action.LOGIN_FAILED, account, status="failure", reason=reason)
        if not accounts:
            await self.audit.record_stranger(
                caller, Action.LOGIN_FAILED, "auth", tenant_id=PLATFORM, username=name, status="failure", reason=reason
            )

    async def _note(
        self,
        caller: Caller,
        action: Action,
        account: Account,
        *,
        source: str = "",
        status: str = "success",
        **more: Any,
    ) -> None:
        await self.audit.record_stranger(
            caller,
            action,
            "auth",
            tenant_id=account.user.tenant_id,
            user_id=account.user.id,
            username=account.user.username,
            source=source,
            status=status,
            **more,
        )


def _still_counts(account: Account, claims: SessionClaims) -> bool:
    generation = claims.accounts[account.user.id]
    return account.user.accepts(login_id=claims.login_id, generation=generation)


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
