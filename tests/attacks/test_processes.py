"""Attack cases 34, 37, 38, 43 with relay and agent as processes: what stands in /proc, in files, in a shell."""

import os
import stat
import subprocess
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import processes
from tests.processes import PASSWORD, ask, enrol, process, python, ready_url, sign_up, wait_until_online

pytestmark = pytest.mark.journey
JWT_SECRET = "jwt-secret-of-the-operator-0123456789abcdef"
HOSTILE_ENVIRONMENT = {
    "BASH_ENV": "/tmp/evil-bash-env", "ENV": "/tmp/evil-env", "LD_LIBRARY_PATH": "/tmp/evil", "IFS": "x",
    "FAIRLEAD_TOKEN": "left-over", "PROMPT_COMMAND": "id", "SHELLOPTS": "xtrace", "PS4": "$(id)",
    "LC_ALL": "xx_EVIL", "TERM": "evil;id",
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A relay and an agent that run, and where they keep things."""

    home: Path
    url: str
    token: str
    agent_id: str
    relay: subprocess.Popen[str]
    agent: subprocess.Popen[str]

    def run(self, command: str) -> dict:
        """One command on the machine."""
        body = {"command": command, "wait": True, "timeout": 20}
        return ask(self.url, f"/api/machines/{self.agent_id}/command", body, self.token)


def refusal(url: str, path: str, body: dict, token: str = "") -> int:
    """The status of a request that must be refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, path, body, token)
    refused.value.close()
    return refused.value.code


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("scene")
    relay = ("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(home / "data"))
    with process(*relay, log=home / "relay.log", env={"JWT_SECRET": JWT_SECRET}) as running:
        url = ready_url(running)
        token = sign_up(url, "ada")
        agent_id = enrol(url, token, "lathe", home / "agent")
        with process(
            "agent", "run", "--state", str(home / "agent"), log=home / "agent.log", env=HOSTILE_ENVIRONMENT
        ) as agent:
            wait_until_online(url, token, agent_id)
            yield Scene(home, url, token, agent_id, running, agent)


def test_case_37_no_secret_stands_in_the_process_list(scene: Scene) -> None:
    secrets = [(scene.home / "agent" / "agent.key").read_text().strip(), scene.token, PASSWORD, JWT_SECRET]
    for running in (scene.relay, scene.agent):
        for child in [running.pid, *_children(running.pid)]:
            line = Path(f"/proc/{child}/cmdline").read_text()
            assert [each for each in secrets if each in line] == []
    environment = Path(f"/proc/{scene.agent.pid}/environ").read_text()
    assert [each for each in secrets if each in environment] == []


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_case_37_the_agent_leaves_a_relay_with_another_key(scene: Scene, tmp_path: Path) -> None:
    """An impostor with all of the relay's data but its key: it is not the one that was pinned, and gets no shell."""
    state, data = tmp_path / "agent", tmp_path / "data"
    subprocess.run(["cp", "-r", str(scene.home / "agent"), str(state)], check=True)
    subprocess.run(["cp", "-r", str(scene.home / "data"), str(data)], check=True)
    (data / "keys" / "relay.key").unlink()
    with processes.relay_process(data, log=tmp_path / "relay.log") as url:
        config = next(file for file in state.iterdir() if file.is_file() and scene.url in file.read_text())
        config.write_text(config.read_text().replace(scene.url, url))
        with (
            process("agent", "run", "--state", str(state), log=tmp_path / "agent.log") as agent,
            pytest.raises(subprocess.TimeoutExpired),
        ):
            agent.wait(timeout=4)
    assert "is not the relay this agent was enrolled" in (tmp_path / "agent.log").read_text()


CLEAR = (
    "http://relay.example",
    "ws://relay.example",
    "http://192.0.2.1:80",
    "ftp://x",
    "http://127.0.0.1.evil.example",
)


@pytest.mark.parametrize("server", CLEAR)
def test_case_37_the_agent_speaks_in_clear_to_this_machine_only(tmp_path: Path, server: str) -> None:
    done = subprocess.run(
        python("agent", "enroll", "--server", server, "--token", "-", "--state", str(tmp_path / "agent")),
        input="secret-token\n", text=True, capture_output=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert "secret-token" not in done.stderr
    assert not (tmp_path / "agent" / "agent.key").exists()


def test_case_38_a_command_is_one_argument_whatever_it_begins_with(scene: Scene) -> None:
    marker = scene.home / "pwned"
    for command in ("--version", "-c touch " + str(marker), "-i", "-- touch " + str(marker), "-"):
        answer = scene.run(command)
        assert answer["exit_code"] in {2, 126, 127}, (command, answer)
    assert not marker.exists()


def test_case_38_nothing_of_the_agents_environment_steers_a_command(scene: Scene) -> None:
    answer = scene.run("env; locale 2>&1 | head -1; printf '%s' \"$IFS\" | od -c | head -1")
    names = {line.partition("=")[0] for line in answer["stdout"].splitlines()}
    assert not names & {"BASH_ENV", "ENV", "LD_LIBRARY_PATH", "FAIRLEAD_TOKEN", "PROMPT_COMMAND", "SHELLOPTS", "PS4"}
    assert "evil" not in answer["stdout"].lower(), answer["stdout"]


def test_case_38_names_that_reach_a_shell_are_plain(scene: Scene) -> None:
    for user in ("-rf", "root;id", "$(id)", "../root", "a b", "root\nx", "Root", "x" * 33):
        assert refusal(scene.url, "/api/machines", {"name": "m", "linux_user": user}, scene.token) == 400, user


def test_case_34_the_command_that_installs_holds_nothing_a_person_chose(scene: Scene) -> None:
    for number, name in enumerate(("$(id)", "`id`", "'; id; '", '"; id; "', "a & id", "a | id", "> /etc/passwd")):
        made = ask(scene.url, "/api/machines", {"name": f"{number} {name}"}, scene.token)["machine"]
        assert made["install_command"] == (
            f"curl -fsSL {scene.url}/install.sh | sh -s -- --token {made['registration_token']}"
        )
        assert made["registration_token"].replace("_", "").replace("-", "").isalnum()


def test_case_43_only_the_owner_reads_what_is_kept(scene: Scene) -> None:
    folders = [scene.home / "data", scene.home / "agent"]
    kept = [*folders, *(path for folder in folders for path in folder.rglob("*") if not path.is_socket())]
    modes = {str(path.relative_to(scene.home)): stat.S_IMODE(path.stat().st_mode) for path in kept}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_case_43_there_is_no_account_before_somebody_makes_one(tmp_path: Path) -> None:
    with processes.relay_process(tmp_path / "data") as url:
        for name, password in (("admin", "admin"), ("root", "root"), ("admin", "changeme"), ("fairlead", "fairlead")):
            assert refusal(url, "/api/auth/login", {"username": name, "password": password}) == 401


def test_case_43_a_crash_tells_no_secret(scene: Scene, tmp_path: Path) -> None:
    """A relay that cannot start, and an agent that cannot: the reason, and nothing of what they were given."""
    secret = {"JWT_SECRET": "short-secret", "SMTP_PASSWORD": "smtp-secret", "METRICS_TOKEN": "metrics-secret-x" * 2}
    done = subprocess.run(
        python("relay", "relay", "--listen", "256.0.0.1:0", "--data", str(tmp_path / "data")),
        env=os.environ | secret, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert [each for each in secret.values() if each in done.stdout + done.stderr] == []
