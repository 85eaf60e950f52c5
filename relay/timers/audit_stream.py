"""The task that streams the audit trails to one receiver, and waits longer each time the receiver is away."""

import structlog
import trio

from relay.outbound.receivers import Unreceived
from relay.services.audit_stream import AuditStream

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0

log = structlog.get_logger(__name__)


async def stream_audit(stream: AuditStream) -> None:
    """Run until cancelled."""
    wait_s = FIRST_RETRY_S
    try:
        while True:
            try:
                await stream.deliver()
            except Unreceived as error:
                log.warning("audit stream waits for its receiver", receiver=stream.name, reason=str(error))
            except Exception:  # the database may be away for a while; the relay stays, and says so here
                log.exception("audit stream failed", receiver=stream.name)
            else:
                wait_s = FIRST_RETRY_S
                await stream.wait()
                continue
            await trio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_RETRY_S)
    finally:
        with trio.CancelScope(shield=True):
            await stream.receiver.aclose()
