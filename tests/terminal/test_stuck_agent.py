"""An agent that stops reading: its link ends in time, though a send to it can be neither finished nor cancelled."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from relay.terminal.errors import SocketClosed
from relay.terminal.pair import MemorySocket, memory_pair
from tests.agent_double import AgentDouble
from tests.terminal.house import AGENT, House, house


class StuckSocket:
    """A socket whose sends hang once `is_stuck` is set, deaf to cancellation, until it is aborted: as Hypercorn's."""

    def __init__(self, inner: MemorySocket) -> None:
        self.inner = inner
        self.is_stuck = False
        self.aborted = trio.Event()

    async def send(self, message: bytes) -> None:
        if self.is_stuck:
            with trio.CancelScope(shield=True):
                await self.aborted.wait()
            raise SocketClosed
        await self.inner.send(message)

    async def receive(self) -> bytes:
        return await self.inner.receive()

    async def close(self, code: int, reason: str) -> None:
        await self.inner.close(code, reason)

    def abort(self) -> None:
        self.inner.abort()
        self.aborted.set()


async def stuck_agent(here: House) -> StuckSocket:
    """An agent with one shell, whose socket then takes nothing more while somebody types."""
    agent = AgentDouble(AGENT)
    here.keys.enrol(agent)
    ours, theirs = memory_pair()
    socket = StuckSocket(ours)
    here.nursery.start_soon(lambda: here.hub.serve_agent(socket, credentials=here.keys))
    await here.nursery.start(agent.serve, theirs)
    session = await here.open()
    await wait_all_tasks_blocked()
    socket.is_stuck = True
    await session.attach().write(b"typed into the void")
    await wait_all_tasks_blocked()
    return socket


async def test_link_that_must_end_is_not_held_up_by_a_stuck_send(autojump_clock: MockClock):
    async with house() as here:
        socket = await stuck_agent(here)
        began = trio.current_time()
        await here.hub.disconnect_agent(AGENT, 4401, "revoked")
        assert not here.hub.is_connected(AGENT)
        await here.witness.until("disconnected")
        assert trio.current_time() - began <= 2
        assert socket.aborted.is_set()


async def test_agent_that_takes_nothing_for_a_minute_is_gone(autojump_clock: MockClock):
    async with house(silence_s=100_000) as here:
        socket = await stuck_agent(here)
        await trio.sleep(125)
        assert socket.aborted.is_set()
        assert not here.hub.is_connected(AGENT)


async def test_newer_connection_does_not_wait_for_the_stuck_one():
    async with house() as here:
        await stuck_agent(here)
        again = AgentDouble(AGENT, keeps_sessions=False)
        await here.connect(again)
        assert again.welcome is not None
        assert here.hub.is_connected(AGENT)
