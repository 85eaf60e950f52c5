"""Power goes while the relay is busy: what it acknowledged is there, the rest is whole or absent, all come back."""

import signal
import subprocess
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent import ed25519
from protocol.handshake import encode_bytes
from relay.store.collections import SCHEMA
from tests import processes
from tests.bench.measures import settle
from tests.bench.wire import TerminalSocket
from tests.journeys.waiting import until
from tests.store.consistency import assert_sound

pytestmark = pytest.mark.journey

WRITERS = 4
ACKNOWLEDGED_BEFORE_KILL = 40
FIRST_RETRY_S = 1.0


class Writer(threading.Thread):
    """Posts without end to one kind of thing, and remembers every answer; ends when the relay does."""

    def __init__(self, url: str, token: str, kind: str, number: int, acknowledged: Callable[[], None]) -> None:
        super().__init__()
        self.answers: list[dict[str, Any]] = []
        self._kind = kind
        self._number = number
        self._acknowledged = acknowledged
        self._post = lambda body: processes.ask(url, f"/api/{kind}s", body, token)[kind]

    def run(self) -> None:
        try:
            while True:
                self.answers.append(self._post({"name": f"{self._kind} {self._number}-{len(self.answers)}"}))
                self._acknowledged()
        except (OSError, HTTPException, ValueError):
            return


def write_until_killed(relay: subprocess.Popen[str], url: str, token: str) -> dict[str, list[dict[str, Any]]]:
    """Machines and groups from several threads, the relay killed in their middle: what was acknowledged, by kind."""
    enough = threading.Semaphore(0)
    kinds = ("machine", "group")
    writers = [Writer(url, token, kinds[n % 2], n, enough.release) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(ACKNOWLEDGED_BEFORE_KILL):
        assert enough.acquire(timeout=processes.START_LIMIT_S)
    relay.send_signal(signal.SIGKILL)
    for writer in writers:
        writer.join(timeout=processes.END_LIMIT_S)
        assert not writer.is_alive()
    return {kind: [answer for writer in writers[n::2] for answer in writer.answers] for n, kind in enumerate(kinds)}


def test_every_acknowledged_write_survives_and_everybody_comes_back(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "agent.log"
    with processes.process("relay", "relay", "--data", str(data), "--listen", "127.0.0.1:0") as relay:
        url = processes.ready_url(relay)
        token = processes.sign_up(url, "ada")
        agent_id = processes.enrol(url, token, "lathe", tmp_path / "agent")
        with processes.process("agent", "run", "--state", str(tmp_path / "agent"), log=log) as agent:
            processes.wait_until_online(url, token, agent_id)
            terminal = TerminalSocket(url, token, agent_id)
            settle(terminal)
            shells = psutil.Process(agent.pid).children()
            acknowledged = write_until_killed(relay, url, token)
            assert relay.wait(processes.END_LIMIT_S) == -signal.SIGKILL
            terminal.drop()

            with processes.relay_process(data, listen=url.removeprefix("http://")):
                check_writes(url, token, acknowledged)
                check_session_closed(url, token, agent_id, str(terminal.hello["session_id"]))
                until(lambda: log.read_text().count(" connected ") == 2)
                assert first_wait_s(log) <= FIRST_RETRY_S
                again = TerminalSocket(url, token, agent_id)
                settle(again)
                gone, left = psutil.wait_procs(shells, timeout=processes.END_LIMIT_S)
                assert (len(gone), left) == (1, []), "nobody can reach the old shell any more: the agent ends it"
                again.close()
    assert_sound(data / "fairlead.db", SCHEMA)


def check_writes(url: str, token: str, acknowledged: dict[str, list[dict[str, Any]]]) -> None:
    """Everything acknowledged is there as it was answered; at most what was in flight came besides, and is whole."""
    assert sum(map(len, acknowledged.values())) >= ACKNOWLEDGED_BEFORE_KILL
    groups = {each["id"]: each for each in processes.ask(url, "/api/groups?limit=200", token=token)["groups"]}
    for group in acknowledged["group"]:
        assert groups.pop(group["id"]) == group
    machines = {
        each["machine_id"]: each for each in processes.ask(url, "/api/machines?limit=200", token=token)["machines"]
    }
    for machine in acknowledged["machine"]:
        kept = machines.pop(machine["machine_id"])
        assert kept == {name: machine[name] for name in kept}
    in_flight = [each for each in machines.values() if each["name"] != "lathe"]
    assert len(groups) + len(in_flight) <= WRITERS
    assert {each["status"] for each in in_flight} <= {"pending"}
    for machine in acknowledged["machine"][-2:]:
        check_token_works(url, machine)


def check_token_works(url: str, machine: dict[str, Any]) -> None:
    """A machine and its token are one write: whoever was shown the token can use it."""
    key = encode_bytes(ed25519.public_key(b"k" * 32))
    claim = {"token": machine["registration_token"], "public_key": key}
    assert processes.ask(url, "/api/agent/register", claim)["agent_id"] == machine["agent_id"]


def check_session_closed(url: str, token: str, agent_id: str, session_id: str) -> None:
    (session,) = processes.ask(url, f"/api/machines/{agent_id}/sessions", token=token)["sessions"]
    assert session["session_id"] == session_id
    assert (session["status"], session["close_reason"]) == ("closed", "relay restarted")
    assert session["ended_at"] is not None


def first_wait_s(log: Path) -> float:
    """What the agent said it would wait before its first new attempt."""
    waits = [line for line in log.read_text().splitlines() if " waiting seconds=" in line]
    return float(waits[0].rpartition("=")[2])
