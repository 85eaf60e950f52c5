"""A session's own page: reached from the command log, with the command one came from marked."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_command_of_the_log_leads_to_its_session(admin: Person, house: House) -> None:
    admin.connect("lathe")
    admin.run("ec''ho first of all", until="first of all")
    admin.run("false", until="false")
    page = admin.page
    page.goto(f"/machines/{house.agent_id}?tab=commands&q=false")
    page.get_by_role("link", name="Show the session of this command").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ada on lathe")
    marked = page.locator("tr[aria-current=true]")
    expect(marked).to_contain_text("false")
    expect(marked.locator("td").first).to_have_text("1")
    expect(page.get_by_role("row", name=re.compile("first of all")).first).to_be_visible()
    assert serious_faults(page) == []


def test_an_unknown_session_says_so(admin: Person) -> None:
    admin.page.goto("/sessions/nobody-had-this-one")
    expect(admin.page.get_by_role("heading", name="Session not found")).to_be_visible()
    assert [problem for problem in admin.problems if "404" not in problem] == []
    admin.problems.clear()
