"""One's own account: its password."""

from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.errors import Invalid
from relay.domain.names import check_password
from relay.services.audit import Audit
from relay.services.own_password import OwnPassword
from relay.services.password_hashes import hash_password
from relay.services.ports import Passwords, Recheck
from relay.store.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What people change about themselves."""

    database: Database
    passwords: Passwords
    own_password: OwnPassword
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
        known_hash = await self.own_password.require(actor, current, Action.PASSWORD_CHANGED)
        new_hash = await hash_password(self.database, self.passwords, new, email=actor.email)
        if not await self._store(actor, known_hash, new_hash):  # it was changed elsewhere in the meantime
            raise await self.own_password.refused(actor, Action.PASSWORD_CHANGED)
        await self.recheck(actor.tenant_id)
        await self.audit.record(actor, Action.PASSWORD_CHANGED, "profile", resource_id=actor.user_id)

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
