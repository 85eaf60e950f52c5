"""Inserts into a collection whose documents form one chain for each organization, in the order they become durable.

One caller at a time (the group writer). The head of a chain is kept in memory and forgotten after every failure, when
nobody knows what was written; a unique index over (tenant_id, seq) makes a fork impossible whoever else writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import trio

from relay.domain.audit_chain import CHAIN, Head, head_of, seal
from relay.store.errors import BadDocument, Duplicate, StoreError
from relay.store.interface import Database, Document

ATTEMPTS = 5
"""How often a row looks for the end of its chain while another relay keeps writing there."""


@dataclass(slots=True)
class Chains:
    """The chained collection. `written` holds the durable end of each chain that was touched; `moved` tells of it."""

    database: Database
    name: str = "audit"
    written: dict[str, Head] = field(default_factory=dict)
    moved: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)
    _ends: dict[str, Head] = field(default_factory=dict)

    async def insert(self, documents: Sequence[Document]) -> list[Exception | None]:
        """Append each to the chain of its organization; see Database.insert_each for what is returned and raised."""
        try:
            linked = [await self._link(each) for each in documents]
            await self.database.collection(self.name).insert_many(linked)
        except (Duplicate, BadDocument, KeyError, TypeError, ValueError, AttributeError):
            self._ends.clear()
            refusals = [await self._insert_alone(each) for each in documents]
        except BaseException:
            self._ends.clear()
            raise
        else:
            refusals = [None] * len(documents)
        self.written.update(self._ends)
        self.moved.unpark_all()
        return refusals

    async def head(self, tenant_id: str) -> Head:
        """The durable end of a chain, from the store."""
        where = {"tenant_id": tenant_id, "chain": CHAIN}
        last = await self.database.collection(self.name).find_one(where, sort=[("seq", -1)])
        return Head() if last is None else head_of(last)

    async def _link(self, document: Document) -> Document:
        tenant_id = document["tenant_id"]
        if tenant_id not in self._ends:
            self._ends[tenant_id] = await self.head(tenant_id)
        linked, self._ends[tenant_id] = seal(document, self._ends[tenant_id])
        return linked

    async def _insert_alone(self, document: Document) -> Exception | None:
        refusal: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                await self.database.collection(self.name).insert_one(await self._link(document))
                return None
            except Duplicate as error:
                refusal = error
                self._ends.clear()
                if await self._is_stored(document):
                    return None
            except StoreError as error:
                self._ends.clear()
                return error
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._ends.clear()
                return BadDocument(f"cannot be linked: {error}")
        return refusal

    async def _is_stored(self, document: Document) -> bool:
        """Whether the batch had written it before it failed, as a server without transactions does."""
        found = await self.database.collection(self.name).find_one({"_id": document["_id"]})
        return found is not None and found.get("details") == document.get("details")
