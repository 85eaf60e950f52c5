"""A real agent signs what it reports: rows, the end of a command, the end of a log."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests import processes
from tests.bench.fleet import Fleet, running_fleet
from tests.bench.measures import settle
from tests.bench.wire import TerminalSocket
from tests.journeys.waiting import until

pytestmark = pytest.mark.journey


def asked(fleet: Fleet, path: str) -> dict:
    return processes.ask(fleet.url, path, token=fleet.token)


def test_what_a_real_agent_reports_is_signed_by_its_machine(tmp_path: Path) -> None:
    with running_fleet(tmp_path) as fleet:
        logs = f"/api/machines/{fleet.agent_id}/logs"
        processes.ask(
            fleet.url, f"/api/machines/{fleet.agent_id}/command", {"command": "id", "wait": True}, fleet.token
        )
        terminal = TerminalSocket(fleet.url, fleet.token, fleet.agent_id)
        settle(terminal)
        for number in range(5):
            terminal.type(f"echo number-$(({number}+100))\r".encode())
            terminal.read_until(f"number-{number + 100}".encode())
        until(lambda: asked(fleet, logs)["total"] >= 6)
        terminal.close()
        (session,) = asked(fleet, f"/api/machines/{fleet.agent_id}/sessions")["sessions"]
        check = f"/api/sessions/{session['session_id']}/attestation"
        until(lambda: asked(fleet, check)["is_closed"])
        rows = asked(fleet, logs)["logs"]
        assert {each["attested"] for each in rows} <= {"signed", "chained"}
        report = asked(fleet, check)
        assert (report["ok"], report["fault"]) == (True, "")
        assert report["rows"] == report["signed_to"] == len([each for each in rows if each["session_id"]])
        assert asked(fleet, "/api/audit?action=agent_log_broken")["total"] == 0
        request = urllib.request.Request(
            f"{fleet.url}/api/audit/verify", headers={"authorization": f"Bearer {fleet.token}"}
        )
        assert json.load(urllib.request.urlopen(request))["ok"] is True
