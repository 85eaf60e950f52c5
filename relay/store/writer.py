"""Group commit: many small inserts become one transaction, and each caller hears when its own row is durable.

For rows that come all the time and from everywhere (the command log, the audit log). One task writes whatever has
gathered while the last batch was being written, so that the batch grows with the load and waits for nobody when idle.
"""

import math
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

import trio

from relay.store.chained import Chains
from relay.store.errors import StoreError, StoreUnavailable
from relay.store.interface import Database, Document

BATCH_ROWS = 256
"""Rows in one transaction: beyond that a commit is no cheaper by the row, and the others wait longer."""
CHANNEL_ROWS = 1024
"""Rows that may wait; whoever comes with more waits to hand them over, which is the back-pressure."""
DRAIN_S = 10.0
"""How long a stopping writer may take over what was already handed to it."""


@dataclass(slots=True, eq=False)
class _Row:
    """One insert on its way, and what became of it."""

    collection: str
    document: Document
    settled: trio.Event = field(default_factory=trio.Event)
    refusal: Exception | None = None

    def settle(self, refusal: Exception | None) -> None:
        self.refusal = refusal
        self.settled.set()


class GroupWriter:
    """Inserts for everybody. Start `run` in a nursery; cancelling it (or `stop`) writes what is waiting first.

    Rows of the collection that `chains` names are linked as they are written, in the order they were handed over.
    """

    def __init__(self, database: Database, chains: Chains | None = None) -> None:
        self._database = database
        self._chains = chains
        self._send, self._receive = trio.open_memory_channel[_Row](CHANNEL_ROWS)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until stopped or cancelled. Rows that come afterwards are refused with StoreUnavailable."""
        with self._receive:
            task_status.started()
            try:
                async for row in self._receive:
                    await self._write_with(row)
            finally:
                try:
                    await self._drain()
                finally:
                    self._refuse_waiting()

    async def write(self, collection: str, document: Document) -> None:
        """Insert `document` and return when it is durable.

        Raises what became of this row alone: Duplicate, BadDocument, StoreFull, StoreUnavailable. A caller that is
        cancelled while waiting does not take its row back.
        """
        row = _Row(collection, document)
        try:
            await self._send.send(row)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise StoreUnavailable("the writer has stopped") from None
        await row.settled.wait()
        if row.refusal is not None:
            raise row.refusal

    async def stop(self) -> None:
        """Take no more rows; `run` returns when what is waiting is written."""
        await self._send.aclose()

    async def _drain(self) -> None:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + DRAIN_S):
            while rows := self._waiting(BATCH_ROWS):
                await self._commit(rows)

    def _refuse_waiting(self) -> None:
        for row in self._waiting(math.inf):
            row.settle(StoreUnavailable("the writer was stopped before this row was written"))

    async def _write_with(self, first: _Row) -> None:
        """Write `first` and what waits behind it; once begun, cancellation waits for the disk."""
        with trio.CancelScope(shield=True):
            await self._commit([first, *self._waiting(BATCH_ROWS - 1)])

    def _waiting(self, most: float) -> list[_Row]:
        rows: list[_Row] = []
        while len(rows) < most:
            try:
                rows.append(self._receive.receive_nowait())
            except (trio.WouldBlock, trio.EndOfChannel):
                break
        return rows

    async def _commit(self, rows: list[_Row]) -> None:
        chains = self._chains
        linked = [row for row in rows if chains is not None and row.collection == chains.name]
        others = [row for row in rows if chains is None or row.collection != chains.name]
        try:
            if linked and chains is not None:
                await self._settle(linked, chains.insert([row.document for row in linked]))
            if others:
                await self._settle(
                    others, self._database.insert_each([(row.collection, row.document) for row in others])
                )
        finally:
            for row in rows:
                if not row.settled.is_set():
                    row.settle(StoreUnavailable("the writer failed"))

    @staticmethod
    async def _settle(rows: Sequence[_Row], insert: Awaitable[list[Exception | None]]) -> None:
        """Tell each caller what became of its row."""
        try:
            refusals = await insert
        except StoreError as error:
            # An exception of its own for each caller: they are raised in different tasks, at the same time.
            refusals = [type(error)(*error.args) for _ in rows]
        for row, refusal in zip(rows, refusals, strict=True):
            row.settle(refusal)
