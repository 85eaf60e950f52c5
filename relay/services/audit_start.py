"""What happens to the audit trail when a relay starts: trails older than the chain say so in their first link."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.domain.accounts import PLATFORM
from relay.domain.audit import Action, AuditEntry
from relay.services.audit import Audit
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.store.chained import Chains
from relay.store.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStart:
    """Runs before anything else can write an entry."""

    database: Database
    chains: Chains
    checkpoints: AuditCheckpoints
    audit: Audit

    async def begin(self) -> None:
        """Begin the chains of trails that have none, and hold each trail's end against its checkpoints."""
        for tenant_id in await self.tenants():
            if (await self.chains.head(tenant_id)).seq == 0:
                await self._begin_chain(tenant_id)
        await self.checkpoints.begin()

    async def _begin_chain(self, tenant_id: str) -> None:
        """How many entries stand before the chain is part of it: none can be added or taken away unseen."""
        count = await self.database.collection("audit").count({"tenant_id": tenant_id})
        entry = AuditEntry(
            tenant_id=tenant_id,
            action=Action.AUDIT_CHAIN_STARTED,
            resource="organization",
            resource_id=tenant_id,
            timestamp=self.audit.clock.now(),
            username=PLATFORM,
            details={"earlier_entries": count},
        )
        await self.audit.write(entry)

    async def tenants(self) -> Sequence[str]:
        """Every organization that has entries, also one that is gone: one step of an index for each."""
        names: list[str] = []
        after: dict[str, str] = {"$gte": ""}
        while found := await self.database.collection("audit").find_one(
            {"tenant_id": after}, sort=[("tenant_id", 1)], projection={"tenant_id": 1}
        ):
            names.append(found["tenant_id"])
            after = {"$gt": found["tenant_id"]}
        return names
