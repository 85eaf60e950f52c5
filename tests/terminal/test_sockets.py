"""The doors over real sockets: every dialect, every refusal, every close code."""

import json

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from trio_websocket import ConnectionClosed

from protocol.window import WINDOW_BYTES
from relay.config import Config
from relay.domain.errors import Conflict, TooMany, Unavailable
from relay.store.errors import StoreFull
from tests.agent_double import AgentDouble
from tests.terminal.doors import doors
from tests.terminal.house import AGENT
from tests.terminal.test_session import noise
from tests.terminal_driver import Refused, open_socket, open_terminal

ADA = "ada-token"
UMLAUTS = "Größe 日本 🚢 "


# --- dialects


async def test_v1_says_where_it_stands_and_echoes_every_byte():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA, session_id="s1") as term:
        assert term.session == {
            "type": "session", "session_id": "s1", "agent_id": AGENT, "machine_name": "web-1",
            "cols": 80, "rows": 24, "resumed": False, "output_offset": 0, "input_offset": 0,
        }  # fmt: skip
        assert term.socket.subprotocol == "fairlead.v1"
        sent = noise(600_000)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(term.until_bytes, len(sent))
            for start in range(0, len(sent), 50_000):
                while term.may_send_to - term.sent_to < 50_000:
                    await trio.lowlevel.checkpoint()
                await term.type(sent[start : start + 50_000])
        assert term.output == sent
        assert agent.shell().received == sent


async def test_raw_is_text_and_nothing_but_the_output():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA, dialect="plain") as term:
        await term.type("ls -la\n")
        await term.until_text("ls -la\n")
        await term.say(type="ping")
        await term.say(type="resize", cols=120, rows=40)
        await term.say(type="resize", cols="wide", rows=40)
        await term.say(type="input", input="typed\r")
        await term.type('{"type": "unknown"}')
        await term.type("{not json")
        await term.until_text("{not json")
        assert agent.shell().received == b'ls -la\ntyped\r{"type": "unknown"}{not json'
        assert agent.shell().sizes == [(80, 24), (120, 40)]
        agent.end_shell(0)
        assert await term.until_closed() == (1000, "shell exited")
        assert term.messages == []
        assert all(isinstance(each, str) for each in term.frames)


async def test_raw_keeps_characters_whole_whatever_the_chunks():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA, dialect="raw") as term:
        for byte in (UMLAUTS * 3).encode():
            agent.emit(bytes([byte]))
            await wait_all_tasks_blocked()
        agent.emit(b"\xff<\xe6\x97")
        agent.end_shell(0)
        await term.until_closed()
        assert term.text == UMLAUTS * 3 + "\ufffd<\ufffd"


async def test_raw_takes_binary_frames_as_keystrokes():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA, dialect="raw") as term:
        await term.type(b"\x03\x00\xff")
        await term.type("")
        await term.type(b"")
        await term.type("end")
        await term.until_text("end")
        assert agent.shell().received == b"\x03\x00\xffend"


async def test_json_wraps_everything():
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, dialect="json", session_id="s1") as term,
    ):
        assert term.session["session_id"] == "s1"
        assert "output_offset" not in term.session
        await term.say(type="input", data="hi")
        await term.until_text("hi")
        await term.say(type="ping", t=17)
        assert await term.until_message("pong") == {"type": "pong", "t": 17}
        await term.say(type="command", command="uptime")
        started = await term.until_message("command_started")
        assert (started["command"], len(started["command_id"])) == ("uptime", 24)
        await term.until_text("uptime\r")
        await term.say(type="resize", cols=0, rows=5)
        assert "1 to 1000" in (await term.until_message("error"))["error"]
        agent.end_shell(2)
        await term.until_closed()
        assert term.messages[-1] == {"type": "exit", "code": 2, "reason": "shell exited"}
        assert agent.shell().received == b"hiuptime\r"


async def test_json_is_understood_from_the_first_frame():
    async with doors() as here, here.agent(), open_terminal(here.url, AGENT, ADA, dialect="plain") as term:
        await term.say(type="input", input="x")
        assert (await term.until_message("session"))["agent_id"] == AGENT
        await term.until_text("x")
        assert json.loads(term.frames[-1]) == {"type": "output", "output": "x"}


async def test_json_by_subprotocol():
    async with doors() as here, here.agent():
        address = f"{here.url}/api/terminal/{AGENT}/ws?token={ADA}"
        async with open_socket(address, subprotocols=["webxterm.json"], headers={}) as socket:
            assert socket.subprotocol == "webxterm.json"
            assert json.loads(await socket.get_message())["type"] == "session"


async def test_binary_is_bytes_as_they_are():
    async with doors() as here, here.agent() as agent, open_terminal(here.url, AGENT, ADA, dialect="binary") as term:
        agent.emit(bytes(range(256)))
        assert await term.until_bytes(256) == bytes(range(256))
        assert all(isinstance(each, bytes) for each in term.frames)


async def test_size_in_the_query_is_the_shells_first_size():
    async with (
        doors() as here,
        here.agent() as agent,
        open_terminal(here.url, AGENT, ADA, cols=132, rows=43, source="vscode"),
    ):
        assert agent.shell().sizes == [(132, 43)]
        assert here.terminals.asked == [{"source": "vscode", "cols": 132, "rows": 43}]


# --- who may come in


@pytest.mark.parametrize(
    ("token", "agent_id", "status", "error"),
    [
        ("", AGENT, 401, "Authorization header required"),
        ("forged", AGENT, 401, "Invalid or expired token"),
        ("bob-token", AGENT, 403, "Not authorized"),
        (ADA, "000000000000", 404, "Machine not found"),
    ],
)
async def test_case_02_refusals_are_http_before_the_upgrade(token, agent_id, status, error):
    async with doors() as here, here.agent():
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, agent_id, token):
                pass
        assert (refused.value.status, refused.value.body) == (status, {"error": error})


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Unavailable("Machine is offline"), 503),
        (Conflict("Machine is pending"), 409),
        (TooMany("Too many open sessions", 5), 429),
        (StoreFull("disk full"), 503),
        (ZeroDivisionError("secret detail"), 500),
    ],
)
async def test_other_refusals_and_defects(refusal, status):
    async with doors() as here, here.agent():
        here.terminals.refuses = refusal
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, AGENT, ADA):
                pass
        assert refused.value.status == status
        assert "secret" not in refused.value.body["error"]
        assert refused.value.headers.get("retry-after") == ("5" if status == 429 else None)


async def test_offline_machine_is_503():
    async with doors() as here:
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, AGENT, ADA):
                pass
        assert (refused.value.status, refused.value.body["error"]) == (503, "Machine is offline")


@pytest.mark.parametrize("path", ["/api/terminal/ws", "/api/terminal/a/b/ws", "/api/agent/ws/", "/nowhere"])
async def test_unknown_socket_paths_are_404(path):
    async with doors() as here:
        with pytest.raises(Refused) as refused:
            async with open_socket(here.url + path, subprotocols=[], headers={}):
                pass
        assert refused.value.status == 404


@pytest.mark.parametrize(
    "query", [{"cols": "0x10"}, {"cols": 1001}, {"rows": "-1"}, {"from_": "x"}, {"headers": {}, "format": "xml"}]
)
async def test_bad_queries_are_400(query):
    async with doors() as here, here.agent():
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, AGENT, ADA, **({"dialect": "plain"} | query)):
                pass
        assert refused.value.status == 400


@pytest.mark.parametrize("place", ["header", "query", "subprotocol"])
async def test_token_may_stand_in_three_places(place):
    async with doors() as here, here.agent():
        query = f"?token={ADA}" if place == "query" else ""
        headers = {"Authorization": f"Bearer {ADA}"} if place == "header" else {}
        offered = ["bearer", ADA] if place == "subprotocol" else []
        address = f"{here.url}/api/terminal/{AGENT}/ws{query}"
        async with open_socket(address, subprotocols=offered, headers=headers) as socket:
            assert socket.subprotocol == ("bearer" if place == "subprotocol" else None)


# --- origins


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost:1", "https://127.0.0.1", ""],
)
async def test_case_01_pages_from_elsewhere_are_refused(origin):
    async with doors() as here, here.agent():
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, AGENT, ADA, headers={"Origin": origin}):
                pass
        assert (refused.value.status, refused.value.body["error"]) == (403, "Origin not allowed")
        assert here.terminals.asked == []


async def test_case_01_our_own_page_and_configured_ones_come_in():
    config = Config(public_url="https://relay.example", allowed_origins=("https://console.example",))
    async with doors(config=config) as here, here.agent():
        pages = (here.url, "https://relay.example", "https://console.example", "HTTPS://Relay.Example:443")
        for number, origin in enumerate(pages):
            async with open_terminal(here.url, AGENT, ADA, headers={"Origin": origin}, session_id=f"s{number}"):
                pass


async def test_case_01_no_page_at_all_opens_an_agents_socket():
    async with doors() as here:
        with pytest.raises(Refused) as refused:
            async with open_socket(
                f"{here.url}/api/agent/ws", subprotocols=["fairlead.agent.v1"], headers={"Origin": here.url}
            ):
                pass
        assert refused.value.status == 403


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
        agent.emit(noise(8 * 1024 * 1024))
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
        agent.emit(b"x" * 64 * 1024 * 1024)
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
        assert session.input_offset < 400_000
        session.close("terminated", 4410)
        with trio.fail_after(3):
            while here.server.connection_count > 1:
                await trio.lowlevel.checkpoint()
