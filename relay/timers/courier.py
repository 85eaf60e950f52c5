"""The task that delivers letters: as soon as one is posted, and again when a mail server was away."""

import structlog
import trio

from relay.services.letters import LONGEST_RETRY_S, Letters

AFTER_FAULT_S = 30

log = structlog.get_logger(__name__)


async def carry(letters: Letters, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Run until cancelled. A letter under way when that happens is sent again at the next start."""
    task_status.started()
    while True:
        try:
            wait_s = await letters.deliver_due()
        except Exception:  # the database may be away for a while; the relay stays, and says so here
            log.exception("letters cannot be delivered")
            wait_s = AFTER_FAULT_S
        await letters.wait(min(wait_s, LONGEST_RETRY_S))
