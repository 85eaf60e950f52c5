"""The audit log in the console: found by filters that live in the address, proved, opened, and taken away as a file."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_an_entry_is_found_and_opened(admin: Person, house: House) -> None:
    page = admin.page
    page.goto("/audit")
    expect(page.get_by_text(re.compile(r"^Intact: \d+ entries"))).to_be_visible()
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Administration").click()
    page.get_by_label("Search the audit log").fill("turners")
    expect(page).to_have_url(re.compile("category=administrative.*q=turners|q=turners.*category=administrative"))
    row = page.get_by_role("row", name=re.compile("Group created"))
    expect(row).to_be_visible()
    row.get_by_role("button", name=re.compile("^Details of")).click()
    expect(page.get_by_text("Place in the chain")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Search the audit log")).to_have_value("turners")
    page.get_by_label("Search the audit log").fill("nothing like this")
    expect(page.get_by_role("heading", name="No entry matches")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_label("Search the audit log")).to_have_value("")


def test_the_selection_is_saved_as_a_file_that_names_its_export(admin: Person, house: House) -> None:
    page = admin.page
    page.goto("/audit?action=group_created")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="JSON lines").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    entries = [line for line in lines if "action" in line]
    assert {entry["action"] for entry in entries} == {"group_created"}
    found = processes.ask(house.url, "/api/audit?q=export", token=house.token)["logs"]
    assert any("export" in entry["action"] for entry in found)


def test_a_user_is_not_led_there(browser, house: House) -> None:
    person = Person(browser, house.url)
    person.sign_in(house.user)
    expect(person.page.get_by_role("link", name="Machines", exact=True)).to_be_visible()
    expect(person.page.get_by_role("link", name="Audit")).to_have_count(0)
    person.context.close()
