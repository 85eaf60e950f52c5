"""From a proof of who one is to a token, by way of a choice where one address has accounts in several organizations.

A *login* is an identity proven once, by whatever means: `proven` is the one way on from there. Every token made from
it, refreshed or for another organization of the same person, carries the same `login_id`; logging out ends them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.audit import Action
from relay.domain.clients import source_of
from relay.domain.errors import Forbidden, Unauthenticated
from relay.ids import Ids
from relay.services.claims import SessionClaims
from relay.services.login_audit import LoginAudit
from relay.services.login_outcomes import LoggedIn, Outcome, TenantChoice
from relay.services.login_tokens import LoginTokens, Proof, proof_of
from relay.services.password_proof import PasswordProof
from relay.services.ports import SWITCH_AUDIENCE, Caller
from relay.services.standing import Account, Standing
from relay.store.interface import Database

PASSWORD = "password"  # noqa: S105  the name of a method


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Takes proofs and issues the first tokens."""

    database: Database
    standing: Standing
    proof: PasswordProof
    tokens: LoginTokens
    audit: LoginAudit
    clock: Clock
    ids: Ids

    async def login(self, caller: Caller, *, name: str, password: str) -> Outcome:
        """`name` is an e-mail or a user name. Raises Unauthenticated; Forbidden (account closed)."""
        accounts = await self.proof.find_accounts(name)
        matches = await self.proof.matching(accounts, password)
        if not matches:
            await self.audit.failed(caller, name, accounts, "invalid credentials")
            raise Unauthenticated("Invalid credentials")
        return await self.proven(caller, matches, method=PASSWORD)

    async def proven(self, caller: Caller, accounts: Sequence[Account], *, method: str) -> Outcome:
        """Somebody has proven to be the person of all these accounts (at least one): the only way on from any proof.

        Says what comes next. `method` names the means, for the audit log. Raises Forbidden (every account closed).
        """
        available = [each for each in accounts if each.is_open]
        if not available:
            text = "Organization is disabled" if accounts[0].user.enabled else "Account is disabled"
            await self.audit.failed(caller, accounts[0].user.username, accounts, text, method=method)
            raise Forbidden(text)
        now_s = int(self.clock.now().timestamp())
        source = source_of(caller.source_hint, caller.user_agent)
        proof = Proof(login_id=self.ids.object_id(), login_at=now_s, source=source, method=method)
        if len(available) > 1:
            return TenantChoice(available=available, session_token=self.tokens.for_choice(available, proof))
        return await self._finish(caller, available[0], available, proof)

    async def select_tenant(self, caller: Caller, *, session_token: str, tenant_id: str) -> Outcome:
        """Go on with a login, or change organization, with its session token. Raises Unauthenticated, Forbidden."""
        claims = await self.tokens.read_session(session_token)
        accounts = [await self.standing.find(user_id) for user_id in claims.accounts]
        known = [each for each in accounts if each and _still_counts(each, claims)]
        chosen = next((each for each in known if each.user.tenant_id == tenant_id), None)
        if chosen is None:
            raise Forbidden("Access to this tenant is not allowed")
        if not chosen.is_open:
            raise Forbidden("Account is disabled")
        available = [each for each in known if each.is_open]
        switched = claims.aud == SWITCH_AUDIENCE
        return await self._finish(caller, chosen, available, proof_of(claims), switched=switched)

    async def _finish(
        self, caller: Caller, account: Account, available: Sequence[Account], proof: Proof, *, switched: bool = False
    ) -> LoggedIn:
        now = self.clock.now()
        groups = await self.standing.group_names(account.user)
        await self.database.collection("users").update_one({"_id": account.user.id}, {"$set": {"last_login": now}})
        details: dict[str, Any] = {"tenant_switch": True} if switched else {}
        await self.audit.note(caller, Action.LOGIN, account, source=proof.source, method=proof.method, **details)
        return LoggedIn(
            account=account,
            groups=groups,
            token=self.tokens.for_api(account, groups, proof),
            session_token=self.tokens.for_switch(account, available, proof),
            expires_in_s=self.tokens.lifetime_s,
            available=available,
        )


def _still_counts(account: Account, claims: SessionClaims) -> bool:
    generation = claims.accounts[account.user.id]
    return account.user.accepts(login_id=claims.login_id, generation=generation)
