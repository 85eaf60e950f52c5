"""Secrets that are looked up by their digest: what is stored is useless to whoever reads the database."""

from hashlib import sha256

API_KEY_PREFIX = "fl_ak_"
ENROLMENT_PREFIX = "fl_enrol_"
KEY_LOGIN = "key:"
"""Begins the login id of whoever came with an account key; what follows is the key's digest."""


def is_api_key(token: str) -> bool:
    """Whether it means to be an account key."""
    return token.startswith(API_KEY_PREFIX)


def key_login(api_key_hash: str) -> str:
    """The login that an account key stands for: it lasts until its owner makes another key."""
    return KEY_LOGIN + api_key_hash


def digest(token: str) -> str:
    """SHA-256 in hex. Enough for 256 random bits; passwords go to the vault instead."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
