"""The audit entries of logins: one for each account that was meant, or one of the platform where none was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.domain.accounts import PLATFORM
from relay.domain.audit import Action
from relay.services.audit import Audit
from relay.services.ports import Caller
from relay.services.standing import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAudit:
    """Says who logged in, or tried to."""

    audit: Audit

    async def note(
        self,
        caller: Caller,
        action: Action,
        account: Account,
        *,
        source: str = "",
        status: str = "success",
        **more: Any,
    ) -> None:
        """Something that concerns one account, by somebody who is not, or not yet, its actor."""
        await self.audit.record_stranger(
            caller,
            action,
            "auth",
            tenant_id=account.user.tenant_id,
            user_id=account.user.id,
            username=account.user.username,
            source=source,
            status=status,
            **more,
        )

    async def failed(
        self,
        caller: Caller,
        name: str,
        accounts: Sequence[Account],
        reason: str,
        *,
        action: Action = Action.LOGIN_FAILED,
        **more: Any,
    ) -> None:
        """A login that came to nothing, for every account it may have meant."""
        for account in accounts:
            await self.note(caller, action, account, status="failure", reason=reason, **more)
        if not accounts:
            await self.audit.record_stranger(
                caller, action, "auth", tenant_id=PLATFORM, username=name, status="failure", reason=reason, **more
            )
