"""One agent's connection: proof, hostility, silence, fairness, and what happens when it is lost and comes back."""

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from protocol import frames
from protocol.messages import Exited, Opened
from protocol.messages import encode as encode_message
from protocol.window import WINDOW_BYTES
from relay.terminal.errors import AgentLost, AgentOffline, AgentRejected, OpenRefused, SessionTaken, TooManySessions
from tests.agent_double import AgentDouble
from tests.terminal.house import AGENT, OTHER, Screen, house
from tests.terminal.test_session import noise


async def closing(socket) -> tuple[int | None, str]:
    with trio.fail_after(5):
        while socket.close_code is None:
            await trio.lowlevel.checkpoint()
    return socket.close_code, socket.close_reason


# --- proof


async def test_agent_that_proves_itself_is_connected_until_it_hangs_up():
    async with house() as here:
        agent, socket = await here.connect()
        assert here.hub.is_connected(AGENT)
        facts = here.hub.agent_facts(AGENT)
        assert facts is not None
        assert facts.proof.hostname == "double"
        (beat,) = await here.witness.until("heartbeat")
        assert beat.cpu_percent == 1.5
        await socket.close(1000, "")
        await here.witness.until("disconnected")
        assert not here.hub.is_connected(AGENT)
        with pytest.raises(AgentOffline, match="Machine is offline"):
            await here.open()
        assert agent.welcome is not None
        assert agent.welcome.heartbeat_interval_s == 30


async def test_case_35_wrong_key_is_not_proven():
    async with house() as here:
        here.keys.enrol(AgentDouble(AGENT))
        thief = AgentDouble(AGENT, key=Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
        _, socket = await here.connect(thief, waits=False)
        assert await closing(socket) == (4401, "the agent's signature does not fit its key")
        assert here.witness.calls == []


@pytest.mark.parametrize(
    ("refusal", "code"), [(AgentRejected("unknown agent"), 4401), (AgentRejected("machine deleted", 4404), 4404)]
)
async def test_unwelcome_agents_hear_why(refusal, code):
    async with house() as here:
        here.keys.refused[AGENT] = refusal
        _, socket = await here.connect(AgentDouble(AGENT), waits=False)
        assert await closing(socket) == (code, refusal.text)


@pytest.mark.parametrize("name", ["", "by-id", "0123456789AB", "../../../etc", "0123456789ab\n"])
async def test_names_that_are_no_agent_id_are_unknown(name):
    async with house() as here:
        _, socket = await here.connect(AgentDouble(name), waits=False)
        assert (await closing(socket))[0] == 4401


async def test_caller_that_says_nothing_is_sent_away(autojump_clock: MockClock):
    async with house() as here:
        socket = await here.raw_agent()
        await trio.sleep(11)
        assert (socket.close_code, socket.close_reason) == (4408, "the handshake took too long")


async def test_newer_connection_of_the_same_agent_wins_and_keeps_the_shells():
    async with house() as here:
        agent, first = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        twin = AgentDouble(AGENT, shells=agent.shells)
        await here.connect(twin)
        assert (await closing(first))[0] == 4409
        twin.emit(b"still here")
        assert await screen.until_seen(10) == b"still here"
        assert here.witness.named("disconnected") == []


async def test_silent_agent_is_cut(autojump_clock: MockClock):
    async with house(silence_s=75) as here:
        _, socket = await here.connect()
        await trio.sleep(76)
        assert (socket.close_code, socket.close_reason) == (4408, "no heartbeat for 75 s")


# --- hostility


def control(channel: int, message) -> bytes:
    return frames.encode(frames.ControlFrame(channel=channel, body=encode_message(message)))


def data(channel: int, offset: int, payload: bytes, stream: int = frames.DATA) -> bytes:
    return frames.encode(frames.StreamFrame(channel=channel, stream=stream, offset=offset, payload=payload))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00",
        b"garbage",
        bytes(100_000),
        data(7, 0, b"another channel"),
        data(1, 5, b"a gap"),
        data(1, WINDOW_BYTES - 1, b"too far"),
        data(1, 0, b"wrong stream", frames.STDERR),
        control(9, Exited(code=0)),
        control(1, Opened(shell="again", log_method="bash")),
        frames.encode(frames.CreditFrame(channel=3, stream=frames.DATA, limit=1)),
    ],
)
async def test_case_36_hostile_agent_loses_its_link_and_no_other(message):
    async with house() as here:
        hostile, socket = await here.connect()
        good, _ = await here.connect(AgentDouble(OTHER))
        await here.open("s1")
        spared = await here.open("s2", agent_id=OTHER)
        hostile.send_raw(message)
        code, reason = await closing(socket)
        assert code == 4400
        assert reason
        assert not here.hub.is_connected(AGENT)
        screen = Screen(spared.attach())
        good.emit(b"fine")
        assert await screen.until_seen(4) == b"fine"


async def test_case_36_agent_that_passes_its_credit_is_cut():
    async with house() as here:
        hostile, socket = await here.connect()
        session = await here.open()
        session.attach()
        for turn in range(5):
            hostile.send_raw(data(1, turn * 65536, bytes(65536)))
        assert await closing(socket) == (4400, "stream passes its credit: byte 327680, limit 262144")
        assert session.output.end == WINDOW_BYTES


async def test_case_36_resuming_at_input_nobody_typed_is_refused():
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        await socket.close(1000, "")
        await wait_all_tasks_blocked()
        agent.shell().received += b"never typed"
        await here.connect(agent)
        await wait_all_tasks_blocked()
        assert session.reason is not None
        assert session.reason.code == 4503


async def test_bug_in_a_listener_is_no_end_of_a_link():
    async with house() as here:

        async def broken(agent_id, facts):
            raise ValueError("store on fire")

        here.witness.agent_connected = broken
        await here.connect()
        await here.open()
        assert here.hub.is_connected(AGENT)


# --- opening


async def test_agent_that_refuses_gives_its_reason():
    async with house() as here:
        await here.connect(AgentDouble(AGENT, refuses="no such\x1b[31m user"))
        with pytest.raises(OpenRefused) as refused:
            await here.open()
        assert refused.value.text == "no such [31m user"
        assert here.hub.sessions() == []
        assert here.witness.named("ended") == []


async def test_agent_that_does_not_answer_costs_a_moment(autojump_clock: MockClock):
    async with house() as here:
        await here.connect(AgentDouble(AGENT, answers=False))
        with pytest.raises(OpenRefused, match="did not answer"):
            await here.open()
        assert here.hub.sessions() == []


async def test_agent_that_goes_away_while_opening():
    async with house() as here:
        _, socket = await here.connect(AgentDouble(AGENT, answers=False))
        async with trio.open_nursery() as nursery:

            async def opens() -> None:
                with pytest.raises(AgentLost):
                    await here.open()

            nursery.start_soon(opens)
            await wait_all_tasks_blocked()
            await socket.close(1000, "")
        assert here.hub.sessions() == []


async def test_bounds_on_sessions():
    async with house(max_sessions_per_user=2) as here:
        await here.connect()
        await here.open("s1")
        with pytest.raises(SessionTaken):
            await here.open("s1")
        await here.open("s2")
        with pytest.raises(TooManySessions, match="at most 2"):
            await here.open("s3")
        await here.open("s4", user_id="u2")


async def test_case_42_two_openings_of_one_id_give_one_session():
    async with house() as here:
        await here.connect()
        outcomes = []

        async def opens() -> None:
            try:
                outcomes.append(await here.open("same"))
            except SessionTaken as taken:
                outcomes.append(taken)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(opens)
            nursery.start_soon(opens)
        assert sorted(type(each).__name__ for each in outcomes) == ["Session", "SessionTaken"]


# --- losing the link and coming back


async def test_viewer_sees_the_link_go_and_come_back_and_misses_nothing():
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await screen.viewer.write(b"one")
        await screen.until_seen(3)
        await socket.close(1000, "")
        await screen.until(lambda: screen.links == [False])
        agent.shell().output += b"said while away"
        await screen.viewer.write(b"two")
        session.resize(132, 43)
        await here.connect(agent)
        await screen.until(lambda: screen.links == [False, True])
        assert await screen.until_seen(21) == b"one" + b"said while away" + b"two"
        assert agent.shell().received == b"onetwo"
        assert agent.shell().sizes[-1] == (132, 43)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 60), min_size=1, max_size=5), size=st.integers(1, 600_000))
def test_link_cut_anywhere_delivers_every_byte_once(cuts, size):
    async def run() -> None:
        async with house() as here:
            agent, socket = await here.connect(AgentDouble(AGENT, echoes=False))
            session = await here.open()
            screen = Screen(session.attach())
            down, up = noise(size), noise(size)[::-1]
            agent.emit(down)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(screen.viewer.write, up)
                nursery.start_soon(screen.until_seen, size)
                for steps in cuts:
                    for _ in range(steps):
                        await trio.lowlevel.checkpoint()
                    await socket.close(1000, "")
                    await wait_all_tasks_blocked()
                    _, socket = await here.connect(agent)
            await wait_all_tasks_blocked()
            assert screen.seen == down
            assert agent.shell().received == up
            assert screen.gaps == []

    trio.run(run)


async def test_agent_that_stays_away_ends_its_sessions(autojump_clock: MockClock):
    async with house(grace_s=60) as here:
        _, socket = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await socket.close(1000, "")
        await trio.sleep(59)
        assert session.reason is None
        await trio.sleep(2)
        assert (await screen.until_ended()).code == 4503
        assert len(await here.witness.until("ended")) == 1


async def test_flapping_agent_does_not_stretch_its_grace(autojump_clock: MockClock):
    async with house(grace_s=60) as here:
        _agent, socket = await here.connect()
        session = await here.open()
        await socket.close(1000, "")
        await trio.sleep(61)
        assert session.reason is not None


async def test_returning_agent_without_the_shell_ends_the_session():
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await socket.close(1000, "")
        await wait_all_tasks_blocked()
        agent.keeps_sessions = False
        await here.connect(agent)
        assert (await screen.until_ended()).code == 4503
        assert agent.welcome is not None
        assert agent.welcome.keep_sessions == ()
        assert session.reason is not None


async def test_session_closed_while_its_agent_was_away_is_not_kept():
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        await socket.close(1000, "")
        await wait_all_tasks_blocked()
        session.close("access revoked", 4403)
        await here.witness.until("ended")
        await here.connect(agent)
        assert agent.welcome is not None
        assert agent.welcome.keep_sessions == ()


async def test_leaving_and_returning_gains_an_agent_no_credit():
    async with house() as here:
        agent, socket = await here.connect()
        session = await here.open()
        session.attach()
        agent.emit(noise(20 * WINDOW_BYTES))
        for _ in range(8):
            await wait_all_tasks_blocked()
            await socket.close(1000, "")
            await wait_all_tasks_blocked()
            _, socket = await here.connect(agent)
        await wait_all_tasks_blocked()
        assert (session.output.start, session.output.end) == (0, WINDOW_BYTES)


# --- the writer


async def test_keystroke_waits_one_frame_behind_a_flood_on_another_channel():
    async with house() as here:
        agent, _ = await here.connect(AgentDouble(AGENT, echoes=False))
        flooded, quiet = await here.open("s1"), await here.open("s2")
        order: list[str] = []
        for name in ("s1", "s2"):
            shell = agent.shell(name)
            shell.take = lambda payload, name=name: order.append(name)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(flooded.attach().write, noise(200_000))
            await trio.lowlevel.checkpoint()
            nursery.start_soon(quiet.attach().write, b"x")
        await wait_all_tasks_blocked()
        assert order.index("s2") <= 3
        assert order.count("s1") >= 12


async def test_machine_deleted_ends_link_and_sessions():
    async with house() as here:
        _, socket = await here.connect()
        session = await here.open()
        await here.hub.disconnect_agent(AGENT, 4404, "machine deleted")
        assert await closing(socket) == (4404, "machine deleted")
        assert session.reason is not None
        assert session.reason.code == 4410


async def test_shutdown_ends_everything_with_1001_and_records_it():
    async with house() as here:
        _, socket = await here.connect()
        session = await here.open()
        screen = Screen(session.attach())
        await here.hub.shutdown()
        assert (await screen.until_ended()).code == 1001
        assert (await closing(socket))[0] == 1001
        await here.witness.until("ended")
        await here.witness.until("disconnected")
