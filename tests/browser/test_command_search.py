"""The log of all machines: a part of a command finds it, marked, and leads to the session it was run in."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_part_of_a_command_leads_to_its_session(admin: Person, house: House) -> None:
    admin.connect("lathe")
    admin.run("ls -d /usr/share/../lib", until="/usr/share/../lib")
    admin.run("test -e /no/such/thing", until="/no/such/thing")
    page = admin.page
    page.goto("/commands")
    page.get_by_label("Search commands").fill("share/../li")
    expect(page).to_have_url(re.compile(r"q=share"))
    row = page.get_by_role("row", name=re.compile("ls -d")).first
    expect(row.locator("mark")).to_have_text("share/../li")
    page.get_by_role("combobox", name="Outcome").click()
    page.get_by_role("option", name="Failed").click()
    expect(page.get_by_role("heading", name="No command matches")).to_be_visible()
    page.get_by_label("Search commands").fill("/no/such")
    page.get_by_role("link", name="test -e /no/such/thing").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ada on lathe")
    expect(page.locator("tr[aria-current=true]")).to_contain_text("/no/such/thing")


def test_what_was_found_is_saved_as_a_file(admin: Person) -> None:
    page = admin.page
    page.goto("/commands?q=/no/such")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="JSON lines").click()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert all("/no/such" in row["command"] for row in rows)
