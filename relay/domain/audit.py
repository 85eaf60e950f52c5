"""Audit entries: their vocabulary, and what follows from an action's name. Rows are append-only and hold no secrets."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What was done."""

    LOGIN = "login"
    LOGOUT = "logout"
    LOGIN_FAILED = "login_failed"
    LOGIN_ENDED = "login_ended"
    SIGNUP = "signup"
    TOKEN_REFRESH = "token_refresh"  # noqa: S105  the name of an action
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of an action
    EMAIL_VERIFIED = "email_verified"
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    SECOND_FACTOR_RESET = "second_factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    TOKEN_REUSED = "token_reused"  # noqa: S105  the name of an action
    MACHINE_ACCESS = "machine_access"
    ACCESS_DENIED = "access_denied"
    COMMAND_EXECUTED = "command_executed"
    USER_CREATED = "user_created"
    USER_UPDATED = "user_updated"
    USER_DELETED = "user_deleted"
    ROLE_CHANGED = "role_changed"
    MACHINE_CREATED = "machine_created"
    MACHINE_REGISTERED = "machine_registered"
    MACHINE_DELETED = "machine_deleted"
    ENROLMENT_FAILED = "enrolment_failed"
    ACCESS_GRANTED = "access_granted"
    ACCESS_REVOKED = "access_revoked"
    SESSION_CLOSED = "session_closed"
    GROUP_CREATED = "group_created"
    GROUP_UPDATED = "group_updated"
    GROUP_DELETED = "group_deleted"
    GROUP_MEMBER_ADDED = "group_member_added"
    GROUP_MEMBER_REMOVED = "group_member_removed"
    GROUP_MACHINE_ADDED = "group_machine_added"
    GROUP_MACHINE_REMOVED = "group_machine_removed"
    GROUP_RULES_CHANGED = "group_rules_changed"
    ACCESS_REQUESTED = "access_requested"
    ACCESS_APPROVED = "access_approved"
    ACCESS_REQUEST_DENIED = "access_request_denied"
    ACCESS_CANCELLED = "access_cancelled"
    ACCESS_EXPIRED = "access_expired"
    COMMAND_BLOCKED = "command_blocked"
    COMMAND_HELD = "command_held"
    COMMAND_APPROVED = "command_approved"
    COMMAND_DENIED = "command_denied"
    COMMAND_EXPIRED = "command_expired"
    ORG_CREATED = "org_created"
    ORG_UPDATED = "org_updated"
    ORG_DELETED = "org_deleted"
    API_KEY_REGENERATED = "api_key_regenerated"
    OTP_SENT = "otp_sent"
    OTP_FAILED = "otp_failed"
    ISSUE_DELETED = "issue_deleted"
    USER_DEPROVISIONED = "user_deprovisioned"
    AUDIT_EXPORTED = "audit_exported"
    COMMANDS_EXPORTED = "commands_exported"
    COMMANDS_RUN = "commands_run"
    COMMANDS_CANCELLED = "commands_cancelled"
    AUDIT_CHAIN_STARTED = "audit_chain_started"
    AGENT_LOG_BROKEN = "agent_log_broken"


class Category(StrEnum):
    """The three kinds an auditor filters by."""

    AUTHENTICATION = "authentication"
    SESSION = "session"
    ADMINISTRATIVE = "administrative"


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


_AUTHENTICATION = {
    Action.LOGIN,
    Action.LOGOUT,
    Action.LOGIN_FAILED,
    Action.LOGIN_ENDED,
    Action.SIGNUP,
    Action.TOKEN_REFRESH,
    Action.PASSWORD_CHANGED,
    Action.EMAIL_VERIFIED,
    Action.API_KEY_REGENERATED,
    Action.OTP_SENT,
    Action.OTP_FAILED,
    Action.SECOND_FACTOR_ADDED,
    Action.SECOND_FACTOR_REMOVED,
    Action.RECOVERY_CODES_MADE,
    Action.TOKEN_REUSED,
}
_SESSION = {
    Action.MACHINE_ACCESS,
    Action.ACCESS_DENIED,
    Action.COMMAND_EXECUTED,
    Action.COMMANDS_RUN,
    Action.COMMANDS_CANCELLED,
    Action.COMMAND_BLOCKED,
    Action.COMMAND_HELD,
    Action.COMMAND_APPROVED,
    Action.COMMAND_DENIED,
    Action.COMMAND_EXPIRED,
    Action.SESSION_CLOSED,
    Action.AGENT_LOG_BROKEN,
}
_CRITICAL = {Action.AGENT_LOG_BROKEN, Action.ORG_DELETED}
_WARNING = {
    Action.SECOND_FACTOR_REMOVED,
    Action.SECOND_FACTOR_RESET,
    Action.TOKEN_REUSED,
    Action.COMMAND_BLOCKED,
    Action.LOGIN_FAILED,
    Action.ACCESS_DENIED,
    Action.ENROLMENT_FAILED,
    Action.USER_DELETED,
    Action.MACHINE_DELETED,
    Action.ROLE_CHANGED,
    Action.OTP_FAILED,
    Action.USER_DEPROVISIONED,
    Action.API_KEY_REGENERATED,
    Action.AUDIT_EXPORTED,
    Action.COMMANDS_EXPORTED,
    Action.ORG_UPDATED,
}


def category_of(action: Action) -> Category:
    """Authentication and session are listed; everything else administers something."""
    if action in _AUTHENTICATION:
        return Category.AUTHENTICATION
    return Category.SESSION if action in _SESSION else Category.ADMINISTRATIVE


def severity_of(action: Action) -> Severity:
    """Refusals and removals are warnings; the end of an organization is more."""
    if action in _CRITICAL:
        return Severity.CRITICAL
    return Severity.WARNING if action in _WARNING else Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which thing. `tenant_id` is the organization whose auditors see it."""

    tenant_id: str
    action: Action
    resource: str
    timestamp: datetime
    user_id: str = ""
    username: str = ""
    resource_id: str = ""
    ip_address: str = ""
    user_agent: str = ""
    source: str = ""
    status: str = "success"
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry as it was stored. `seq` and `hash` are None for those older than the chain (docs/audit.md)."""

    id: str
    tenant_id: str
    user_id: str
    username: str
    action: str
    category: str
    severity: str
    resource: str
    resource_id: str
    ip_address: str
    user_agent: str
    source: str
    status: str
    timestamp: datetime
    details: dict[str, Any]
    seq: int | None = None
    hash: str | None = None
