"""What comes of proving who one is: a token, or the next question."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.domain.second_factors import Method
from relay.services.standing import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A finished login: a token for the API, and one for changing organization.

    `enrolment_required`: the organization wants a second factor, and until there is one the token opens little else.
    """

    account: Account
    groups: Sequence[str]
    token: str
    session_token: str
    expires_in_s: int
    available: Sequence[Account]
    enrolment_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChoice:
    """The proof fits accounts in several organizations: which one?"""

    available: Sequence[Account]
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtpSent:
    """A code is on its way to the account's mailbox."""

    account: Account
    available: Sequence[Account]
    session_token: str
    expires_in_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorNeeded:
    """The account has a second factor, and it has to be proven by one of these methods."""

    account: Account
    available: Sequence[Account]
    methods: Sequence[Method]
    session_token: str


Outcome = LoggedIn | TenantChoice | OtpSent | SecondFactorNeeded
