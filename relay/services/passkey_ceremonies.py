"""The challenges of WebAuthn: one at a time for each purpose of each login, good once, for five minutes."""

from dataclasses import dataclass
from datetime import timedelta

from relay.clock import Clock
from relay.domain.errors import Invalid
from relay.ids import Ids
from relay.store.interface import Database
from relay.vault.passkeys import PasskeyRefused, Site, site_of

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """What was asked of the browser, and under which site."""

    challenge: bytes
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremonies:
    """Begins them and ends them."""

    database: Database
    clock: Clock
    ids: Ids

    async def begin(self, purpose: str, *, login_id: str, user_id: str, tenant_id: str, base_url: str) -> Ceremony:
        """A fresh challenge; an earlier one of the same purpose is void. Raises Invalid."""
        try:
            site = site_of(base_url)
        except PasskeyRefused as error:
            raise Invalid(str(error)) from error
        challenge, now = self.ids.token(), self.clock.now()
        document = {
            "_id": f"{purpose}:{login_id}:{user_id}",
            "tenant_id": tenant_id,
            "user_id": user_id,
            "challenge": challenge,
            "rp_id": site.rp_id,
            "origin": site.origin,
            "expires_at": now + LIFETIME,
        }
        challenges = self.database.collection("passkey_challenges")
        await challenges.replace_one({"_id": document["_id"]}, document, upsert=True)
        return Ceremony(challenge=challenge.encode(), site=site)

    async def end(self, purpose: str, *, login_id: str, user_id: str) -> Ceremony | None:
        """The ceremony that was begun, which is over now; None when there is none, or no more."""
        challenges = self.database.collection("passkey_challenges")
        found = await challenges.find_one_and_delete({"_id": f"{purpose}:{login_id}:{user_id}"})
        if found is None or found["expires_at"] <= self.clock.now():
            return None
        site = Site(rp_id=found["rp_id"], origin=found["origin"])
        return Ceremony(challenge=found["challenge"].encode(), site=site)
