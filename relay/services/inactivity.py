"""Accounts nobody has used for long are closed until an administrator opens them again; administrators' are not.

Looked for once a day, and at each login, so that the answer does not depend on when the relay last looked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import Role, User
from relay.domain.audit import Action
from relay.services.audit import Audit
from relay.services.ports import Caller, Recheck
from relay.services.records import EVERY_TENANT, read
from relay.services.standing import Account
from relay.store.interface import Database

SWEEP_INTERVAL = timedelta(days=1)
_NOBODY = Caller(ip_address="", user_agent="")
"""Time itself has no address."""


@dataclass(slots=True, kw_only=True)
class Inactivity:
    """Closes idle accounts. With `days` 0 it does nothing."""

    database: Database
    audit: Audit
    recheck: Recheck
    clock: Clock
    days: int
    swept_at: datetime | None = None

    async def close_idle(self, accounts: Sequence[Account]) -> list[Account]:
        """The same accounts as they are now: idle ones among them have just been closed."""
        return [await self._looked_at(each) for each in accounts]

    async def sweep(self) -> None:
        """Close every idle account, if a day has passed since that was last done."""
        now = self.clock.now()
        if not self.days or (self.swept_at is not None and now - self.swept_at < SWEEP_INTERVAL):
            return
        limit = self._limit()
        where = {
            **EVERY_TENANT,
            "role": str(Role.USER),
            "enabled": True,
            "created_at": {"$lt": limit},
            "$and": [{"$or": [{name: None}, {name: {"$lt": limit}}]} for name in ("last_login", "enabled_at")],
        }
        found = await self.database.collection("users").find(where)
        closed = [user for user in (read(User, each) for each in found) if await self._close(user)]
        for tenant_id in {user.tenant_id for user in closed}:
            await self.recheck(tenant_id)
        self.swept_at = now

    async def _looked_at(self, account: Account) -> Account:
        user = account.user
        is_idle = self.days and user.role is Role.USER and user.enabled and user.active_at() < self._limit()
        if not is_idle or not await self._close(user):
            return account
        await self.recheck(user.tenant_id)
        return replace(account, user=replace(user, enabled=False))

    async def _close(self, user: User) -> bool:
        """Whether it was; somebody who logs in or is opened again at this moment stays."""
        unchanged = {"_id": user.id, "enabled": True, "last_login": user.last_login, "enabled_at": user.enabled_at}
        closed: dict[str, dict[str, Any]] = {
            "$set": {"enabled": False, "updated_at": self.clock.now()},
            "$inc": {"token_generation": 1},
        }
        result = await self.database.collection("users").update_one(unchanged, closed)
        if not result.matched:
            return False
        await self.audit.record_stranger(
            _NOBODY,
            Action.USER_DEPROVISIONED,
            "user",
            tenant_id=user.tenant_id,
            user_id=user.id,
            username=user.username,
            resource_id=user.id,
            inactive_days=self.days,
        )
        return True

    def _limit(self) -> datetime:
        return self.clock.now() - timedelta(days=self.days)
