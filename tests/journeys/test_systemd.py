"""The one-line installer where there is systemd: a real one, booted for this, with the unit in all its states."""

import urllib.request
from collections.abc import Iterator

import pytest

from agent import zipapp
from tests import processes
from tests.bench.measures import settle
from tests.bench.wire import TerminalSocket
from tests.journeys.booted import Machine, booted, why_not
from tests.journeys.waiting import until

UNIT = "fairlead-agent.service"
UNIT_FILE, PROGRAM, STATE = f"/etc/systemd/system/{UNIT}", "/opt/fairlead-agent", "/var/lib/fairlead-agent"
FILES = (UNIT_FILE, PROGRAM, STATE)
GRACE = {"FAIRLEAD_AGENT_GRACE_S": "3s", "FAIRLEAD_OFFLINE_GRACE_S": "1s"}
"""Short, so that a machine whose agent was killed is seen to be away before systemd has started it again."""
MACHINE_DELETED = "6"
_REASON = why_not()

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(_REASON is not None, reason=f"NOT TRIED: the service was not seen under systemd: {_REASON}"),
]


@pytest.fixture(scope="module")
def relay_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = ("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path_factory.mktemp("relay") / "data"))
    with processes.process(*command, env=GRACE) as relay:
        url = processes.ready_url(relay)
        with urllib.request.urlopen(f"{url}/agent.pyz", timeout=15) as answer:
            assert answer.read() == zipapp.build(), "the relay hands out an older agent: run `python hatch_build.py`"
        yield url


@pytest.fixture
def machine() -> Iterator[Machine]:
    with booted() as up:
        yield up


class Installed:
    """One machine of the relay, and the agent that the one-liner put there."""

    def __init__(self, url: str, owner: str, machine: Machine, flags: str = "") -> None:
        self.url, self.machine = url, machine
        self.token = processes.sign_up(url, owner)
        added = processes.ask(url, "/api/machines", {"name": "lathe"}, self.token)["machine"]
        self.agent_id = str(added["agent_id"])
        self.said = self.installer(f"--token {added['registration_token']} {flags}")

    def installer(self, flags: str) -> str:
        """Run the one-liner; gives what it said."""
        return self.machine.run("sh", "-c", f"curl -fsSL {self.url}/install.sh | sh -s -- {flags} 2>&1")

    def wait_for(self, status: str) -> None:
        """Until the relay says so."""
        at = f"/api/machines/{self.agent_id}"
        until(lambda: processes.ask(self.url, at, token=self.token)["machine"]["status"] == status)

    def answer(self, line: str) -> str:
        """What a line typed into a shell of the machine prints."""
        terminal = TerminalSocket(self.url, self.token, self.agent_id)
        output = b""
        try:
            settle(terminal)
            terminal.type(f"printf 'be%s' gin; {line}; printf 'en%s' d\r".encode())
            while b"end" not in output.partition(b"begin")[2]:
                output += terminal.read()
        finally:
            terminal.drop()
        return output.partition(b"begin")[2].partition(b"end")[0].decode().strip()


def test_the_service_from_installation_to_removal(machine: Machine, relay_url: str) -> None:
    lathe = Installed(relay_url, "ada", machine)
    assert f"installed and started {UNIT}" in lathe.said
    assert machine.run("systemctl", "is-enabled", UNIT) == "enabled"
    assert machine.run("systemctl", "is-active", UNIT) == "active"
    assert machine.run("systemctl", "--failed", "--quiet") == ""
    lathe.wait_for("online")
    assert f"/system.slice/{UNIT}" in lathe.answer("cat /proc/self/cgroup")
    assert lathe.answer("grep NoNewPrivs /proc/self/status").split()[-1] == "1", "sudo was not allowed"

    killed = machine.unit(UNIT, "MainPID")
    machine.run("kill", "-9", killed)
    lathe.wait_for("offline")
    lathe.wait_for("online")
    assert machine.unit(UNIT, "NRestarts") == "1"
    assert machine.unit(UNIT, "MainPID") not in (killed, "0")
    assert lathe.answer("echo a'gai'n") == "again"

    machine.run("systemctl", "isolate", "empty.target")
    lathe.wait_for("offline")
    until(lambda: machine.unit(UNIT, "ActiveState") == "inactive")
    assert machine.unit(UNIT, "Result") == "success"
    machine.run("systemctl", "isolate", "multi-user.target")
    lathe.wait_for("online")

    lathe.installer("--uninstall")
    assert machine.unit(UNIT, "LoadState") == "not-found"
    assert [each for each in FILES if machine.has(each)] == []
    assert "agent.pyz" not in machine.run("ps", "-eo", "args")
    assert machine.run("systemctl", "is-system-running") == "running", "nothing is left failed"
    lathe.wait_for("offline")


def test_the_service_of_a_deleted_machine_is_not_started_again(machine: Machine, relay_url: str) -> None:
    machine.run("useradd", "--create-home", "--shell", "/bin/sh", "miller")
    mill = Installed(relay_url, "bob", machine, "--linux-user miller --allow-sudo")
    mill.wait_for("online")
    assert mill.answer("id -un") == "miller"
    assert mill.answer("grep NoNewPrivs /proc/self/status").split()[-1] == "0", "the unit leaves sudo alone"

    processes.ask(relay_url, f"/api/machines/{mill.agent_id}", token=mill.token, method="DELETE")
    until(lambda: machine.unit(UNIT, "ActiveState") == "failed")
    assert machine.unit(UNIT, "ExecMainStatus") == MACHINE_DELETED
    assert machine.unit(UNIT, "NRestarts") == "0"
    assert "run `fairlead-agent uninstall`" in machine.run("journalctl", "--no-pager", "-u", UNIT)
    mill.installer("--uninstall")
    assert machine.run("systemctl", "is-system-running") == "running", "its failure is forgotten with it"


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("curl -fsSL {url}/install.sh | sh -s -- --uninstall", FILES),
        ("python3 /opt/fairlead-agent/agent.pyz uninstall", (UNIT_FILE, STATE)),
    ],
    ids=["installer", "agent"],
)
def test_it_can_be_removed_from_a_shell_that_it_holds(
    line: str, gone: tuple[str, ...], machine: Machine, relay_url: str, request: pytest.FixtureRequest
) -> None:
    lathe = Installed(relay_url, request.node.callspec.id, machine)
    lathe.wait_for("online")
    terminal = TerminalSocket(relay_url, lathe.token, lathe.agent_id)
    try:
        settle(terminal)
        terminal.type(line.format(url=relay_url).encode() + b"\r")
        terminal.read_until(b"ends with it")
        lathe.wait_for("offline")
    finally:
        terminal.drop()
    until(lambda: [each for each in gone if machine.has(each)] == [])
    until(lambda: machine.unit("fairlead-removal.service", "LoadState") == "not-found")
    assert machine.unit(UNIT, "LoadState") == "not-found"
    assert machine.run("systemctl", "is-system-running") == "running"
