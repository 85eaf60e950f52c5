"""Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds), by the time the caller says it is."""

import hmac
from datetime import datetime

import pyotp

STEP_S = 30
WINDOW = 1
"""Steps before and after that count too: clocks of telephones differ."""


def step_of(secret: str, code: str, *, at: datetime, after_step: int) -> int | None:
    """The step the code belongs to, if that is near `at` and later than `after_step`: no step counts twice."""
    now = int(at.timestamp()) // STEP_S
    made = pyotp.TOTP(secret)
    found = None
    for step in range(now - WINDOW, now + WINDOW + 1):
        same = hmac.compare_digest(made.generate_otp(step).encode(), code.encode("utf-8", "replace"))
        if same and step > after_step:
            found = step
    return found


def provisioning_url(secret: str, *, username: str, issuer: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)
