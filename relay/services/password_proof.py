"""Which accounts a name and a password fit; nobody's name costs the time of one that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.domain.names import MAX_EMAIL_CHARS, PASSWORD_MAX_CHARS, folded
from relay.services.ports import Passwords
from relay.services.standing import Account, Standing
from relay.store.interface import Database

MAX_ACCOUNTS_PER_EMAIL = 10
"""Each costs a password hash at login. The oldest count, so that nobody can crowd out an account by signing up with its
address; further ones log in by user name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProof:
    """Looks accounts up and compares passwords."""

    database: Database
    standing: Standing
    passwords: Passwords

    async def find_accounts(self, name: str) -> list[Account]:
        """The accounts of an e-mail or a user name, closed ones too, the oldest first."""
        if not name or len(name) > MAX_EMAIL_CHARS:
            return []
        path = "email_folded" if "@" in name else "username_folded"
        users = self.database.collection("users")
        where = {path: folded(name.strip())}
        found = await users.find(where, sort=[("created_at", 1)], limit=MAX_ACCOUNTS_PER_EMAIL)
        accounts = [await self.standing.complete(each) for each in found]
        return [each for each in accounts if each is not None]

    async def matching(self, accounts: Sequence[Account], password: str) -> list[Account]:
        """Those the password fits; none at all costs the time of one that is wrong."""
        if not accounts or len(password) > PASSWORD_MAX_CHARS:
            await self.passwords.verify(password[:PASSWORD_MAX_CHARS], None)
            return []
        return [each for each in accounts if await self._fits(each.user.id, password)]

    async def _fits(self, user_id: str, password: str) -> bool:
        users = self.database.collection("users")
        found = await users.find_one({"_id": user_id}, projection={"password_hash": 1})
        return await self.passwords.verify(password, found["password_hash"] if found else None)
