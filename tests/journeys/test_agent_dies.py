"""The end of an agent: killed under a shell, it leaves a true record and comes back; deleted, it stops for good."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests import processes
from tests.bench.measures import settle
from tests.bench.wire import Closed, TerminalSocket
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

AGENT_LOST = 4503
MACHINE_DELETED = 6
"""The agent's exit code, after which systemd does not start it again."""
GRACE = {"FAIRLEAD_AGENT_GRACE_S": "3s", "FAIRLEAD_OFFLINE_GRACE_S": "1s"}
"""Short, so that the end of the grace can be seen; a link lost for less must not show at all."""


@contextmanager
def running_agent(state: Path, url: str, token: str, agent_id: str, log: Path) -> Iterator["subprocess.Popen[str]"]:
    """An agent that has a proven link."""
    connections = log.read_text().count(" connected ") if log.exists() else 0
    with processes.process("agent", "run", "--state", str(state), log=log) as agent:
        until(lambda: log.read_text().count(" connected ") > connections)
        processes.wait_until_online(url, token, agent_id)
        yield agent


def read_to_the_end(terminal: TerminalSocket) -> tuple[int, str]:
    """Code and reason of the end."""
    try:
        while True:
            terminal.read()
    except Closed as closed:
        code, reason = closed.args
        return code, reason
    finally:
        terminal.drop()


@pytest.fixture(scope="module")
def relay_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = ("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path_factory.mktemp("relay") / "data"))
    with processes.process(*command, env=GRACE) as relay:
        yield processes.ready_url(relay)


def test_a_killed_agent_ends_its_sessions_and_comes_back(relay_url: str, tmp_path: Path) -> None:
    token = processes.sign_up(relay_url, "ada")
    state, log = tmp_path / "agent", tmp_path / "agent.log"
    agent_id = processes.enrol(relay_url, token, "lathe", state)
    at = f"/api/machines/{agent_id}"
    with running_agent(state, relay_url, token, agent_id, log) as agent:
        terminal = TerminalSocket(relay_url, token, agent_id)
        settle(terminal)
        terminal.type(b"false\r")
        until(lambda: processes.ask(relay_url, f"{at}/logs", token=token)["total"] == 2)
        shells = psutil.Process(agent.pid).children()
        agent.kill()
        _, left = psutil.wait_procs(shells, timeout=processes.END_LIMIT_S)
        assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == [], "its shells hang up with it"
        code, reason = read_to_the_end(terminal)
        assert (code, reason) == (AGENT_LOST, "agent lost")

    (session,) = processes.ask(relay_url, f"{at}/sessions", token=token)["sessions"]
    assert (session["status"], session["close_reason"], session["command_count"]) == ("closed", "agent lost", 2)
    assert processes.ask(relay_url, at, token=token)["machine"]["status"] == "offline"
    logs = processes.ask(relay_url, f"{at}/logs", token=token)["logs"]
    assert {(each["command"], each["exit_code"]) for each in logs} >= {("false", 1)}

    with running_agent(state, relay_url, token, agent_id, log):
        again = TerminalSocket(relay_url, token, agent_id)
        settle(again)
        again.close()


def test_the_agent_of_a_deleted_machine_stops_for_good(relay_url: str, tmp_path: Path) -> None:
    token = processes.sign_up(relay_url, "bob")
    state, log = tmp_path / "agent", tmp_path / "agent.log"
    agent_id = processes.enrol(relay_url, token, "mill", state)
    with running_agent(state, relay_url, token, agent_id, log) as agent:
        processes.ask(relay_url, f"/api/machines/{agent_id}", token=token, method="DELETE")
        assert agent.wait(processes.END_LIMIT_S) == MACHINE_DELETED
    last = log.read_text().splitlines()[-1]
    assert last.startswith("fairlead-agent: the relay no longer knows this machine: run `fairlead-agent uninstall`")
    assert "Traceback" not in log.read_text()
