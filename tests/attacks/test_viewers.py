"""Attack case 29: at most one connection drives a session; who has been replaced, or only looks, moves nothing."""

import pytest
import trio
from trio_websocket import ConnectionClosed

from tests.drivers import open_terminal, running_relay


@pytest.mark.parametrize("dialect", ["v1", "raw", "json", "binary"])
async def test_case_29_no_byte_of_a_replaced_viewer_reaches_the_shell(tmp_path, dialect):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        async with here.agent(ada, "web-1") as agent:
            url = here.running.url
            async with open_terminal(url, agent.agent_id, ada.token, session_id="s1", dialect=dialect) as first:
                await first.type("first ") if dialect != "json" else await first.say(type="input", input="first ")
                await first.until_text("first")
                async with open_terminal(url, agent.agent_id, ada.token, session_id="s1", resume="1") as second:
                    for attempt in ("typed", b"\x00bytes", '{"type":"resize","cols":1,"rows":1}', "\x1b[200~paste"):
                        try:
                            await first.socket.send_message(attempt)
                        except (ConnectionClosed, trio.BrokenResourceError):
                            break
                    assert (await first.until_closed())[0] in {1000, 1006}, "taken over"
                    await second.type("second")
                    await second.until_text("second")
                    assert agent.shell("s1").received == b"first second"
                    assert agent.shell("s1").sizes[-1] != (1, 1)


async def test_case_29_reading_what_was_done_writes_nothing(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        async with (
            here.agent(ada, "web-1") as agent,
            open_terminal(here.running.url, agent.agent_id, ada.token, session_id="s1") as shell,
        ):
            agent.emit(b"\x1b[6n\x1b[c\x1bP+q544e\x1b\\")
            await shell.until_text("\x1b[c")
            for path in ("/api/sessions/s1", f"/api/machines/{agent.agent_id}/sessions", "/api/terminal/sessions"):
                assert (await ada.get(path)).status == 200
            assert agent.shell("s1").received == b"", "the relay answers no query of the machine's"
