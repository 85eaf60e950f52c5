"""One shell, one person: every byte both ways, the end, the take-over, the coming back."""

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from protocol.window import WINDOW_BYTES
from relay.terminal.ending import SHELL_EXITED
from relay.terminal.keystrokes import UNSENT_BYTES
from relay.terminal.viewer import Gap
from tests.agent_double import AgentDouble
from tests.terminal.house import AGENT, Screen, house


def noise(count: int) -> bytes:
    """Bytes that repeat nowhere near each other: a lost or doubled one shows."""
    return b"".join(number.to_bytes(4, "big") for number in range(count // 4 + 1))[:count]


async def test_typed_bytes_reach_the_shell_and_its_echo_comes_back():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await screen.viewer.write(b"ls -la\r")
        assert await screen.until_seen(7) == b"ls -la\r"
        assert agent.shell().received == b"ls -la\r"
        assert session.shell == "/bin/double"


@settings(max_examples=30, deadline=None)
@given(
    chunks=st.lists(st.integers(1, 150_000), min_size=1, max_size=8),
    most=st.sampled_from([257, 4096, 65536]),
)
def test_any_chunking_delivers_every_byte_both_ways(chunks, most):
    async def run() -> None:
        async with house() as here:
            agent, _ = await here.connect(AgentDouble(AGENT, echoes=True))
            session = await here.open()
            screen = Screen(session.attach())
            sent = noise(sum(chunks))

            async def type_all() -> None:
                done = 0
                for chunk in chunks:
                    await screen.viewer.write(sent[done : done + chunk])
                    done += chunk

            async with trio.open_nursery() as nursery:
                nursery.start_soon(type_all)
                while len(screen.seen) < len(sent):
                    with trio.fail_after(5):
                        await screen.step(most)
            assert screen.seen == sent
            assert agent.shell().received == sent

    trio.run(run)


async def test_viewer_that_never_reads_stops_the_shell_and_costs_one_window():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        Screen(session.attach())
        agent.emit(noise(4 * WINDOW_BYTES))
        await wait_all_tasks_blocked()
        assert agent.shell().sent == WINDOW_BYTES
        assert session.output.end - session.output.start == WINDOW_BYTES


async def test_slow_viewer_loses_nothing_of_a_flood():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        flood = noise(3 * 1024 * 1024)
        agent.emit(flood)
        assert await screen.until_seen(len(flood)) == flood
        assert screen.gaps == []


async def test_shell_that_exits_is_read_to_its_end_first():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        agent.emit(b"bye\r\n")
        agent.end_shell(3)
        reason = await screen.until_ended()
        assert (bytes(screen.seen), reason.code, reason.exit_code) == (b"bye\r\n", SHELL_EXITED, 3)
        assert await here.witness.until("ended") == [("s1", reason)]
        assert here.hub.find_session("s1") is None


async def test_closing_cuts_at_once_and_hangs_up_the_shell():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        agent.emit(noise(WINDOW_BYTES))
        await wait_all_tasks_blocked()
        session.close("access revoked", 4403)
        assert (await screen.until_ended()).code == 4403
        assert screen.seen == b""
        await here.witness.until("ended")
        await wait_all_tasks_blocked()
        assert agent.shell().hung_up == "access revoked"


async def test_shell_that_talks_after_the_end_is_drained_and_dropped():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        session.close("terminated", 4410)
        agent.emit(noise(4 * WINDOW_BYTES))
        agent.end_shell(None)
        await wait_all_tasks_blocked()
        assert agent.shell().sent == 4 * WINDOW_BYTES
        assert session.output.end - session.output.start == 0
        assert here.hub.is_connected(AGENT)


async def test_second_viewer_takes_over_and_sees_what_was_there():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        first = Screen(session.attach())
        agent.emit(b"hello")
        await first.until_seen(5)
        second = Screen(session.attach())
        assert (await first.until_ended()).text == "taken over"
        assert await second.until_seen(5) == b"hello"
        await first.viewer.write(b"x")
        await second.viewer.write(b"y")
        await second.until_seen(6)
        assert agent.shell().received == b"y"
        first.viewer.detach()
        assert session.viewer is second.viewer


async def test_input_waits_for_the_shell_and_holds_no_more_than_it_may():
    async with house() as here:
        agent, _theirs = await here.connect(AgentDouble(AGENT, echoes=False))
        session = await here.open()
        viewer = session.attach()
        agent._link.consume_to = lambda *_: None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(viewer.write, noise(4 * WINDOW_BYTES))
            await wait_all_tasks_blocked()
            assert len(agent.shell().received) == WINDOW_BYTES
            assert session.input_offset == WINDOW_BYTES + UNSENT_BYTES
            session.close("enough", 1000)


async def test_resume_from_an_offset_brings_exactly_what_was_missed():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        agent.emit(noise(100_000))
        await screen.until_seen(100_000)
        screen.viewer.detach()
        agent.emit(noise(50_000))
        await wait_all_tasks_blocked()
        again = Screen(session.attach(60_000))
        assert again.start == 60_000
        assert await again.until_seen(90_000) == (noise(100_000) + noise(50_000))[60_000:]
        assert again.gaps == []


async def test_coming_back_too_late_for_the_ring_shows_the_gap():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        stream = noise(3 * WINDOW_BYTES)
        agent.emit(stream)
        await screen.until_seen(len(stream))
        screen.viewer.detach()
        again = Screen(session.attach(10))
        rest = await again.until_seen(WINDOW_BYTES)
        assert again.gaps == [Gap(start=10, to=len(stream) - WINDOW_BYTES)]
        assert rest == stream[-WINDOW_BYTES:]


async def test_offset_from_the_future_starts_at_the_end():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        agent.emit(b"abc")
        await wait_all_tasks_blocked()
        viewer = session.attach(10**12)
        assert viewer.position == 3


async def test_detached_shell_stops_after_one_window_and_loses_nothing():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        session.attach().detach()
        stream = noise(2 * WINDOW_BYTES)
        agent.emit(stream)
        await wait_all_tasks_blocked()
        assert session.output.end == WINDOW_BYTES
        again = Screen(session.attach())
        assert await again.until_seen(len(stream)) == stream


async def test_detached_session_ends_after_its_time(autojump_clock: MockClock):
    async with house(detach_s=300, silence_s=10_000) as here:
        await here.connect()
        session = await here.open()
        session.attach().detach()
        await trio.sleep(299)
        viewer = session.attach()
        await trio.sleep(1000)
        viewer.detach()
        await trio.sleep(299)
        assert session.reason is None
        await trio.sleep(2)
        assert session.reason is not None
        assert session.reason.text == "nobody came back"


async def test_session_nobody_attaches_to_waits_a_little_even_when_detached_ones_may_not(autojump_clock: MockClock):
    async with house(detach_s=0) as here:
        await here.connect()
        session = await here.open()
        await trio.sleep(1)
        session.attach().detach()
        await trio.sleep(0.1)
        assert session.reason is not None


async def test_session_does_not_outlive_its_longest_time(autojump_clock: MockClock):
    async with house(longest_s=3600, silence_s=10_000) as here:
        await here.connect()
        session = await here.open()
        session.attach()
        await trio.sleep(3601)
        assert session.reason is not None
        assert session.reason.code == 4401


async def test_idle_session_ends_with_4408(autojump_clock: MockClock):
    async with house(idle_s=50, silence_s=10_000) as here:
        await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await trio.sleep(40)
        await screen.viewer.write(b"x")
        await trio.sleep(40)
        assert session.reason is None
        await trio.sleep(11)
        assert session.reason is not None
        assert (session.reason.code, session.reason.text) == (4408, "idle timeout")


async def test_sizes_that_change_fast_are_sent_once_each_turn():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        for cols in range(1, 1000):
            session.resize(cols, 40)
        await wait_all_tasks_blocked()
        assert agent.shell().sizes == [(80, 24), (999, 40)]


async def test_commands_are_told_in_order_and_before_the_end():
    async with house() as here:
        agent, _ = await here.connect()
        await here.open()
        agent.log("echo hi")
        agent.log("false", 1)
        agent.end_shell(0)
        await here.witness.until("ended")
        names = [name for name, _ in here.witness.calls if name in {"logged", "ended"}]
        assert names == ["logged", "logged", "ended"]
        assert here.witness.named("logged") == [("s1", "echo hi"), ("s1", "false")]


async def test_slow_listener_delays_the_log_and_not_the_keys():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        here.witness.gate = trio.Event()
        for number in range(30):
            agent.log(f"line {number}")
        await screen.viewer.write(b"x")
        await screen.until_seen(1)
        assert here.witness.named("logged") == []
        here.witness.gate.set()
        assert len(await here.witness.until("logged", 30)) == 30
