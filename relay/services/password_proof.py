"""Which accounts a name and a password fit; nobody's name costs the time of one that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.domain.names import MAX_EMAIL_CHARS, PASSWORD_MAX_CHARS, folded
from relay.services.ports import Passwords
from relay.services.standing import Account, Standing
from relay.store.interface import Database

MAX_ACCOUNTS_PER_EMAIL = 10
"""Each may cost a password hash at login, where salts differ. The oldest count, so that nobody can crowd out an account
by signing up with its address; further ones log in by user name."""


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
        where = {"_id": {"$in": [each.user.id for each in accounts]}}
        found = await self.database.collection("users").find(where, projection={"password_hash": 1})
        fits = await self.passwords.verify_each(password, [each["password_hash"] for each in found])
        right = {each["_id"] for each, fit in zip(found, fits, strict=True) if fit}
        return [each for each in accounts if each.user.id in right]
