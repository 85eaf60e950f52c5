"""A lost link and the credit: what stood before stands after, however often the link is lost."""

from trio.testing import wait_all_tasks_blocked

from protocol.messages import Message, Resume
from protocol.window import WINDOW_BYTES
from relay.terminal.session import SessionState
from tests.agent_double import AgentDouble
from tests.terminal.house import AGENT, Screen, house
from tests.terminal.test_session import noise


class HesitantAgent(AgentDouble):
    """Answers a resume only when told to."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)
        self.held_back: list[tuple[int, Message]] = []

    def _take_control(self, channel: int, message: Message) -> None:
        if isinstance(message, Resume):
            self.held_back.append((channel, message))
        else:
            super()._take_control(channel, message)

    def answer(self) -> None:
        for channel, message in self.held_back:
            super()._take_control(channel, message)
        self.held_back.clear()
        self._moved.unpark_all()


async def test_lost_links_grant_nothing_to_a_viewer_that_does_not_read() -> None:
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        flood = noise(4 * WINDOW_BYTES)
        agent.emit(flood)
        await wait_all_tasks_blocked()
        for _ in range(3):
            await socket.close(1000, "")
            await wait_all_tasks_blocked()
            _, socket = await here.connect(agent)
            await wait_all_tasks_blocked()
            assert session.output.end == WINDOW_BYTES
        assert await screen.until_seen(len(flood)) == flood
        assert screen.gaps == []


async def test_what_was_read_while_the_link_came_back_is_granted_then() -> None:
    async with house() as here:
        agent, socket = await here.connect(HesitantAgent(AGENT))
        assert isinstance(agent, HesitantAgent)
        session = await here.open()
        screen = Screen(session.attach())
        flood = noise(4 * WINDOW_BYTES)
        agent.emit(flood)
        await wait_all_tasks_blocked()
        await socket.close(1000, "")
        await wait_all_tasks_blocked()
        await here.connect(agent)
        await wait_all_tasks_blocked()
        assert session.state is SessionState.RESUMING
        await screen.until_seen(WINDOW_BYTES)
        agent.answer()
        assert await screen.until_seen(len(flood)) == flood
        assert screen.gaps == []
