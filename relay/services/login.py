"""From a proof of who one is to a token, by way of whatever is still to be chosen or proven.

A *login* is an identity proven once, by whatever means: `proven` is the one way on from there. Every token made from
it, refreshed or for another organization of the same person, carries the same `login_id`; logging out ends them all.

The order is always: which organization, then the account's second factor or the code sent to its mailbox, then the
token. `_next` decides it anew after every step, for the account chosen, so that no way round a question exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relay.clock import Clock
from relay.domain.audit import Action
from relay.domain.clients import source_of
from relay.domain.errors import Forbidden, Unauthenticated
from relay.domain.names import folded
from relay.domain.second_factors import Method
from relay.ids import Ids
from relay.services.claims import SessionClaims, Stage
from relay.services.email_codes import INVALID_CODE, LIFETIME_MINUTES, EmailCodes
from relay.services.factor_proof import FactorProof
from relay.services.inactivity import Inactivity
from relay.services.login_audit import LoginAudit
from relay.services.login_guard import LoginGuard
from relay.services.login_outcomes import LoggedIn, OtpSent, Outcome, SecondFactorNeeded, TenantChoice
from relay.services.login_tokens import INVALID_SESSION, LoginTokens, Proof, proof_of
from relay.services.logins import Logins
from relay.services.password_proof import PasswordProof
from relay.services.ports import Caller
from relay.services.standing import Account, Standing

PASSWORD = "password"  # noqa: S105  the name of a method


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Takes proofs and issues the first tokens."""

    guard: LoginGuard
    standing: Standing
    proof: PasswordProof
    factors: FactorProof
    codes: EmailCodes
    tokens: LoginTokens
    inactivity: Inactivity
    audit: LoginAudit
    logins: Logins
    clock: Clock
    ids: Ids

    async def login(self, caller: Caller, *, name: str, password: str) -> Outcome:
        """`name` is an e-mail or a user name. Raises Unauthenticated; Forbidden (account closed); TooMany."""
        accounts = await self.guard.admit(caller, name, await self.proof.find_accounts(name))
        matches = await self.proof.matching(accounts, password)
        if not matches:
            self.guard.count(name)
            await self.audit.failed(caller, name, accounts, "invalid credentials")
            raise Unauthenticated("Invalid credentials")
        return await self.proven(caller, matches, method=PASSWORD)

    async def proven(self, caller: Caller, accounts: Sequence[Account], *, method: str) -> Outcome:
        """Somebody has proven to be the person of all these accounts (at least one): the only way on from any proof.

        Says what comes next. `method` names the means, for the audit log. Raises Forbidden (every account closed).
        """
        accounts = await self.inactivity.close_idle(accounts)
        available = [each for each in accounts if each.is_open]
        if not available:
            text = "Organization is disabled" if accounts[0].user.enabled else "Account is disabled"
            await self.audit.failed(caller, accounts[0].user.username, accounts, text, method=method)
            raise Forbidden(text)
        now_s = int(self.clock.now().timestamp())
        source = source_of(caller.source_hint, caller.user_agent)
        proof = Proof(login_id=self.ids.object_id(), login_at=now_s, source=source, method=method)
        if len(available) > 1:
            token = self.tokens.for_next(available[0], available, proof, Stage.CHOICE)
            return TenantChoice(available=available, session_token=token)
        return await self._next(caller, available[0], available, proof)

    async def select_tenant(self, caller: Caller, *, session_token: str, tenant_id: str) -> Outcome:
        """Go on with a login, or change organization, with its session token. Raises Unauthenticated, Forbidden."""
        claims = await self.tokens.read_session(session_token)
        known = await self._known(claims)
        chosen = next((each for each in known if each.user.tenant_id == tenant_id), None)
        if chosen is None:
            raise Forbidden("Access to this tenant is not allowed")
        if not chosen.is_open:
            raise Forbidden("Account is disabled")
        return await self._next(caller, chosen, _open(known), proof_of(claims))

    async def verify_otp(self, caller: Caller, *, username: str, code: str, session_token: str = "") -> Outcome:
        """Go on with the login a code was sent for. Raises Unauthenticated, Forbidden."""
        login_id = (await self.tokens.read_session(session_token)).login_id if session_token else None
        try:
            claims = await self.codes.take(username, code, login_id=login_id)
        except Unauthenticated:
            accounts = await self.proof.find_accounts("" if "@" in username else username)
            # Both: whoever counts failed logins by the documented name must not miss those that got to the code.
            for action in (Action.OTP_FAILED, Action.LOGIN_FAILED):
                await self.audit.failed(caller, username, accounts, "wrong code", action=action)
            raise
        if await self.standing.is_revoked(claims.login_id):
            raise Unauthenticated(INVALID_CODE)
        account, available = await self._pending(claims)
        proof = proof_of(claims)
        proof = replace(proof, emails=(*proof.emails, folded(account.user.email)))
        return await self._next(caller, account, available, proof, second_factor="email_code")

    async def passkey_options(self, *, session_token: str, base_url: str) -> dict[str, Any]:
        """What the browser is to be asked, for a login that waits for a second factor. Raises Unauthenticated."""
        claims, account, _ = await self._waiting(session_token)
        return await self.factors.passkey_options(account.user, login_id=claims.login_id, base_url=base_url)

    async def second_factor(
        self, caller: Caller, *, session_token: str, method: Method, code: str, credential: Mapping[str, Any]
    ) -> Outcome:
        """Go on with a login that waits for a second factor. Raises Unauthenticated, Forbidden, TooMany."""
        claims, account, available = await self._waiting(session_token)
        try:
            await self.factors.require(account.user, method, login_id=claims.login_id, code=code, credential=credential)
        except Unauthenticated:
            name = account.user.username
            await self.audit.failed(caller, name, [account], "wrong second factor", method=str(method))
            raise
        proof = proof_of(claims)
        proof = replace(proof, factors=(*proof.factors, account.user.id))
        return await self._next(caller, account, available, proof, second_factor=str(method))

    async def _next(
        self, caller: Caller, account: Account, available: Sequence[Account], proof: Proof, **details: Any
    ) -> Outcome:
        """What this account still wants of this login; a token when that is nothing."""
        methods = await self.factors.methods(account.user)
        if methods and account.user.id not in proof.factors:
            token = self.tokens.for_next(account, available, proof, Stage.SECOND_FACTOR)
            return SecondFactorNeeded(account=account, available=available, methods=methods, session_token=token)
        if not methods and self.codes.wanted(account, proof):
            token = self.tokens.for_next(account, available, proof, Stage.CODE)
            await self.codes.send(account, available, proof)
            await self.audit.note(caller, Action.OTP_SENT, account, source=proof.source)
            return OtpSent(account=account, available=available, session_token=token, expires_in_min=LIFETIME_MINUTES)
        required = account.organization.second_factor_required and not methods
        return await self._finish(caller, account, available, proof, enrolment_required=required, details=details)

    async def _finish(
        self,
        caller: Caller,
        account: Account,
        available: Sequence[Account],
        proof: Proof,
        *,
        enrolment_required: bool,
        details: Mapping[str, Any],
    ) -> LoggedIn:
        groups = await self.standing.group_names(account.user)
        token, session_token = (
            self.tokens.for_api(account, groups, proof),
            self.tokens.for_switch(account, available, proof),
        )
        await self.guard.entered(caller, account, self.clock.now())
        switch: dict[str, Any] = {"tenant_switch": True} if proof.switched else {}
        await self.audit.note(
            caller, Action.LOGIN, account, source=proof.source, method=proof.method, **switch, **details
        )
        await self.logins.began(
            caller,
            account.user,
            login_id=proof.login_id,
            source=proof.source,
            method=proof.method,
            lifetime_s=self.tokens.lifetime_of(proof),
        )
        return LoggedIn(
            account=account,
            groups=groups,
            token=token,
            session_token=session_token,
            expires_in_s=self.tokens.lifetime_of(proof),
            available=available,
            enrolment_required=enrolment_required,
        )

    async def _waiting(self, session_token: str) -> tuple[SessionClaims, Account, Sequence[Account]]:
        """A login that waits for a second factor, and of which account. Raises Unauthenticated, Forbidden."""
        claims = await self.tokens.read_session(session_token)
        if claims.stage is not Stage.SECOND_FACTOR:
            raise Unauthenticated(INVALID_SESSION)
        return claims, *await self._pending(claims)

    async def _pending(self, claims: SessionClaims) -> tuple[Account, Sequence[Account]]:
        """The account chosen, and all that may be. Raises Unauthenticated, Forbidden."""
        known = await self._known(claims)
        account = next((each for each in known if each.user.id == claims.sub), None)
        if account is None:
            raise Unauthenticated(INVALID_SESSION)
        if not account.is_open:
            raise Forbidden("Account is disabled")
        return account, _open(known)

    async def _known(self, claims: SessionClaims) -> list[Account]:
        """The accounts of a session token whose password was not changed since."""
        accounts = [await self.standing.find(user_id) for user_id in claims.accounts]
        return await self.inactivity.close_idle([each for each in accounts if each and _still_counts(each, claims)])


def _open(accounts: Sequence[Account]) -> list[Account]:
    return [each for each in accounts if each.is_open]


def _still_counts(account: Account, claims: SessionClaims) -> bool:
    generation = claims.accounts[account.user.id]
    return account.user.accepts(login_id=claims.login_id, generation=generation)
