"""The timers: each step at its time, and a failing step is tried again. Time is trio's own test clock."""

import trio

from relay.timers.upkeep import WATCH_INTERVAL_S, keep_up


class Steps:
    """Counts; the first sweep fails."""

    def __init__(self) -> None:
        self.sweeps: list[float] = []
        self.looks = 0

    async def sweep(self) -> int:
        self.sweeps.append(trio.current_time())
        if len(self.sweeps) == 1:
            raise OSError("the database is away")
        return 0

    async def end_rights(self) -> None:
        self.looks += 1


async def test_both_tasks_keep_their_time_and_survive_a_failure(autojump_clock):
    steps = Steps()
    async with trio.open_nursery() as nursery:
        start = trio.current_time()
        await nursery.start(lambda task_status: keep_up(steps, sweep_interval_s=60, task_status=task_status))
        await trio.sleep(181)
        nursery.cancel_scope.cancel()
    assert [round(at - start) for at in steps.sweeps] == [60, 120, 180]
    assert steps.looks >= 180 / WATCH_INTERVAL_S - 1
