"""Signing the audit chains that are due, as long as the relay runs."""

import structlog
import trio

from relay.services.audit_checkpoints import AuditCheckpoints

INTERVAL_S = 5.0
"""How often to look; nothing is read from the store for chains that have not grown."""

log = structlog.get_logger(__name__)


async def sign_on_time(checkpoints: AuditCheckpoints) -> None:
    """Run until cancelled."""
    while True:
        await trio.sleep(INTERVAL_S)
        try:
            await checkpoints.sign_due()
        except Exception:  # a full disk or an absent database: the chains go on, the signature follows
            log.exception("audit checkpoint failed")
