"""The audit trail: who did what, written durably before the answer goes out. Knows no secrets and no bodies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action, AuditEntry, category_of, severity_of
from relay.domain.audit_chain import moment
from relay.domain.names import plain
from relay.ids import Ids
from relay.services.ports import Caller, Writer

MAX_USER_AGENT_CHARS = 300
MAX_DETAIL_CHARS = 500
MAX_DETAIL_ITEMS = 100
MAX_INTEGER = 2**53
"""Beyond it readers of JSON disagree; such a number is kept as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Writes entries; one row each, append-only, linked to the one before it by the writer (relay/store/chained.py)."""

    writer: Writer
    clock: Clock
    ids: Ids

    async def record(
        self,
        actor: Actor,
        action: Action,
        resource: str,
        *,
        resource_id: str = "",
        tenant_id: str = "",
        status: str = "success",
        **details: Any,
    ) -> None:
        """What an actor did. `tenant_id` is that of the thing, where it is not the actor's own."""
        await self.write(
            AuditEntry(
                tenant_id=tenant_id or actor.tenant_id,
                action=action,
                resource=resource,
                resource_id=resource_id,
                timestamp=self.clock.now(),
                user_id=actor.user_id,
                username=actor.username,
                ip_address=actor.ip_address,
                user_agent=actor.user_agent,
                source=actor.source,
                status=status,
                details=details,
            )
        )

    async def record_stranger(
        self,
        caller: Caller,
        action: Action,
        resource: str,
        *,
        tenant_id: str,
        user_id: str = "",
        username: str = "",
        resource_id: str = "",
        source: str = "",
        status: str = "success",
        **details: Any,
    ) -> None:
        """What somebody did who is not, or not yet, an actor: logins, sign-ups, agents."""
        await self.write(
            AuditEntry(
                tenant_id=tenant_id,
                action=action,
                resource=resource,
                resource_id=resource_id,
                timestamp=self.clock.now(),
                user_id=user_id,
                username=plain(username, 100),
                ip_address=caller.ip_address,
                user_agent=caller.user_agent,
                source=source,
                status=status,
                details=details,
            )
        )

    async def write(self, entry: AuditEntry) -> None:
        """Append one entry; durable when it returns."""
        document = {
            "_id": self.ids.object_id(),
            "tenant_id": entry.tenant_id,
            "user_id": entry.user_id,
            "username": kept(entry.username),
            "action": str(entry.action),
            "category": str(category_of(entry.action)),
            "severity": str(severity_of(entry.action)),
            "resource": entry.resource,
            "resource_id": kept(entry.resource_id),
            "ip_address": kept(entry.ip_address),
            "user_agent": plain(entry.user_agent, MAX_USER_AGENT_CHARS),
            "source": kept(entry.source),
            "status": entry.status,
            "timestamp": entry.timestamp,
            "details": {name: kept(value) for name, value in entry.details.items()},
        }
        await self.writer.write("audit", document)


def kept(value: Any) -> Any:
    """A value as an entry may hold it: bounded, and read back from JSON exactly as it was written."""
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= MAX_INTEGER:
            return int(value)
        case str():
            return str(value)[:MAX_DETAIL_CHARS].encode("utf-8", "replace").decode()
        case datetime():
            return moment(value)
        case Mapping():
            return {str(name): kept(each) for name, each in islice(value.items(), MAX_DETAIL_ITEMS)}
        case list() | tuple() | set() | frozenset():
            return [kept(each) for each in islice(value, MAX_DETAIL_ITEMS)]
        case _:
            return kept(str(value))
