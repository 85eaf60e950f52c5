"""Guessing one name's password from many addresses: slowed down, without locking the person out.

The door counts wrong passwords for a name from one address. Here they are counted for a name from everywhere; above
MOST_FAILURES an hour only networks are let in from which the account was entered before. So who spreads guesses over a
thousand addresses gets MOST_FAILURES an hour, and the owner still comes in from where they usually do. Names that do
not exist are counted alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.domain.errors import TooMany
from relay.domain.names import folded, network_of
from relay.domain.tokens import digest
from relay.services.ports import Caller
from relay.services.standing import Account
from relay.services.windows import SlidingWindows
from relay.store.interface import Database

MOST_FAILURES = 100
WINDOW_S = 3600
KNOWN_NETWORKS = 8
"""Remembered for each account: where it was entered from last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginGuard:
    """Counts failures by name, remembers networks by account."""

    database: Database
    failures: SlidingWindows

    async def admit(self, caller: Caller, name: str, accounts: Sequence[Account]) -> Sequence[Account]:
        """The accounts that may be tried from there: all, or those entered from there before. Raises TooMany."""
        try:
            self.failures.require_room(_key(name), most=MOST_FAILURES, window_s=WINDOW_S)
        except TooMany:
            known = [each for each in accounts if await self._is_known(caller, each)]
            if not known:
                raise
            return known
        return accounts

    def count(self, name: str) -> None:
        """A wrong password for this name."""
        self.failures.count(_key(name), most=MOST_FAILURES)

    async def entered(self, caller: Caller, account: Account, now: datetime) -> None:
        """A login was finished, from there, now."""
        users, network = self.database.collection("users"), _network(account.user.id, caller)
        seen: dict[str, Any] = {"$set": {"last_login": now}}
        known = {"_id": account.user.id, "login_networks": network}
        if (await users.update_one(known, seen)).matched:
            return
        added = {"login_networks": {"$each": [network], "$slice": -KNOWN_NETWORKS}}
        await users.update_one({"_id": account.user.id}, {**seen, "$push": added})

    async def _is_known(self, caller: Caller, account: Account) -> bool:
        where = {"_id": account.user.id, "login_networks": _network(account.user.id, caller)}
        return await self.database.collection("users").find_one(where, projection={"_id": 1}) is not None


def _key(name: str) -> tuple[str, str]:
    return "password", folded(name.strip())[:254]


def _network(user_id: str, caller: Caller) -> str:
    return digest(f"{user_id}\n{network_of(caller.ip_address)}")[:32]
