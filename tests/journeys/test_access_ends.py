"""What a person may no more ends on the real machine, with real processes, within a second of real time."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests import processes
from tests.bench.measures import settle
from tests.bench.wire import TerminalSocket
from tests.journeys.test_agent_dies import read_to_the_end, running_agent

pytestmark = pytest.mark.journey

LIMIT_S = 1.0
ROOT = {
    "FAIRLEAD_SUPER_ADMIN_USERNAME": "root",
    "FAIRLEAD_SUPER_ADMIN_EMAIL": "root@example.com",
    "FAIRLEAD_SUPER_ADMIN_PASSWORD": processes.PASSWORD,
}


@pytest.fixture(scope="module")
def relay_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = ("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path_factory.mktemp("relay") / "data"))
    with processes.process(*command, env=ROOT) as relay:
        yield processes.ready_url(relay)


def ended(terminal: TerminalSocket, shells: list[psutil.Process], change: Callable[[], object]) -> tuple[int, float]:
    """Close code, and seconds from the change until the socket was closed and every shell was gone."""
    began = time.monotonic()
    change()
    code, _ = read_to_the_end(terminal)
    _, left = psutil.wait_procs(shells, timeout=processes.END_LIMIT_S)
    assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == [], "a shell lives on"
    return code, time.monotonic() - began


@pytest.mark.parametrize("what", ["organization", "person"])
def test_disabling_kills_the_shells_on_the_machine(relay_url: str, tmp_path: Path, what: str) -> None:
    admin = processes.sign_up(relay_url, f"{what}-admin")
    root = processes.sign_in(relay_url, "root@example.com")
    body = {
        "username": f"{what}-bob", "email": f"{what}-bob@example.com", "password": processes.PASSWORD,
        "first_name": "B", "last_name": "B", "role": "company_admin",
    }  # fmt: skip
    bob = processes.ask(relay_url, "/api/users", body, token=admin)["user"]
    token = processes.sign_in(relay_url, bob["email"])
    state, log = tmp_path / "agent", tmp_path / "agent.log"
    agent_id = processes.enrol(relay_url, admin, "lathe", state)
    path = f"/api/users/{bob['id']}" if what == "person" else f"/api/admin/organizations/{what}-admin"
    with running_agent(state, relay_url, admin, agent_id, log) as agent:
        terminal = TerminalSocket(relay_url, token, agent_id)
        settle(terminal)
        shells = psutil.Process(agent.pid).children(recursive=True)
        assert shells
        code, seconds = ended(
            terminal, shells, lambda: processes.ask(relay_url, path, {"enabled": False}, token=root, method="PUT")
        )
        assert code == 4401
        assert seconds < LIMIT_S
