"""Which machines are there: the status of one, and the filter that finds all of a status."""

from dataclasses import dataclass
from datetime import timedelta

from relay.clock import Clock
from relay.domain.machines import LINK_GRACE, OFFLINE_TIMEOUT, Machine, Status, status_at
from relay.store.interface import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Statuses by the injected clock; nothing is stored, so nothing can be out of date."""

    clock: Clock
    offline_timeout: timedelta = OFFLINE_TIMEOUT
    grace: timedelta = LINK_GRACE

    def status(self, machine: Machine) -> Status:
        """pending, online or offline, now."""
        return status_at(machine, self.clock.now(), offline_timeout=self.offline_timeout, grace=self.grace)

    def where(self, status: Status) -> Filter:
        """A filter that holds exactly for the machines `status` is true of."""
        if status is Status.PENDING:
            return {"public_key": ""}
        heard = self.clock.now() - self.offline_timeout
        online = {
            "$and": [
                {"$or": [{"last_heartbeat": {"$gte": heard}}, {"connected_at": {"$gte": heard}}]},
                {"$or": [{"is_connected": True}, {"disconnected_at": {"$gt": self.clock.now() - self.grace}}]},
            ]
        }
        return {"public_key": {"$ne": ""}, **(online if status is Status.ONLINE else {"$nor": [online]})}
