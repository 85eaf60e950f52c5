"""Secrets that are looked up by their digest: what is stored is useless to whoever reads the database."""

from hashlib import sha256

API_KEY_PREFIX = "fl_ak_"
ENROLMENT_PREFIX = "fl_enrol_"


def digest(token: str) -> str:
    """SHA-256 in hex. Enough for 256 random bits; passwords go to the vault instead."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
