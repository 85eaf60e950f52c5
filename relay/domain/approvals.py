"""What waits for somebody's word: asked for, then settled exactly once. One state table for access and for commands."""

from datetime import datetime, timedelta
from enum import StrEnum

from relay.domain.access import Actor
from relay.domain.errors import Conflict, Forbidden
from relay.domain.machines import Machine

KEPT_AFTER = timedelta(days=30)
"""How long a settled one is still shown; the audit log remembers longer."""

MAX_REASON_CHARS = 500
MAX_PENDING = 50
"""Of one person, so that nobody floods those who decide."""


class ApprovalStatus(StrEnum):
    """Pending, or how it was settled."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Step(StrEnum):
    """What settles it."""

    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    EXPIRE = "expire"


MOVES = {
    (ApprovalStatus.PENDING, Step.APPROVE): ApprovalStatus.APPROVED,
    (ApprovalStatus.PENDING, Step.DENY): ApprovalStatus.DENIED,
    (ApprovalStatus.PENDING, Step.CANCEL): ApprovalStatus.CANCELLED,
    (ApprovalStatus.PENDING, Step.EXPIRE): ApprovalStatus.EXPIRED,
}
"""Everything that can happen; what is settled stays as it is."""


def moved(status: ApprovalStatus, step: Step, *, pending_until: datetime, now: datetime) -> ApprovalStatus:
    """The status after `step`. Raises Conflict when it is settled already, or too late to be."""
    if status is ApprovalStatus.PENDING and now >= pending_until and step is not Step.EXPIRE:
        raise Conflict("The request has already expired")
    if (status, step) not in MOVES:
        raise Conflict(f"The request has already been {status}")
    return MOVES[status, step]


def require_decider(actor: Actor, asker_id: str, machine: Machine) -> None:
    """Whether the actor may decide: administrators and the machine's owner, never who asked. Raises Forbidden."""
    owns = machine.owner_id == actor.user_id and machine.tenant_id == actor.tenant_id
    if not actor.administers(machine.tenant_id) and not owns:
        raise Forbidden("Not authorized")
    if actor.user_id == asker_id:
        raise Forbidden("Nobody decides on their own request")
