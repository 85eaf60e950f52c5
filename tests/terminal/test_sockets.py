"""The doors over real sockets: every dialect, and everybody who may not come in."""

import json

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from relay.config import Config
from relay.domain.errors import Conflict, TooMany, Unavailable
from relay.store.errors import StoreFull
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
            async with open_terminal(here.url, agent_id, token, dialect="plain"):
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
            async with open_terminal(here.url, AGENT, ADA, dialect="plain"):
                pass
        assert refused.value.status == status
        assert "secret" not in refused.value.body["error"]
        assert refused.value.headers.get("retry-after") == ("5" if status == 429 else None)


async def test_offline_machine_is_503():
    async with doors() as here:
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.url, AGENT, ADA, dialect="plain"):
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
