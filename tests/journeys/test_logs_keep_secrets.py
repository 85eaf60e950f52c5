"""What must never be written down: a session with every kind of secret in it, then a search of all that was written."""

import subprocess
import urllib.error
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import processes
from tests.bench.measures import settle
from tests.bench.wire import TerminalSocket
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey

TYPED_UNSEEN = "typed-while-echo-is-off"
TYPED_SEEN = "typed-and-echoed"
PRINTED = "printed-by-a-program"
SENT = "sent-as-a-command"
WRONG_PASSWORD = "wrong-password-once"


def test_neither_logs_nor_data_hold_a_secret(tmp_path: Path) -> None:
    relay = ("relay", "relay", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--log-level", "debug")
    with processes.process(*relay, log=tmp_path / "relay.log") as running:
        secrets = use_everything(processes.ready_url(running), tmp_path)
    logs = {name: (tmp_path / name).read_bytes() for name in ("relay.log", "enrol.log", "agent.log")}
    assert [name for name, text in logs.items() if not text] == [], "there is nothing to search"
    private = {"typed": TYPED_SEEN, "printed": PRINTED, "sent": SENT}
    assert found(secrets | private, logs) == []
    data = {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert found(private, data) != [], "the command log is in there"
    assert found(secrets, data) == []


def found(secrets: Mapping[str, str], files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Which secret stands in which file."""
    return [(what, name) for what, text in secrets.items() for name, held in files.items() if text.encode() in held]


def use_everything(url: str, home: Path) -> dict[str, str]:
    """Sign up, in, enrol, type, send a command, refresh; the secrets by what they are."""
    token = processes.sign_up(url, "ada")
    with pytest.raises(urllib.error.HTTPError):
        processes.sign_in(url, "ada@example.com", WRONG_PASSWORD)
    machine = processes.ask(url, "/api/machines", {"name": "lathe"}, token)["machine"]
    enrol(url, machine["registration_token"], home)
    use_machine(url, token, f"/api/machines/{machine['agent_id']}", home)
    fresh = str(processes.ask(url, "/api/auth/refresh", {}, token)["token"])
    with pytest.raises(urllib.error.HTTPError):
        processes.ask(url, f"/api/users/me?token={fresh}x")
    return {
        "password": processes.PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "token": token,
        "refreshed token": fresh,
        "enrolment token": machine["registration_token"],
        "agent's key": (home / "agent" / "agent.key").read_text().strip(),
        "typed while echo is off": TYPED_UNSEEN,
    }


def enrol(url: str, token: str, home: Path) -> None:
    command = processes.python("agent", "enroll", "--server", url, "--token", "-", "--state", str(home / "agent"))
    with open(home / "enrol.log", "w") as log:
        subprocess.run(command, input=token + "\n", text=True, stdout=log, stderr=log, check=True, timeout=30)


def use_machine(url: str, token: str, at: str, home: Path) -> None:
    agent_id = at.rpartition("/")[2]
    with processes.process("agent", "run", "--state", str(home / "agent"), log=home / "agent.log"):
        processes.wait_until_online(url, token, agent_id)
        terminal = TerminalSocket(url, token, agent_id)
        settle(terminal)
        terminal.type(b"printf 'now%s' -unseen; read -rs unseen; printf 'un%s\\n' seen-${#unseen}\r")
        terminal.read_until(b"now-unseen")
        terminal.type(TYPED_UNSEEN.encode() + b"\r")
        terminal.read_until(f"unseen-{len(TYPED_UNSEEN)}".encode())
        halves = PRINTED[:7], PRINTED[7:]
        terminal.type(f": {TYPED_SEEN}; printf '{halves[0]}%s\\n' '{halves[1]}'\r".encode())
        terminal.read_until(PRINTED.encode())
        processes.ask(url, f"{at}/command", {"command": f"echo {SENT}", "wait": True}, token)
        until(lambda: TYPED_SEEN in str(processes.ask(url, f"{at}/logs", token=token)))
        terminal.close()
