"""One relay and one agent, ready to be measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import processes


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Where the relay is, who may ask it, which agent serves."""

    url: str
    token: str
    agent_id: str
    relay_pid: int
    agent_pid: int


@contextmanager
def running_fleet(directory: Path) -> Iterator[Fleet]:
    """Start relay and agent in `directory`, wait until the machine is online; both are ended on the way out."""
    data, state = str(directory / "data"), directory / "agent"
    with processes.process("relay", "relay", "--listen", "127.0.0.1:0", "--data", data) as relay:
        url = processes.ready_url(relay)
        token = processes.sign_up(url, "bench")
        agent_id = processes.enrol(url, token, "bench", state)
        with processes.process("agent", "run", "--state", str(state)) as agent:
            processes.wait_until_online(url, token, agent_id)
            yield Fleet(url=url, token=token, agent_id=agent_id, relay_pid=relay.pid, agent_pid=agent.pid)
