"""Requests for access: who asks for which machine, why, as what and for how long, and who decided."""

from dataclasses import dataclass
from datetime import datetime

from relay.domain.approvals import MAX_REASON_CHARS, ApprovalStatus
from relay.domain.errors import Invalid
from relay.domain.names import check_drawable, check_machine_role


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """One request. Approved, it has made a grant that ends at `expires_at`."""

    id: str
    tenant_id: str
    machine_id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    reason: str
    machine_role: str
    duration_minutes: int
    status: ApprovalStatus
    created_at: datetime
    pending_until: datetime
    purge_at: datetime
    decided_by: str = ""
    decided_by_username: str = ""
    decided_at: datetime | None = None
    decision_note: str = ""
    expires_at: datetime | None = None


def check_reason(reason: str) -> str:
    """Why: never empty, bounded. Raises Invalid."""
    if not reason.strip():
        raise Invalid("reason is required")
    return check_drawable(reason.strip(), field="reason", maximum=MAX_REASON_CHARS)


def check_duration(minutes: int, *, most: int) -> int:
    """How long: at least a minute, at most what this relay gives. Raises Invalid."""
    if not 1 <= minutes <= most:
        raise Invalid(f"duration_minutes must be between 1 and {most}")
    return minutes


def check_asked_role(name: str | None) -> str:
    """As what; without a word, as little as there is. Raises Invalid."""
    return check_machine_role(name) if name else "non-sudo"
