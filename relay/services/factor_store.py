"""Second factors as stored: found, kept, counted. What they prove is decided elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.domain.second_factors import Method, SecondFactor
from relay.services.records import read, to_document
from relay.store.interface import Collection, Database, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorStore:
    """Reads and writes the collection. Those not confirmed yet are shown only where asked for by id."""

    database: Database

    async def confirmed(self, *, tenant_id: str, user_id: str, kind: Method | None = None) -> list[Document]:
        """What counts, the oldest first."""
        where: dict[str, Any] = {"tenant_id": tenant_id, "user_id": user_id, "confirmed": True}
        if kind is not None:
            where["kind"] = str(kind)
        return await self._factors.find(where, sort=[("created_at", 1)])

    async def records(self, *, tenant_id: str, user_id: str) -> Sequence[SecondFactor]:
        """As people see them."""
        found = await self.confirmed(tenant_id=tenant_id, user_id=user_id)
        return [read(SecondFactor, each) for each in found]

    async def find(self, *, tenant_id: str, user_id: str, factor_id: str) -> Document | None:
        """One of the user's, confirmed or not."""
        return await self._factors.find_one({"_id": factor_id, "tenant_id": tenant_id, "user_id": user_id})

    async def add(self, factor: SecondFactor, **more: Any) -> None:
        """Raises Duplicate for a passkey that is somebody's already."""
        await self._factors.insert_one(to_document(factor, **more))

    async def forget_unconfirmed(self, *, tenant_id: str, user_id: str) -> None:
        """What was begun and not finished; a new beginning takes its place."""
        await self._factors.delete_many({"tenant_id": tenant_id, "user_id": user_id, "confirmed": False})

    async def advance(self, factor_id: str, path: str, value: int, **changes: Any) -> bool:
        """Set the counter at `path` if it is still lower, with other changes; False when somebody was faster."""
        where = {"_id": factor_id, path: {"$lt": value}}
        return (await self._factors.update_one(where, {"$set": {path: value, **changes}})).matched == 1

    async def change(self, factor_id: str, **changes: Any) -> None:
        """Set fields."""
        await self._factors.update_one({"_id": factor_id}, {"$set": changes})

    async def remove(self, *, tenant_id: str, user_id: str, factor_id: str) -> bool:
        """Whether there was one."""
        where = {"_id": factor_id, "tenant_id": tenant_id, "user_id": user_id}
        return await self._factors.delete_one(where) == 1

    async def remove_all(self, *, tenant_id: str, user_id: str) -> int:
        """How many there were."""
        return await self._factors.delete_many({"tenant_id": tenant_id, "user_id": user_id})

    @property
    def _factors(self) -> Collection:
        return self.database.collection("second_factors")
