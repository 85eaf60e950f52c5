"""Commands that a group's rules hold back until somebody else approves them."""

from dataclasses import dataclass
from datetime import datetime

from relay.domain.approvals import ApprovalStatus
from relay.domain.errors import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCommand:
    """One command that waits. It runs at most once, under `command_id`; `error` says why an approved one did not.

    `token_generation` is that of the asker's login: ending all logins of an account ends what it left waiting.
    """

    id: str
    tenant_id: str
    machine_id: str
    agent_id: str
    machine_name: str
    user_id: str
    username: str
    source: str
    ip_address: str
    user_agent: str
    login_id: str
    token_generation: int
    command_id: str
    command: str
    timeout_s: int
    group_id: str
    rule_id: str
    pattern: str
    status: ApprovalStatus
    created_at: datetime
    pending_until: datetime
    purge_at: datetime
    decided_by: str = ""
    decided_by_username: str = ""
    decided_at: datetime | None = None
    decision_note: str = ""
    error: str = ""


class CommandHeld(Conflict):
    """The command was not run: it waits for approval."""

    def __init__(self, held: HeldCommand) -> None:
        super().__init__("Command held for approval")
        self.held = held
