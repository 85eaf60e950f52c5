"""Rows about what has happened already, while the store takes nothing (a full disk): kept in memory until it does.

A caller who waits for an answer is told no, and asks again. A command that ran and a shell that ended cannot be asked
again. What is kept is bounded, and lost with the process: a session's end is made good at the next start.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
import trio

from relay.store.errors import StoreFull, StoreReadOnly, StoreUnavailable

Write = Callable[[], Awaitable[object]]

MAX_WAITING = 4096
"""Writes kept, of at most some 10 KiB each: more than people type until somebody has made room."""
NOT_NOW = (StoreFull, StoreReadOnly, StoreUnavailable)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Backlog:
    """Writes that are to be done once the store works again, oldest first."""

    waiting: deque[Write] = field(default_factory=deque)
    _turn: trio.Lock = field(default_factory=trio.Lock)

    async def do(self, write: Write) -> None:
        """Do it now, or keep it. Returns either way; raises only what is no fault of the disk or the database."""
        if self.waiting:
            self._keep(write)
            await self.catch_up()
            return
        try:
            await write()
        except NOT_NOW as error:
            log.error("the store takes nothing: rows are kept in memory until it does", reason=str(error))
            self._keep(write)

    async def catch_up(self) -> None:
        """Do what was kept, as far as the store takes it; for whoever has just seen it work."""
        async with self._turn:
            while self.waiting:
                try:
                    await self.waiting[0]()
                except NOT_NOW:
                    return
                except Exception:  # a bug in one must not keep all others waiting; logged here, once
                    log.exception("a row is lost")
                self.waiting.popleft()

    def _keep(self, write: Write) -> None:
        if len(self.waiting) < MAX_WAITING:
            self.waiting.append(write)
        else:
            log.error("a row is lost: the store takes nothing, and no more is kept in memory")
