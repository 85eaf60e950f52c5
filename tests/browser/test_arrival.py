"""Adding a machine: the page waits for it, and turns into the way in when its agent connects."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_the_page_turns_into_the_way_in_when_the_machine_arrives(admin: Person, house: House, tmp_path: Path) -> None:
    page = admin.page
    page.goto("/machines/add")
    page.get_by_label("Name").fill("press")
    page.get_by_role("button", name="Create and show the command").click()
    expect(page.get_by_text("Waiting for your machine to connect")).to_be_visible()
    page.get_by_role("tab", name="Step by step").click()
    steps = page.get_by_role("region", name="Install step by step").inner_text()
    found = re.search(r"enroll --server (\S+) --token (\S+)", steps)
    assert found is not None
    assert found[1] == house.url
    subprocess.run(
        processes.python("agent", "enroll", "--server", found[1], "--state", str(tmp_path / "agent")),
        env=os.environ | {"FAIRLEAD_TOKEN": found[2]}, check=True, timeout=30, capture_output=True,
    )  # fmt: skip
    with processes.process("agent", "run", "--state", str(tmp_path / "agent")):
        expect(page.get_by_text("press is online")).to_be_visible()
        expect(page.get_by_role("link", name="Connect to press")).to_have_attribute(
            "href", re.compile(r"/terminals\?open=")
        )
