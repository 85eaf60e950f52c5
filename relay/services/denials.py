"""What people were refused: an audit entry for each thing each person may not do, once a minute however often they try.

Written by the door for every route alike, so that no use case can forget it. What another organization's id is answered
(404) is not told apart from what does not exist, and leaves no entry.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.services.audit import Audit

QUIET_S = 60.0
"""A refusal repeated within this time is the same refusal: nobody fills the log by asking again."""
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """Records `access_denied`."""

    audit: Audit
    clock: Clock
    recent: OrderedDict[tuple[str, str, str], float] = field(default_factory=OrderedDict)

    async def record(self, actor: Actor, *, asked: str, resource: str, resource_id: str, reason: str) -> None:
        """Somebody known was refused `asked`; durable when it returns."""
        if self._is_repeated((actor.user_id, asked, resource_id)):
            return
        await self.audit.record(
            actor,
            Action.ACCESS_DENIED,
            resource,
            resource_id=resource_id,
            status="failure",
            asked=asked,
            reason=reason,
        )

    def _is_repeated(self, what: tuple[str, str, str]) -> bool:
        now = self.clock.monotonic()
        before = self.recent.get(what)
        if before is not None and now < before + QUIET_S:
            return True
        self.recent[what] = now
        self.recent.move_to_end(what)
        if len(self.recent) > MAX_REMEMBERED:
            self.recent.popitem(last=False)
        return False
