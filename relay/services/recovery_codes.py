"""Ten codes on paper for the day the telephone is lost: each works once; only keyed hashes of them are stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.second_factors import RECOVERY_CODES, plain_recovery_code, written_recovery_code
from relay.ids import Ids
from relay.services.ports import Sealer
from relay.store.interface import Database

CHARS = 16
"""Of base 32: 80 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Makes, counts and uses them up. The document's id is its user's."""

    database: Database
    sealer: Sealer
    clock: Clock
    ids: Ids

    async def make(self, *, tenant_id: str, user_id: str) -> Sequence[str]:
        """New ones, to be shown once; all older ones are worth nothing from now on."""
        plain = [self.ids.base32(CHARS).lower() for _ in range(RECOVERY_CODES)]
        document = {
            "_id": user_id,
            "tenant_id": tenant_id,
            "user_id": user_id,
            "hashes": [self._hash(user_id, each) for each in plain],
            "created_at": self.clock.now(),
        }
        await self.database.collection("recovery_codes").replace_one({"_id": user_id}, document, upsert=True)
        return [written_recovery_code(each) for each in plain]

    async def count_left(self, user_id: str) -> int:
        """How many are unused."""
        found = await self.database.collection("recovery_codes").find_one({"_id": user_id})
        return len(found["hashes"]) if found else 0

    async def use(self, user_id: str, code: str) -> bool:
        """Whether it was one of theirs; then it is one no more."""
        hashed = self._hash(user_id, plain_recovery_code(code))
        where = {"_id": user_id, "hashes": hashed}
        done = await self.database.collection("recovery_codes").update_one(where, {"$pull": {"hashes": hashed}})
        return done.modified == 1

    async def forget(self, user_id: str) -> None:
        """Without a second factor there is nothing to recover."""
        await self.database.collection("recovery_codes").delete_one({"_id": user_id})

    def _hash(self, user_id: str, plain: str) -> str:
        return self.sealer.fingerprint(f"recovery\n{user_id}\n{plain}")
