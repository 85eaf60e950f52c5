"""Every page, in both themes and on a phone: nothing serious for axe, one heading, no sideways scrolling."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "webui" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "/machines": "Machines",
    "/machines?q=status:offline": "Machines",
    "/machines/add": "Add a machine",
    "/machines/{agent_id}": "lathe",
    "/machines/{agent_id}?tab=sessions": "lathe",
    "/machines/{agent_id}?tab=commands": "lathe",
    "/machines/{agent_id}?tab=access": "lathe",
    "/people": "People",
    "/people?state=disabled": "People",
    "/people?tab=roles": "People",
    "/profile": "Profile",
    "/organization": "Organization",
    "/groups": "Groups",
    "/groups/{group_id}": "Turners",
    "/runs": "Runs",
    "/runs/new": "Run a command",
    "/commands": "Command log",
    "/commands?q=nothing+like+this&period=days": "Command log",
    "/community": "Community",
    "/community?q=nothing+like+this": "Community",
    "/requests": "Requests",
    "/requests?tab=commands": "Requests",
    "/audit": "Audit",
    "/audit?period=days&q=nothing+like+this": "Audit",
}


def serious_faults(page: Page) -> list[str]:
    """What axe calls serious or critical on this page."""
    if not AXE.is_file():
        pytest.skip("NO ACCESSIBILITY TEST RAN: webui/node_modules is missing (npm ci in webui)")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found if fault["impact"] in WORST]


WORST = ("serious", "critical")


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_no_page_has_a_serious_fault(browser: Browser, house: House, *, dark: bool) -> None:
    person = Person(browser, house.url, dark=dark)
    person.page.goto("/login")
    assert serious_faults(person.page) == []
    person.sign_in(house.admin)
    faults = {}
    for path, heading in PAGES.items():
        person.page.goto(path.format(agent_id=house.agent_id, group_id=house.group_id))
        expect(person.page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(person.page.get_by_role("status", name="Loading")).to_have_count(0)
        if found := serious_faults(person.page):
            faults[path] = found
    assert faults == {}
    assert person.problems == []
    person.context.close()


def test_no_page_scrolls_sideways_on_a_phone(admin: Person, house: House) -> None:
    admin.page.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for path, heading in PAGES.items():
        admin.page.goto(path.format(agent_id=house.agent_id, group_id=house.group_id))
        expect(admin.page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(admin.page.get_by_role("status", name="Loading")).to_have_count(0)
        if admin.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []


def test_the_navigation_of_a_phone_opens_and_leads(admin: Person) -> None:
    admin.page.set_viewport_size({"width": 390, "height": 844})
    admin.page.get_by_role("button", name="Open navigation").click()
    admin.page.get_by_role("link", name="Groups", exact=True).click()
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Groups")
    expect(admin.page.get_by_role("button", name="Open navigation")).to_be_visible()
