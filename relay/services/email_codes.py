"""Sign-in codes by mail: six digits, ten minutes, one use, three tries; a new login's code replaces the one before.

The code waits under the folded user name with everything its login has proven so far, so that name and code go on with
that login and with no other. Unknown names cost the same one step in the store as known ones.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import Source
from relay.domain.errors import TooMany, Unauthenticated
from relay.domain.letters import code_letter
from relay.domain.names import folded
from relay.ids import Ids
from relay.services.claims import SessionClaims, read_claims
from relay.services.letters import Letters
from relay.services.login_tokens import Proof, session_claims
from relay.services.ports import PREAUTH_AUDIENCE, Sealer
from relay.services.standing import Account
from relay.store.interface import Database, Document

DIGITS = 6
LIFETIME_MINUTES = 10
TRIES = 3
SENDS_AN_HOUR = 5
INVALID_CODE = "Invalid or expired OTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCodes:
    """Says whether a login needs one, sends it, takes it back."""

    database: Database
    letters: Letters
    sealer: Sealer
    clock: Clock
    ids: Ids
    enabled: bool
    enforce_all_clients: bool

    def wanted(self, account: Account, proof: Proof) -> bool:
        """Whether this login still has to prove the account's mailbox."""
        is_asked = self.enforce_all_clients or proof.source is Source.UI
        return self.enabled and is_asked and folded(account.user.email) not in proof.emails

    async def send(self, account: Account, available: Sequence[Account], proof: Proof) -> None:
        """Send a new code; every older one is worth nothing. Raises TooMany, Unavailable."""
        now, name = self.clock.now(), folded(account.user.username)
        sends = await self._sends(name, now)
        code = self.ids.digits(DIGITS)
        document = {
            "_id": name,
            "tenant_id": account.user.tenant_id,
            "user_id": account.user.id,
            "code_hash": self._hash(name, code),
            "tries_left": TRIES,
            "code_ends_at": now + timedelta(minutes=LIFETIME_MINUTES),
            "claims": session_claims(account, available, proof),
            "sends": [*sends, now],
            "expires_at": now + timedelta(hours=1),
        }
        await self.database.collection("login_codes").replace_one({"_id": name}, document, upsert=True)
        letter = code_letter(
            account.user.email, first_name=account.user.first_name, code=code, minutes=LIFETIME_MINUTES
        )
        lifetime = timedelta(minutes=LIFETIME_MINUTES)
        await self.letters.post(letter, tenant_id=account.user.tenant_id, lifetime=lifetime)

    async def take(self, username: str, code: str, *, login_id: str | None) -> SessionClaims:
        """What the login of this code had proven before it; the code is used up. Raises Unauthenticated.

        With `login_id` a code of another login is refused without costing it a try.
        """
        name = folded(username.strip())
        codes = self.database.collection("login_codes")
        where: dict[str, Any] = {"_id": name, "tries_left": {"$gt": 0}}
        if login_id is not None:
            where["claims.login_id"] = login_id
        found = await codes.find_one_and_update(where, {"$inc": {"tries_left": -1}})
        fits = hmac.compare_digest(self._hash(name, code), found["code_hash"] if found else "")
        if found is None or not fits or found["code_ends_at"] <= self.clock.now():
            raise Unauthenticated(INVALID_CODE)
        used = {"_id": name, "code_hash": found["code_hash"]}
        if (await codes.update_one(used, {"$set": {"code_hash": "", "tries_left": 0}})).matched != 1:
            raise Unauthenticated(INVALID_CODE)  # used twice at once
        claims: Mapping[str, Any] = {**found["claims"], "aud": PREAUTH_AUDIENCE}
        return read_claims(SessionClaims, claims, refusal=INVALID_CODE)

    async def _sends(self, name: str, now: datetime) -> Sequence[datetime]:
        """When codes were sent within the last hour. Raises TooMany."""
        found: Document = await self.database.collection("login_codes").find_one({"_id": name}) or {"sends": []}
        sends = [each for each in found["sends"] if each > now - timedelta(hours=1)]
        if len(sends) >= SENDS_AN_HOUR:
            wait_s = int((sends[0] + timedelta(hours=1) - now).total_seconds())
            raise TooMany("Too many codes were sent, try again later", retry_after_s=max(1, wait_s))
        return sends

    def _hash(self, name: str, code: str) -> str:
        return self.sealer.fingerprint(f"login code\n{name}\n{code}")
