"""Asking for the password once more before something about an account's safety is changed."""

from dataclasses import dataclass

from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.errors import Invalid
from relay.domain.names import PASSWORD_MAX_CHARS
from relay.services.audit import Audit
from relay.services.ports import Passwords
from relay.store.interface import Database

WRONG_PASSWORD = "Current password is incorrect"  # noqa: S105  a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPassword:
    """Compares the actor's password. A wrong one is noted under the action it was asked for, and refused."""

    database: Database
    passwords: Passwords
    audit: Audit

    async def require(self, actor: Actor, password: str, action: Action) -> str:
        """The stored hash, when the password fits it. Raises Invalid: a 401 would be taken for an expired token."""
        users = self.database.collection("users")
        found = await users.find_one({"_id": actor.user_id}, projection={"password_hash": 1})
        known_hash: str | None = found["password_hash"] if found else None
        fits = await self.passwords.verify(password[:PASSWORD_MAX_CHARS], known_hash)
        if not fits or known_hash is None or len(password) > PASSWORD_MAX_CHARS:
            raise await self.refused(actor, action)
        return known_hash

    async def refused(self, actor: Actor, action: Action) -> Invalid:
        """The refusal, noted."""
        await self.audit.record(actor, action, "profile", resource_id=actor.user_id, status="failure")
        return Invalid(WRONG_PASSWORD)
