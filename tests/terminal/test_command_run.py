"""One command: its output and end, its bounds, and what happens when nobody answers."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from protocol.messages import Close
from relay.domain.errors import TimedOut
from relay.terminal.command_run import MAX_OUTPUT_BYTES, CommandRequest
from relay.terminal.errors import AgentLost, AgentOffline, TooManySessions
from tests.agent_double import AgentDouble, Answer
from tests.terminal.house import AGENT, house


def request(command: str = "id", timeout_s: int = 30) -> CommandRequest:
    return CommandRequest(command_id="c1", command=command, username="ada", timeout_s=timeout_s)


async def test_output_of_both_streams_and_the_exit_code_come_back():
    async with house() as here:
        answer = Answer(stdout=b"out\n", stderr=b"err\n", exit_code=7)
        await here.connect(AgentDouble(AGENT, command=lambda run: answer))
        outcome = await here.hub.run_command(AGENT, request())
        assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"out\n", b"err\n", 7)
        assert outcome.duration_ms == 12
        assert not outcome.truncated
        assert outcome.started_at.year == 2026


async def test_endless_output_is_cut_and_said_to_be():
    async with house() as here:
        answer = Answer(stdout=bytes(3 * MAX_OUTPUT_BYTES), stderr=b"late")
        await here.connect(AgentDouble(AGENT, command=lambda run: answer))
        outcome = await here.hub.run_command(AGENT, request())
        assert len(outcome.stdout) + len(outcome.stderr) == MAX_OUTPUT_BYTES
        assert outcome.truncated


async def test_command_nobody_answers_times_out_and_is_cancelled(autojump_clock: MockClock):
    async with house() as here:
        agent, _ = await here.connect(AgentDouble(AGENT, command=lambda run: Answer(holds=True)))
        with pytest.raises(TimedOut):
            await here.hub.run_command(AGENT, request(timeout_s=5))
        await wait_all_tasks_blocked()
        assert any(isinstance(each, Close) for each in agent.seen)


async def test_cancelling_the_caller_cancels_the_command():
    async with house() as here:
        agent, _ = await here.connect(AgentDouble(AGENT, command=lambda run: Answer(holds=True)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(here.hub.run_command, AGENT, request())
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        await wait_all_tasks_blocked()
        assert Close(reason="cancelled") in agent.seen


async def test_agent_lost_in_the_middle():
    async with house() as here:
        _, socket = await here.connect(AgentDouble(AGENT, command=lambda run: Answer(holds=True)))

        async def runs() -> None:
            with pytest.raises(AgentLost):
                await here.hub.run_command(AGENT, request())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(runs)
            await wait_all_tasks_blocked()
            await socket.close(1000, "")


async def test_nobody_there():
    async with house() as here:
        with pytest.raises(AgentOffline):
            await here.hub.run_command(AGENT, request())


async def test_bound_on_commands_at_once():
    async with house(max_commands_per_agent=1) as here:
        await here.connect(AgentDouble(AGENT, command=lambda run: Answer(holds=run.command == "hold")))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(here.hub.run_command, AGENT, request("hold"))
            await wait_all_tasks_blocked()
            with pytest.raises(TooManySessions):
                await here.hub.run_command(AGENT, request())
            nursery.cancel_scope.cancel()
        await here.hub.run_command(AGENT, request())
