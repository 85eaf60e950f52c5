"""The relay is killed under a person's eyes: what the screen showed stays, and it says where the new shell begins."""

import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import processes
from tests.journeys.person import Person

pytestmark = pytest.mark.journey

SEPARATOR = "The earlier shell is gone; this is a new one."


@pytest.mark.parametrize("leave", ["echo la''st", "printf '\\033[?1049h\\033[5;5Hfull screen la''st'"])
def test_the_new_shell_begins_below_what_the_old_one_showed(browser: Browser, tmp_path: Path, leave: str) -> None:
    data, state = tmp_path / "data", tmp_path / "agent"
    with processes.process("relay", "relay", "--data", str(data), "--listen", "127.0.0.1:0") as relay:
        url = processes.ready_url(relay)
        token = processes.sign_up(url, "ada")
        agent_id = processes.enrol(url, token, "lathe", state)
        with processes.process("agent", "run", "--state", str(state), log=tmp_path / "agent.log"):
            processes.wait_until_online(url, token, agent_id)
            ada = Person(browser, url)
            ada.sign_in("ada@example.com")
            ada.connect("lathe")
            ada.run("echo ear''lier", until="earlier")
            ada.run(leave, until="last")
            relay.send_signal(signal.SIGKILL)
            relay.wait(processes.END_LIMIT_S)
            ada.wait_for_state("waiting")
            with processes.relay_process(data, listen=url.removeprefix("http://")):
                ada.wait_for_text(SEPARATOR)
                ada.run("echo ne''wer", until="newer")
                text = ada.page.evaluate("window.__fairleadTerminal().text()")
                kept, _, after = text.partition(SEPARATOR)
                shown = kept.splitlines()
                assert [each for each in shown if each in {"ready-now", "earlier"}] == ["ready-now", "earlier"]
                assert "newer" in after
            ada.context.close()
