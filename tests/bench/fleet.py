"""One real relay and one real agent as processes of their own, on a port of the system's choosing."""

import json
import os
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_LIMIT_S = 30.0
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Where the relay is, who may ask it, which agent serves."""

    url: str
    token: str
    agent_id: str
    relay_pid: int
    agent_pid: int


def ask(url: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    """One JSON request: POST when there is a body, else GET. Raises urllib.error.HTTPError for a refusal."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


@contextmanager
def running_fleet(directory: Path) -> Iterator[Fleet]:
    """Start relay and agent in `directory`, wait until the machine is online; both are ended on the way out."""
    with ExitStack() as stack:
        relay = stack.enter_context(
            _process("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(directory / "data"))
        )
        url = _ready_url(relay)
        token = _sign_up(url)
        machine = ask(url, "/api/machines", {"name": "bench"}, token)["machine"]
        state = str(directory / "agent")
        enrolment = {"FAIRLEAD_TOKEN": machine["registration_token"]}
        subprocess.run(
            _python("agent", "enroll", "--server", url, "--state", state),
            env=os.environ | enrolment, check=True, timeout=START_LIMIT_S, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        agent = stack.enter_context(_process("agent", "run", "--state", state))
        _wait_online(url, token, machine["agent_id"])
        yield Fleet(url=url, token=token, agent_id=machine["agent_id"], relay_pid=relay.pid, agent_pid=agent.pid)


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        _python(module, *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready_url(relay: subprocess.Popen[str]) -> str:
    assert relay.stdout
    ready, _, _ = select.select([relay.stdout], [], [], START_LIMIT_S)
    line = relay.stdout.readline() if ready else ""
    if not line.startswith("ready "):
        raise RuntimeError(f"the relay did not start: {line!r}")
    return line.split()[1]


def _sign_up(url: str) -> str:
    account = {
        "username": "bench", "email": "bench@example.com", "password": PASSWORD, "first_name": "B", "last_name": "B",
        "organization_name": "bench", "company_name": "Bench",
    }  # fmt: skip
    ask(url, "/api/auth/signup", account)
    return str(ask(url, "/api/auth/login", {"email": account["email"], "password": PASSWORD})["token"])


def _wait_online(url: str, token: str, agent_id: str) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if ask(url, f"/api/machines/{agent_id}", token=token)["machine"]["status"] == "online":
            return
        time.sleep(0.05)
    raise RuntimeError("the agent did not come online")
