"""What happened while the disk was full is written once it is not, in order, and never more than is bounded."""

from functools import partial

import pytest
import trio

from relay.services import backlog
from relay.services.backlog import Backlog
from relay.store.errors import BadDocument, StoreFull, StoreReadOnly, StoreUnavailable


class Disk:
    """Takes rows while there is room."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.refusal: Exception | None = None
        self.room = 1000

    async def write(self, row: int) -> None:
        await trio.lowlevel.checkpoint()
        if self.refusal is not None and not self.room:
            raise self.refusal
        self.room -= 1
        self.rows.append(row)


def full(refusal: Exception) -> Disk:
    disk = Disk()
    disk.refusal, disk.room = refusal, 0
    return disk


@pytest.mark.parametrize("refusal", [StoreFull("full"), StoreReadOnly("no"), StoreUnavailable("gone")])
async def test_rows_wait_for_room_and_then_come_in_order(refusal: Exception) -> None:
    disk, rows = full(refusal), Backlog()
    for row in range(5):
        await rows.do(partial(disk.write, row))
    assert disk.rows == []
    disk.room = 3
    await rows.catch_up()
    assert disk.rows == [0, 1, 2], "as far as there was room"
    disk.room = 10
    await rows.do(partial(disk.write, 5))
    assert disk.rows == [0, 1, 2, 3, 4, 5]
    assert not rows.waiting


async def test_no_more_is_kept_than_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MAX_WAITING", 2)
    disk, rows = full(StoreFull("full")), Backlog()
    for row in range(3):
        await rows.do(partial(disk.write, row))
    disk.room = 10
    await rows.catch_up()
    assert disk.rows == [0, 1]


async def test_one_that_can_never_be_written_does_not_hold_up_the_others() -> None:
    disk, rows = full(StoreFull("full")), Backlog()
    await rows.do(partial(disk.write, 0))
    await rows.do(partial(full(BadDocument("x")).write, 1))
    await rows.do(partial(disk.write, 2))
    disk.room = 10
    await rows.catch_up()
    assert disk.rows == [0, 2]
    assert not rows.waiting


async def test_a_fault_of_ours_is_not_kept() -> None:
    rows = Backlog()
    with pytest.raises(BadDocument):
        await rows.do(partial(full(BadDocument("x")).write, 1))
    assert not rows.waiting
