"""Two tasks: the sweep (a minute apart) and the watch over rights that end (a second apart, in memory)."""

from collections.abc import Awaitable, Callable

import structlog
import trio

from relay.services.upkeep import Upkeep

WATCH_INTERVAL_S = 0.5
"""A grant's end closes its shells within a second."""

log = structlog.get_logger(__name__)


async def keep_up(
    upkeep: Upkeep, *, sweep_interval_s: float, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run both until cancelled. A step that fails is logged and tried again at its next time."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_repeat, upkeep.sweep, sweep_interval_s)
        nursery.start_soon(_repeat, upkeep.end_rights, WATCH_INTERVAL_S)
        task_status.started()


async def _repeat(step: Callable[[], Awaitable[object]], interval_s: float) -> None:
    while True:
        await trio.sleep(interval_s)
        try:
            await step()
        except Exception:  # the database may be away for a while; the relay stays, and says so here
            log.exception("upkeep failed", step=getattr(step, "__name__", ""))
