"""What a command answers that the same person sent over the API: beside the screen until taken off, never in it."""

import pytest
from playwright.sync_api import expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_the_answer_stands_beside_the_screen_until_it_is_taken_off(admin: Person, house: House) -> None:
    admin.connect("lathe")
    command = "printf '\\033[31mred\\033[0m\\n'; seq 7; exit 3"
    processes.ask(house.url, f"/api/machines/{house.agent_id}/command", {"command": command}, house.token)
    notice = admin.page.get_by_role("region", name="Command sent over the API")
    expect(notice).to_contain_text("exit 3")
    expect(notice.locator("pre")).to_have_text("red\n1\n2\n3\n4\n5")
    expect(notice).to_contain_text("2 more lines")
    screen = admin.page.evaluate("window.__fairleadTerminal().text()")
    assert "seq 7" not in screen
    assert "red" not in screen
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)
    admin.run("echo goes-$((40+2))", until="goes-42")
