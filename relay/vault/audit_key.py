"""The key that signs audit checkpoints: keys/audit.key, an Ed25519 private key of 32 raw bytes, 0600.

keys/audit-retired.json, a JWK set, may hold the public keys of earlier ones: what they signed stays good.

Its public half is a JWK; the key's id is the JWK's thumbprint (RFC 7638), so that a key cannot claim another's name.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay.vault.keys import UnusableKey, read_or_make

NAME = "audit.key"
RETIRED = "audit-retired.json"
COMMON = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"}


class PublicKeys:
    """Public keys by their id; what signs nothing of theirs is not theirs."""

    def __init__(self, keys: Iterable[object]) -> None:
        """From JWKs. Raises ValueError for one that is no Ed25519 key."""
        self._keys = dict(_read(each) for each in keys)

    @property
    def ids(self) -> frozenset[str]:
        """Which keys these are."""
        return frozenset(self._keys)

    def verify(self, kid: str, signature: str, message: bytes) -> bool:
        """Whether the key `kid` made this signature (base64url); False for unknown keys and malformed signatures."""
        key = self._keys.get(kid)
        if key is None:
            return False
        try:
            key.verify(_decoded(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


class AuditKey:
    """The private key of one data directory, made on the first start."""

    def __init__(self, data: Path) -> None:
        folder = data / "keys"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = Ed25519PrivateKey.from_private_bytes(read_or_make(folder / NAME))
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = _encoded(raw)
        self.kid = thumbprint(x)
        self.jwk: Mapping[str, str] = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": x,
            "kid": self.kid,
            "use": "sig",
            "alg": "EdDSA",
        }
        self.published: Sequence[Mapping[str, str]] = (self.jwk, *_retired(folder / RETIRED))
        self.public = PublicKeys(self.published)

    def sign(self, message: bytes) -> str:
        """The signature as base64url without padding."""
        return _encoded(self._key.sign(message))

    def verify(self, kid: str, signature: str, message: bytes) -> bool:
        """Whether this key made it, or an earlier one."""
        return self.public.verify(kid, signature, message)


def _retired(path: Path) -> list[Mapping[str, str]]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    try:
        keys = json.loads(text)["keys"]
        PublicKeys(keys)
        return [{**COMMON, "x": each["x"], "kid": thumbprint(each["x"])} for each in keys]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableKey(f"{path} is no set of public keys, as /.well-known/jwks.json shows them: {error}") from error


def thumbprint(x: str) -> str:
    """RFC 7638 for an Ed25519 key."""
    required = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":")).encode()
    return _encoded(hashlib.sha256(required).digest())


def _read(jwk: object) -> tuple[str, Ed25519PublicKey]:
    if not isinstance(jwk, Mapping):
        raise ValueError("not a key")
    x = jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(x, str):
        raise ValueError("not an Ed25519 key (kty OKP, crv Ed25519)")
    return thumbprint(x), Ed25519PublicKey.from_public_bytes(_decoded(x))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
