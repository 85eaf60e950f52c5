"""The product as its users start it: relay and agent as processes of their own, on ports of the system's choosing."""

import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

START_LIMIT_S = 30.0
END_LIMIT_S = 15.0
PASSWORD = "correct horse battery staple"
_newcomers = count(1)


def python(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our programs with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def process(
    module: str, *arguments: str, log: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run one of our programs; on the way out it is asked to end, and killed when it does not."""
    with open(log or os.devnull, "a") as errors:
        started = subprocess.Popen(
            python(module, *arguments),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | dict(env or {}),
        )
        try:
            yield started
        finally:
            end(started)


def end(started: subprocess.Popen[str]) -> int:
    """SIGTERM, then SIGKILL when patience ends; returns the exit code."""
    started.terminate()
    try:
        started.communicate(timeout=END_LIMIT_S)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()
    return started.returncode


def ready_url(relay: subprocess.Popen[str]) -> str:
    """The URL of the relay's `ready` line."""
    assert relay.stdout
    ready, _, _ = select.select([relay.stdout], [], [], START_LIMIT_S)
    line = relay.stdout.readline() if ready else ""
    if not line.startswith("ready "):
        raise RuntimeError(f"the relay did not start: {line!r}")
    return line.split()[1]


@contextmanager
def relay_process(
    data: Path,
    *arguments: str,
    listen: str = "127.0.0.1:0",
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """A relay that serves; gives its URL."""
    with process("relay", "relay", "--listen", listen, "--data", str(data), *arguments, log=log, env=env) as relay:
        yield ready_url(relay)


def ask(
    url: str, path: str, body: Mapping[str, Any] | None = None, token: str = "", method: str = "", address: str = ""
) -> dict[str, Any]:
    """One JSON request: POST when there is a body, else GET. Raises urllib.error.HTTPError for a refusal.

    `address` is where it comes from, as a proxy would say it.
    """
    headers = {"content-type": "application/json"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"x-forwarded-for": address} if address else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, headers=headers, method=method or None)
    with urllib.request.urlopen(request, timeout=15) as answer:
        return dict(json.load(answer))


def sign_up(url: str, name: str) -> str:
    """A new organization `name` with an admin of the same name; gives the admin's token.

    Each comes from an address of its own, for relays that trust us as a proxy: one address may sign up ten an hour.
    """
    email = f"{name}@example.com"
    account = {"username": name, "email": email, "password": PASSWORD, "first_name": name, "last_name": "Admin"}
    number = next(_newcomers)
    whole = account | {"organization_name": name, "company_name": name.title()}
    ask(url, "/api/auth/signup", whole, address=f"10.0.{number >> 8}.{number & 255}")
    return sign_in(url, email)


def sign_in(url: str, email: str, password: str = PASSWORD) -> str:
    """The token of an existing account."""
    return str(ask(url, "/api/auth/login", {"email": email, "password": password})["token"])


def enrol(url: str, token: str, name: str, state: Path) -> str:
    """Create machine `name` and enrol an agent for it in `state`; gives its agent_id."""
    machine = ask(url, "/api/machines", {"name": name}, token)["machine"]
    subprocess.run(
        python("agent", "enroll", "--server", url, "--state", str(state)),
        env=os.environ | {"FAIRLEAD_TOKEN": machine["registration_token"]},
        check=True, timeout=START_LIMIT_S, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return str(machine["agent_id"])


def wait_until_online(url: str, token: str, agent_id: str) -> None:
    """Ask until the machine is online: the agent is another process, there is nothing of ours to wait on."""
    end_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end_s:
        if ask(url, f"/api/machines/{agent_id}", token=token)["machine"]["status"] == "online":
            return
        time.sleep(0.05)
    raise RuntimeError("the agent did not come online")
