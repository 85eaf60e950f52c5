"""A listener that fails, because the store does, must not cut a machine off nor end a shell."""

import trio

from protocol.messages import Heartbeat
from tests.terminal.house import AGENT, house


async def test_a_heartbeat_that_cannot_be_recorded_leaves_the_link_alone():
    async with house() as here:
        refused = trio.Event()

        async def fail(agent_id: str, heartbeat: Heartbeat) -> None:
            refused.set()
            raise RuntimeError("the disk is full")

        here.witness.heartbeat = fail
        agent, _ = await here.connect()
        with trio.fail_after(5):
            await refused.wait()
        del here.witness.heartbeat
        agent.send_raw(agent._link.send_control(0, Heartbeat(cpu_percent=7.5)))
        (beat,) = await here.witness.until("heartbeat")
        assert beat.cpu_percent == 7.5
        assert here.hub.is_connected(AGENT)
        assert here.witness.named("disconnected") == []
        assert (await here.open()).was_opened
