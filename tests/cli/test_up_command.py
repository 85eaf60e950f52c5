"""`fairlead up` as a process: first start, second start, Ctrl-C, and a kill -9 that leaves the agent behind."""

import re
import signal
import subprocess
from pathlib import Path

import psutil

from tests.processes import END_LIMIT_S, ask, process, ready_url


def _lines_until_ready(up: subprocess.Popen[str]) -> list[str]:
    lines = []
    assert up.stdout
    for line in up.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("ready "):
            return lines
    raise AssertionError(f"never ready: {lines}")


def _end(up: subprocess.Popen[str]) -> int:
    """Ctrl-C; how many processes ended with it."""
    children = psutil.Process(up.pid).children(recursive=True)
    up.send_signal(signal.SIGINT)
    rest, _ = up.communicate(timeout=2 * END_LIMIT_S)
    assert up.returncode == 0, rest
    _, alive = psutil.wait_procs(children, timeout=END_LIMIT_S)
    assert alive == []
    return len(children)


def test_first_start_second_start_and_the_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = ("relay", "up", "--data", str(data), "--listen", "127.0.0.1:0")
    with process(*command) as up:
        lines = _lines_until_ready(up)
        text = "\n".join(lines)
        passwords = dict(re.findall(r"user (\S+)   password (\S+)", text))
        assert set(passwords) == {"superadmin", "admin"}
        url = lines[-1].split()[1]
        login = ask(url, "/api/auth/login", {"username": "admin", "password": passwords["admin"]})
        assert login["user"]["role"] == "company_admin"
        assert login["must_reset_password"] is True
        assert login["password_change_required"] is True
        change = {"current_password": passwords["admin"], "new_password": "correct horse"}
        ask(url, "/api/profile/reset-password", change, login["token"])
        (machine,) = ask(url, "/api/machines", token=login["token"])["machines"]
        assert machine["agent_version"], "it is enrolled"
        boss = ask(url, "/api/auth/login", {"username": "superadmin", "password": passwords["superadmin"]})
        assert boss["user"]["role"] == "super_admin"
        assert boss["password_change_required"] is True
        assert _end(up) == 1, "the agent"
    with process(*command) as up:
        again = "\n".join(_lines_until_ready(up))
        assert "password" not in again
        assert "enrolling" not in again
        assert _end(up) == 1, "the agent"


def test_an_agent_left_by_a_killed_start_makes_room_for_the_next(tmp_path: Path) -> None:
    command = ("relay", "up", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0")
    with process(*command) as up:
        _lines_until_ready(up)
        (leftover,) = psutil.Process(up.pid).children()
        up.kill()
    assert leftover.is_running()
    with process(*command) as up:
        assert "ended an agent that an earlier start had left running" in _lines_until_ready(up)
        assert not leftover.is_running() or leftover.status() == psutil.STATUS_ZOMBIE
        (agent,) = psutil.Process(up.pid).children()
        assert agent.is_running()
        assert _end(up) == 1, "the agent"


def test_a_directory_with_its_own_organizations_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with process("relay", "relay", "--data", str(data), "--listen", "127.0.0.1:0") as relay:
        url = ready_url(relay)
        body = {"username": "ada", "email": "ada@example.org", "password": "correct horse", "first_name": "A",
                "last_name": "L", "organization_name": "Org", "company_name": "Org"}  # fmt: skip
        ask(url, "/api/auth/signup", body)
    with process("relay", "up", "--data", str(data), "--listen", "127.0.0.1:0") as up:
        text = "\n".join(_lines_until_ready(up))
        assert "organizations of its own" in text
        assert "password" not in text
        assert _end(up) == 0
    assert not (data / "agent").exists()
