"""One's own account: its password."""

from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.errors import Invalid
from relay.domain.names import PASSWORD_MAX_CHARS, check_password
from relay.services.audit import Audit
from relay.services.ports import Passwords, Recheck
from relay.store.interface import Database

WRONG_PASSWORD = "Current password is incorrect"  # noqa: S105  a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What people change about themselves."""

    database: Database
    passwords: Passwords
    audit: Audit
    recheck: Recheck
    clock: Clock
    password_min_length: int = 8

    async def reset_password(self, actor: Actor, *, current: str, new: str) -> None:
        """Change the actor's password. Every other login of theirs ends at once, with its shells; this one goes on.

        Raises Invalid.
        """
        check_password(new, field="new_password", minimum=self.password_min_length)
        if new == current:
            raise Invalid("new_password must differ from current_password")
        known_hash = await self._require_current(actor, current)
        if not await self._store(actor, known_hash, await self.passwords.hash(new)):
            raise await self._refused(actor)  # it was changed elsewhere in the meantime
        await self.recheck(actor.tenant_id)
        await self.audit.record(actor, Action.PASSWORD_CHANGED, "profile", resource_id=actor.user_id)

    async def _require_current(self, actor: Actor, password: str) -> str:
        """The stored hash, when the password fits it."""
        users = self.database.collection("users")
        found = await users.find_one({"_id": actor.user_id}, projection={"password_hash": 1})
        known_hash: str | None = found["password_hash"] if found else None
        fits = await self.passwords.verify(password[:PASSWORD_MAX_CHARS], known_hash)
        if not fits or known_hash is None or len(password) > PASSWORD_MAX_CHARS:
            raise await self._refused(actor)
        return known_hash

    async def _store(self, actor: Actor, known_hash: str, new_hash: str) -> bool:
        """Whether it was changed: only from the password and the generation that were looked at."""
        generation = actor.token_generation
        where = {"_id": actor.user_id, "password_hash": known_hash, "token_generation": generation}
        changed = {
            "password_hash": new_hash,
            "must_reset_password": False,
            "one_time_password": False,
            "token_generation": generation + 1,
            "kept_login_id": actor.login_id,
            "kept_generation": generation + 1,
            "updated_at": self.clock.now(),
        }
        return (await self.database.collection("users").update_one(where, {"$set": changed})).matched == 1

    async def _refused(self, actor: Actor) -> Invalid:
        await self.audit.record(actor, Action.PASSWORD_CHANGED, "profile", resource_id=actor.user_id, status="failure")
        return Invalid(WRONG_PASSWORD)
