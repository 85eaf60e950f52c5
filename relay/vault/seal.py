"""Values that must be shown again to their owner, encrypted at rest: AES-256-GCM under the directory's seal key."""

import base64
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "s1."
_NONCE_BYTES = 12


class Sealer:
    """Seals and unseals short texts."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._fingerprint_key = hmac.digest(key, b"fairlead fingerprint", "sha256")

    def seal(self, text: str) -> str:
        """Ciphertext as ASCII text; the same text seals differently each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), None)).decode()

    def fingerprint(self, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) for codes so short that a plain hash could be tried out."""
        return hmac.new(self._fingerprint_key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()

    def unseal(self, sealed: str) -> str:
        """The text again. Raises ValueError when it was not sealed under this key or was changed."""
        if not sealed.startswith(_VERSION):
            raise ValueError("not a sealed value")
        try:
            raw = base64.b64decode(sealed.removeprefix(_VERSION), altchars=b"-_", validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise ValueError("this value was not sealed by this relay") from error
