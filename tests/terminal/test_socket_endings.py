"""The doors over real sockets: how conversations end, how they are taken up again, and how connections die."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from trio_websocket import ConnectionClosed

from protocol.window import WINDOW_BYTES
from tests.agent_double import AgentDouble
from tests.terminal.doors import doors
from tests.terminal.house import AGENT
from tests.terminal.test_session import noise
from tests.terminal_driver import Refused, open_socket, open_terminal

ADA = "ada-token"
UMLAUTS = "Größe 日本 🚢 "


# --- how it ends


async def test_message_beyond_1_mib_closes_with_1009():
    async with doors() as here, here.agent(), open_terminal(here.url, AGENT, ADA, dialect="raw") as term:
        await term.socket.send_message(bytes(1024 * 1024 + 1))
        code, _ = await term.until_closed()
        assert code == 1009


async def test_text_is_measured_in_bytes():
    async with doors() as here, here.agent(), open_terminal(here.url, AGENT, ADA, dialect="raw") as term:
        await term.socket.send_message("é" * (600 * 1024))
        assert await term.until_closed() == (1009, "a message has at most 1048576 bytes")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "neither"),
        (b"\x09", "neither"),
        (b"\x02\x00", "neither"),
        ("plain text", "text frames carry JSON"),
        (b"\x02" + (5).to_bytes(8, "big") + b"x", "input jumps from byte 0 to 5"),
        (b"\x04\x03" + (5).to_bytes(8, "big"), "neither"),
        (b"\x02" + bytes(8) + bytes(300_000), "input passes its credit"),
    ],
)
async def test_v1_that_breaks_its_rules_is_closed_and_its_shell_kept(frame, reason):
    async with doors() as here, here.agent():
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            await term.socket.send_message(frame)
            code, text = await term.until_closed()
            assert code == 4400
            assert reason in text
        assert here.hub.find_session("s1") is not None


async def test_unknown_messages_are_answered_and_forgiven():
    async with doors() as here, here.agent(), open_terminal(here.url, AGENT, ADA) as term:
        await term.say(type="dance")
        assert (await term.until_message("error"))["error"] == "unknown message type"


async def test_person_ends_the_shell():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA) as term:
        await term.say(type="close")
        assert await term.until_closed() == (1000, "closed by its user")
        assert term.message("exit") == {"type": "exit", "code": None, "reason": "closed by its user"}
        await here.witness.until("ended")
        assert agent.shell().hung_up == "closed by its user"


@pytest.mark.parametrize("dialect", ["v1", "raw", "json", "binary"])
async def test_case_04_lost_right_cuts_within_a_second_also_one_who_does_not_read(dialect):
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, session_id="s1", dialect=dialect, grants=False) as term,
    ):
        while not agent.shells:
            await trio.lowlevel.checkpoint()
        agent.emit(noise(2 * 1024 * 1024))
        await term.until_bytes(10_000)
        session = here.hub.find_session("s1")
        assert session is not None
        began = trio.current_time()
        session.close("access revoked", 4403)
        while session.viewer is not None:
            await trio.lowlevel.checkpoint()
        assert trio.current_time() - began < 1.0
        try:
            code, reason = await term.until_closed()
        except trio.TooSlowError:
            raise AssertionError("the socket stayed open") from None
        assert (code, reason) in {(4403, "access revoked"), (1006, "")}


async def test_case_41_viewer_that_never_reads_stops_the_shell():
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, session_id="s1", dialect="raw"),
    ):
        while not agent.shells:
            await trio.lowlevel.checkpoint()
        agent.emit(b"x" * 32 * 1024 * 1024)
        shell, sent = agent.shell(), -1
        while sent != shell.sent:
            sent = shell.sent
            with trio.move_on_after(0.3):
                await trio.sleep_forever()
        assert shell.sent < 24 * 1024 * 1024
        session = here.hub.find_session("s1")
        assert session is not None
        assert session.output.end - session.output.start <= 2 * WINDOW_BYTES


async def test_v1_viewer_without_credit_is_sent_its_window_and_no_more():
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, session_id="s1", grants=False) as term,
    ):
        agent.emit(noise(4 * WINDOW_BYTES))
        await term.until_bytes(WINDOW_BYTES)
        await wait_all_tasks_blocked()
        assert agent.shell().sent <= WINDOW_BYTES + WINDOW_BYTES // 4
        for small in range(8):
            await term.grant(WINDOW_BYTES + (small + 1) * 20_000)
        await term.until_bytes(WINDOW_BYTES + 160_000)
        assert term.output == noise(4 * WINDOW_BYTES)[: WINDOW_BYTES + 160_000]


async def test_three_drops_in_mid_output_lose_and_repeat_nothing():
    async with doors() as here, here.agent() as agent:
        stream, seen, sent = noise(900_000), b"", 0
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            agent.emit(stream)
            seen += await term.until_bytes(100_000)
            await term.type("abc")
            await term.until_bytes(200_000)
            seen, sent = bytes(term.output), term.sent_to
            await term.drop()
        for drop in range(3):
            at = len(seen)
            async with open_terminal(here.url, AGENT, ADA, session_id="s1", resume=1, from_=at) as term:
                assert term.session["resumed"]
                assert (term.session["output_offset"], term.session["input_offset"]) == (at, sent)
                await term.type("def")
                sent = term.sent_to
                await term.until_bytes(200_000 if drop < 2 else 900_000 + 12 - at)
                seen += bytes(term.output)
        assert seen.startswith(stream)
        assert agent.shell().received == b"abcdefdefdef"


async def test_keystrokes_sent_twice_are_typed_once():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA) as term:
        await term.type("abc")
        await term.socket.send_message(b"\x02" + (1).to_bytes(8, "big") + b"bcd")
        await term.until_text("abcd")
        assert agent.shell().received == b"abcd"


async def test_gap_is_said():
    async with doors() as here, here.agent() as agent:
        stream = noise(4 * WINDOW_BYTES)
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            agent.emit(stream)
            await term.until_bytes(len(stream))
        async with open_terminal(here.url, AGENT, ADA, session_id="s1", resume=1, from_=5) as term:
            gap = await term.until_message("gap")
            assert (gap["from"], gap["to"]) == (5, 3 * WINDOW_BYTES)
            assert await term.until_bytes(WINDOW_BYTES) == stream[-WINDOW_BYTES:]


async def test_second_window_takes_over():
    async with (
        doors() as here,
        here.agent(),
        open_terminal(here.url, AGENT, ADA, session_id="s1") as first,
        open_terminal(here.url, AGENT, ADA, session_id="s1", resume=1) as second,
    ):
        assert await first.until_closed() == (1000, "taken over")
        assert not any(each["type"] == "exit" for each in first.messages)
        await second.type("mine")
        await second.until_text("mine")


async def test_agents_link_is_shown_lost_and_back():
    agent = AgentDouble(AGENT)
    async with doors() as here, here.wire(agent) as wire, open_terminal(here.url, AGENT, ADA) as term:
        wire.abort()
        assert (await term.until_message("link"))["state"] == "lost"
        async with here.agent(agent):
            await term.until(lambda: term.message("link")["state"] == "back")
            await term.type("again")
            await term.until_text("again")


async def test_shutdown_says_1001_to_everybody():
    async with doors() as here:
        agent = AgentDouble(AGENT)
        async with here.wire(agent) as wire, open_terminal(here.url, AGENT, ADA) as term:
            here.draining.set()
            assert (await term.until_closed())[0] == 1001
            while wire.closed is None:
                await trio.lowlevel.checkpoint()
            assert wire.closed[0] == 1001


# --- the agent's own socket


async def test_agents_socket_wants_its_subprotocol():
    async with doors() as here:
        with pytest.raises(Refused) as refused:
            async with open_socket(f"{here.url}/api/agent/ws", subprotocols=[], headers={}):
                pass
        assert refused.value.status == 400


@pytest.mark.parametrize(("message", "code"), [(bytes(70_000), 1009), ("text", 4400), (b"\x07\x00\x00\x00\x00", 4400)])
async def test_case_36_unproven_agents_are_cut_at_the_first_wrong_message(message, code):
    async with (
        doors() as here,
        open_socket(f"{here.url}/api/agent/ws", subprotocols=["fairlead.agent.v1"], headers={}) as socket,
    ):
        await socket.send_message(message)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.get_message()
        assert closed.value.reason.code == code


# --- connections that die


async def test_dropped_connection_is_gone_at_once():
    async with doors() as here, here.agent():
        async with open_terminal(here.url, AGENT, ADA, session_id="s1"):
            assert here.server.connection_count == 2
        with trio.fail_after(2):
            while here.server.connection_count > 1:
                await trio.lowlevel.checkpoint()
        session = here.hub.find_session("s1")
        assert session is not None
        assert session.viewer is None


async def test_peer_that_answers_no_ping_is_cut_off(monkeypatch):
    async with doors() as here, here.agent():
        vars(here.server)["_config"].websocket_ping_interval = 0.05
        monkeypatch.setattr("trio_websocket.WebSocketConnection._handle_ping_event", _ignore)
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            assert await term.until_closed() == (1006, "")


async def _ignore(self, event) -> None:
    """A peer that is there and says nothing."""


async def test_peer_that_answers_pings_stays():
    async with doors() as here, here.agent() as agent:
        vars(here.server)["_config"].websocket_ping_interval = 0.02
        async with open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
            with trio.move_on_after(0.3):
                await term.step()
            agent.emit(b"still here")
            await term.until_text("still here")


async def test_connection_with_messages_nobody_takes_is_gone_when_its_session_is():
    async with doors() as here, here.agent() as agent:
        agent._link.consume_to = lambda *_: None
        async with open_terminal(here.url, AGENT, ADA, session_id="s1", dialect="raw") as term:
            with trio.move_on_after(0.5):
                while True:
                    await term.socket.send_message(bytes(200_000))
            await term.drop()
        session = here.hub.find_session("s1")
        assert session is not None
        assert session.input_offset <= 2 * WINDOW_BYTES
        session.close("terminated", 4410)
        with trio.fail_after(3):
            while here.server.connection_count > 1:
                await trio.lowlevel.checkpoint()
