"""Key files of the data directory: made on the first start, 0600, read ever after.

keys/relay.key      Ed25519 private key, 32 raw bytes: the relay's identity, pinned by every agent
keys/jwt.key        32 random bytes: signs tokens, unless JWT_SECRET is set
keys/seal.key       32 random bytes: seals values that must be shown again to their owner
keys/audit.key      Ed25519 private key: signs audit checkpoints (relay/vault/audit_key.py)
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES = 32
MIN_JWT_SECRET_BYTES = 32
"""RFC 7518 §3.2: an HS256 key is at least as long as the hash."""


class UnusableKey(Exception):
    """A key cannot be used; the text names the file or setting and what to do."""


class Keys:
    """The keys of one data directory. Reads or makes all of them when built; raises UnusableKey and OSError."""

    def __init__(self, data: Path, *, jwt_secret: str = "") -> None:
        folder = data / "keys"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._identity = Ed25519PrivateKey.from_private_bytes(read_or_make(folder / "relay.key"))
        self.jwt = _given_secret(jwt_secret) if jwt_secret else read_or_make(folder / "jwt.key")
        self.seal = read_or_make(folder / "seal.key")

    @property
    def public_key(self) -> bytes:
        """The relay's public key, 32 raw bytes: what agents pin."""
        return self._identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """The relay's Ed25519 signature, 64 bytes."""
        return self._identity.sign(message)

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether that Ed25519 key (32 bytes) made this signature; False for malformed ones."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _given_secret(text: str) -> bytes:
    secret = text.encode()
    if len(secret) < MIN_JWT_SECRET_BYTES:
        raise UnusableKey(
            f"JWT_SECRET is shorter than {MIN_JWT_SECRET_BYTES} bytes: use a longer one, or leave it unset"
        )
    return secret


def read_or_make(path: Path) -> bytes:
    """The 32 secret bytes in this file, drawn and written (0600) where there is none. Raises UnusableKey, OSError."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return _make(path)
    if len(key) != KEY_BYTES:
        raise UnusableKey(f"{path} holds {len(key)} bytes instead of {KEY_BYTES}: restore it from a backup")
    return key


def _make(path: Path) -> bytes:
    """A finished file appears at `path` or none at all: a key cut short would lock everybody out."""
    key = secrets.token_bytes(KEY_BYTES)
    unfinished = path.with_suffix(".new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)
    unfinished.rename(path)
    _sync_folder(path.parent)
    return key


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
