"""What people prove beside their password: kinds, limits, sentences."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_PER_USER = 10
RECOVERY_CODES = 10
WRONG_CODE = "Invalid or expired code"


class Method(StrEnum):
    """A way to prove a second factor."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """An authenticator app (`totp`) or a passkey of one user. One that is not confirmed yet counts for nothing."""

    id: str
    tenant_id: str
    user_id: str
    kind: Method
    name: str
    created_at: datetime
    confirmed: bool
    last_used_at: datetime | None = None


def plain_recovery_code(code: str) -> str:
    """As it is compared: people copy codes with spaces, dashes and capitals."""
    return "".join(char for char in code.lower() if char.isalnum())[:64]


def written_recovery_code(plain: str) -> str:
    """As it is shown, in groups of four."""
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
