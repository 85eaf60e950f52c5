"""A relay double, an enrolled state directory, and an agent running in the test's own nursery."""

import pwd
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from agent import workload
from agent.config import StateDirectory
from agent.enrolment import EnrolmentRequest, enroll
from agent.login import LoginUser
from agent.runner import Agent
from agent.terminal import Patience
from tests.agent.relay_double import TOKEN, AgentLink, RelayDouble


@pytest.fixture
async def relay(nursery: trio.Nursery) -> RelayDouble:
    double = RelayDouble()
    await double.start(nursery)
    return double


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def use_shell(monkeypatch: pytest.MonkeyPatch, home: Path) -> Callable[[str], LoginUser]:
    """Shells start as this one, with an empty home directory."""

    def use(path: str) -> LoginUser:
        entry = pwd.getpwuid(0) if pwd.getpwuid(0).pw_uid == _me() else pwd.getpwuid(_me())
        login = LoginUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=str(home), shell=path)
        monkeypatch.setattr(workload, "find_login", lambda name: login)
        return login

    return use


def _me() -> int:
    import os

    return os.geteuid()


async def enroll_here(relay: RelayDouble, state: StateDirectory, **fields: Any) -> None:
    request = EnrolmentRequest(**{"server": relay.url, "token": TOKEN, **fields})
    await trio.to_thread.run_sync(enroll, request, state)


StartAgent = Callable[..., Awaitable[AgentLink]]


@pytest.fixture
def start_agent(relay: RelayDouble, state: StateDirectory, nursery: trio.Nursery, tmp_path: Path) -> StartAgent:
    """Enrol, run, and wait for the proven link."""

    async def start(*, patience: Patience | None = None, runtime: Path | None = None, **fields: Any) -> AgentLink:
        await enroll_here(relay, state, **fields)
        agent = Agent(state, runtime=runtime or tmp_path / "run", patience=patience, random_unit=lambda: 0.0)
        nursery.start_soon(agent.run)
        return await relay.agent()

    return start
