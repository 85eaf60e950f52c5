"""A login as its person sees it: by what means, from which program, when, and when it was last heard of."""

from dataclasses import dataclass
from datetime import datetime

from relay.domain.accounts import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRecord:
    """One login to one account. `login_id` is what its tokens share, also those for the person's other accounts.

    `expires_at` is the end of its newest token; `generation` is the account's at that token.
    """

    id: str
    login_id: str
    tenant_id: str
    user_id: str
    source: Source
    method: str
    browser: str
    os: str
    ip_address: str
    generation: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def record_id(login_id: str, user_id: str) -> str:
    """A login that was taken to another organization has a row in each."""
    return f"{login_id}:{user_id}"
