"""Hashes for new passwords: all accounts of one e-mail address share a salt.

At login one address may stand for accounts in several organizations, and the password is compared with each. With one
salt that costs one hash, so a login takes as long for an address with five accounts as for one that nobody has.
"""

from relay.domain.names import folded
from relay.services.ports import Passwords
from relay.store.interface import Database


async def hash_password(database: Database, passwords: Passwords, password: str, *, email: str) -> str:
    """The hash to be stored for somebody of this address. Raises TooMany."""
    where, fields = {"email_folded": folded(email)}, {"password_hash": 1}
    oldest = await database.collection("users").find_one(where, sort=[("created_at", 1)], projection=fields)
    return await passwords.hash(password, salt_of=oldest["password_hash"] if oldest else None)
