"""The agent beside the relay: what it is told, where it finds it, how it ends. The whole way: test_up_command.py."""

import json
import signal
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import trio

from relay import local_agent
from relay.config import ConfigError
from relay.local_agent import AgentFailed, LocalAgent, end
from relay.up import _server_for_agent


def test_the_relays_settings_are_nothing_for_the_agent() -> None:
    ours = {"JWT_SECRET": "s", "FAIRLEAD_JWT_SECRET": "s", "SUPER_ADMIN_PASSWORD": "s", "MONGO_URI": "s"}
    assert local_agent._environment({**ours, "PATH": "/bin", "LANG": "C"}) == {"PATH": "/bin", "LANG": "C"}


def test_it_follows_the_relay_to_another_port(tmp_path: Path) -> None:
    agent = LocalAgent(tmp_path, "http://127.0.0.1:2")
    assert not agent.is_enrolled
    agent.state.mkdir()
    (agent.state / "config.json").write_text(json.dumps({"server": "http://127.0.0.1:1", "agent_id": "a"}))
    assert agent.is_enrolled
    agent.follow_relay()
    agent.follow_relay()
    assert json.loads((agent.state / "config.json").read_text()) == {"server": "http://127.0.0.1:2", "agent_id": "a"}
    assert stat.S_IMODE((agent.state / "config.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://[::]:80", "http://[::1]:80"),
        ("http://192.0.2.1:80", "http://192.0.2.1:80"),
    ],
)
def test_it_reaches_a_relay_that_listens_everywhere_by_loopback(url: str, server: str) -> None:
    assert _server_for_agent(url) == server


async def test_an_agent_that_cannot_enrol_says_why(tmp_path: Path) -> None:
    with pytest.raises(AgentFailed, match="fairlead-agent: "):
        await LocalAgent(tmp_path, "http://127.0.0.1:1").enrol("token")


async def test_an_agent_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_agent, "END_S", 0.1)
    deaf = "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.write(1, b'ready'); time.sleep(60)"
    process = await trio.lowlevel.open_process([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.receive_some() == b"ready"
    await end(process)
    assert process.returncode == -signal.SIGKILL
    await end(process)
    await process.stdout.aclose()


async def test_a_leftover_that_does_not_listen_is_killed_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_agent, "END_S", 0.1)
    agent, neighbour = LocalAgent(tmp_path / "one", "http://x"), LocalAgent(tmp_path / "two", "http://x")
    deaf = "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.write(1, b'ready'); time.sleep(60)"
    async with trio.open_nursery() as nursery:
        started = [await _disguised(nursery, deaf, each) for each in (agent, neighbour)]
        assert await agent.end_leftover()
        assert not await agent.end_leftover()
        assert [await started[0].wait(), started[1].poll()] == [-signal.SIGKILL, None]
        assert await neighbour.end_leftover()


async def _disguised(nursery: trio.Nursery, program: str, agent: LocalAgent) -> trio.Process:
    """A program whose command line ends as that of a running agent does."""
    command = [sys.executable, "-c", program, "-m", "agent", "run", "--state", str(agent.state)]
    run = partial(trio.run_process, command, capture_stdout=False, stdout=subprocess.PIPE, check=False)
    process: trio.Process = await nursery.start(run)
    assert process.stdout is not None
    assert await process.stdout.receive_some() == b"ready"
    return process


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_state_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    agent = LocalAgent(tmp_path, "http://x")
    agent.state.mkdir()
    (agent.state / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=r"config.json is damaged: remove .* and start again"):
        agent.follow_relay()
