"""Noticing that a token was stolen: one token is refreshed by one holder, once.

All tokens of a login are a family. The first refresh of a token is remembered with who asked. The same client may ask
again for GRACE (two tabs with one token, a script that never got its answer, two refreshes in a race) and gets another
token. Anybody else, or anybody later, shows that two hold it who do not know of each other: nobody can tell the thief
from the owner, so the whole login ends. The refreshed token itself stays good until it expires, as the API promises.
"""

from dataclasses import dataclass
from datetime import timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.names import network_of
from relay.domain.tokens import digest
from relay.store.errors import Duplicate
from relay.store.interface import Database

GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshFamily:
    """Remembers which tokens were refreshed, as long as those live."""

    database: Database
    clock: Clock

    async def may_refresh(self, actor: Actor) -> bool:
        """Note that the actor's token is being refreshed; False when that is a reuse."""
        now, client = self.clock.now(), digest(f"{network_of(actor.ip_address)}\n{actor.user_agent}")
        refreshed = self.database.collection("refreshed_tokens")
        document = {
            "_id": actor.token_id,
            "tenant_id": actor.tenant_id,
            "login_id": actor.login_id,
            "client": client,
            "refreshed_at": now,
            "expires_at": actor.token_expires_at,
        }
        try:
            await refreshed.insert_one(document)
        except Duplicate:
            first = await refreshed.find_one({"_id": actor.token_id})
            return first is not None and first["client"] == client and now < first["refreshed_at"] + GRACE
        return True
