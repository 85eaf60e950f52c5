"""What time alone changes: expired tokens, silent agents, grants that end while their shell is open."""

from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.machines import Machine
from relay.services.inactivity import Inactivity
from relay.services.live import Live
from relay.services.organizations import Organizations
from relay.services.oversight import Oversight
from relay.services.presence import Presence
from relay.services.recheck import LiveRecheck
from relay.services.records import EVERY_TENANT, read
from relay.store.interface import Database
from relay.terminal.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Steps the timers take (relay/timers)."""

    database: Database
    hub: Hub
    live: Live
    recheck: LiveRecheck
    presence: Presence
    organizations: Organizations
    inactivity: Inactivity
    oversight: Oversight
    clock: Clock

    async def sweep(self) -> int:
        """Delete what has expired or was left behind, close idle accounts, mark machines gone that were not heard of.

        Returns how many documents expired.
        """
        await self._mark_silent()
        await self.organizations.purge_deleted()
        await self.inactivity.sweep()
        await self.oversight.expire()
        return await self.database.expire(self.clock.now())

    async def end_rights(self) -> None:
        """Close what runs by a grant whose end has come. Touches the store only then."""
        for tenant_id in set(self.live.ending_by(self.clock.now())):
            await self.recheck(tenant_id)

    async def _mark_silent(self) -> None:
        machines = self.database.collection("machines")
        found = await machines.find({**EVERY_TENANT, "is_connected": True})
        for machine in (read(Machine, each) for each in found):
            if not self.hub.is_connected(machine.agent_id):
                gone = {"is_connected": False, "disconnected_at": machine.last_heartbeat or machine.connected_at}
                await machines.update_one({"_id": machine.id, "connected_at": machine.connected_at}, {"$set": gone})
