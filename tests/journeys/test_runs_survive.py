"""The relay is killed in the middle of a run: what was not sent is sent once; of the rest nobody pretends to know."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests import processes
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey


def lanes(url: str, token: str, run_id: str) -> dict[str, Any]:
    found = processes.ask(url, f"/api/commands/{run_id}", token=token)
    return {each["machine_name"]: each for each in found["results"]}


def test_an_acknowledged_run_goes_on_after_the_relay_was_killed(tmp_path: Path) -> None:
    data, ran = tmp_path / "data", tmp_path / "ran"
    with processes.process("relay", "relay", "--data", str(data), "--listen", "127.0.0.1:0") as relay:
        url = processes.ready_url(relay)
        token = processes.sign_up(url, "ada")
        names = {name: processes.enrol(url, token, name, tmp_path / name) for name in ("lathe", "mill", "saw")}
        with processes.process("agent", "run", "--state", str(tmp_path / "lathe")):
            processes.wait_until_online(url, token, names["lathe"])
            body = {"command": f"echo ran >> {ran}; sleep 3", "agent_ids": list(names.values()), "queue_minutes": 10}
            run_id = processes.ask(url, "/api/commands", body, token)["run"]["id"]
            until(ran.exists)
            relay.send_signal(signal.SIGKILL)
            assert relay.wait(processes.END_LIMIT_S) == -signal.SIGKILL
            with processes.relay_process(data, listen=url.removeprefix("http://")):
                processes.wait_until_online(url, token, names["lathe"])
                assert {name: each["status"] for name, each in lanes(url, token, run_id).items()} == {
                    "lathe": "unknown", "mill": "queued", "saw": "queued",
                }  # fmt: skip
                assert "not known" in lanes(url, token, run_id)["lathe"]["error"]
                with processes.process("agent", "run", "--state", str(tmp_path / "mill")):
                    until(lambda: lanes(url, token, run_id)["mill"]["status"] == "succeeded")
                assert ran.read_text() == "ran\nran\n", "once on each machine that was there, and never again"
                rows = processes.ask(url, "/api/logs/search?q=echo+ran", token=token)["logs"]
                assert {each["machine_name"]: each["success"] for each in rows} == {"lathe": None, "mill": True}
                assert len(rows) == 2
                run = processes.ask(url, f"/api/commands/{run_id}/cancel", {}, token)["run"]
                assert run["queued"] == 1
                until(
                    lambda: processes.ask(url, f"/api/commands/{run_id}", token=token)["run"]["status"] == "cancelled"
                )
