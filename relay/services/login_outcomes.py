"""What comes of proving who one is: a token, or the next question."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.services.standing import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A finished login: a token for the API, and one for changing organization."""

    account: Account
    groups: Sequence[str]
    token: str
    session_token: str
    expires_in_s: int
    available: Sequence[Account]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChoice:
    """The proof fits accounts in several organizations: which one?"""

    available: Sequence[Account]
    session_token: str


Outcome = LoggedIn | TenantChoice
