"""The only reader of chance in the relay: identifiers and secrets. Tests hand in FakeIds and know every value."""

import secrets

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
TOKEN_BYTES = 32
"""256 bits: a token cannot be guessed."""


class Ids:
    """Fresh identifiers and secrets."""

    def object_id(self) -> str:
        """24 lower-case hex characters: the id of a document."""
        return secrets.token_hex(12)

    def agent_id(self) -> str:
        """12 lower-case hex characters: the public name of a machine."""
        return secrets.token_hex(6)

    def digits(self, count: int) -> str:
        """That many decimal digits, leading zeros included."""
        return f"{secrets.randbelow(10**count):0{count}d}"

    def base32(self, count: int) -> str:
        """That many characters of A-Z and 2-7: five bits each."""
        return "".join(secrets.choice(BASE32) for _ in range(count))

    def token(self, prefix: str = "") -> str:
        """`prefix` and 43 characters of base64url over 32 random bytes."""
        return prefix + secrets.token_urlsafe(TOKEN_BYTES)


class FakeIds(Ids):
    """Counts instead of drawing: the same run gives the same ids. A second run over the same data begins further on."""

    def __init__(self, start: int = 0) -> None:
        self._count = start

    def _next(self) -> int:
        self._count += 1
        return self._count

    def object_id(self) -> str:
        """24 hex characters that count up."""
        return f"{self._next():024x}"

    def agent_id(self) -> str:
        """12 hex characters that count up."""
        return f"{self._next():012x}"

    def digits(self, count: int) -> str:
        """Digits that count up."""
        return f"{self._next() % 10**count:0{count}d}"

    def base32(self, count: int) -> str:
        """Characters that count up."""
        number, found = self._next(), ""
        for _ in range(count):
            number, rest = divmod(number, 32)
            found = BASE32[rest] + found
        return found

    def token(self, prefix: str = "") -> str:
        """`prefix` and 43 digits that count up."""
        return f"{prefix}{self._next():043d}"
