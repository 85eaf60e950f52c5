"""What waits for somebody's word: access that is asked for, commands that a rule holds; and why somebody may."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import processes
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_rule_holds_a_command_until_somebody_else_decides(admin: Person, browser: Browser, house: House) -> None:
    member = processes.ask(house.url, "/api/users", token=house.token)["users"]
    bob = next(user["id"] for user in member if user["username"] == "bob")
    group = processes.ask(
        house.url, "/api/groups", {"name": "Held", "member_ids": [bob], "machine_ids": [house.agent_id]}, house.token
    )["group"]
    page = admin.page
    page.goto(f"/groups/{group['id']}")
    rules = page.get_by_role("region", name=re.compile("^Commands sent over the API"))
    rules.get_by_role("button", name="Add a rule").click()
    expect(rules.get_by_role("button", name="Save rules")).to_be_disabled()
    rules.get_by_label("Pattern of rule 1").fill("touch *")
    rules.get_by_label("Reason of rule 1").fill("ask first")
    rules.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("The rules hold from now on")).to_be_visible()
    page.reload()
    expect(rules.get_by_label("Pattern of rule 1")).to_have_value("touch *")
    assert serious_faults(page) == []

    token = processes.sign_in(house.url, house.user)
    for name in ("one", "two"):
        sent = processes.ask(
            house.url, f"/api/machines/{house.agent_id}/command", {"command": f"touch /tmp/{name}-held"}, token
        )
        assert sent["status"] == "held"
    page.goto("/requests?tab=commands")
    held = page.get_by_role("article", name=re.compile("Command of bob")).filter(has_text="one-held")
    expect(held).to_contain_text("Held by touch *")
    assert serious_faults(page) == []
    held.get_by_label("A word with the decision").fill("not today")
    held.get_by_role("button", name="Refuse").click()
    expect(held).to_have_count(0)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("heading", name="No command waits")).to_be_visible()
    page.get_by_text("All", exact=True).click()
    expect(held).to_contain_text("not today")
    expect(page.get_by_role("article").filter(has_text="two-held")).to_contain_text("approved")

    other = Person(browser, house.url)
    other.sign_in(house.user)
    other.page.goto(f"/groups/{group['id']}")
    expect(other.page.get_by_role("button", name="Save rules")).to_have_count(0)
    other.context.close()


def test_access_is_asked_for_approved_and_explained(admin: Person, browser: Browser, house: House) -> None:
    new = {"username": "gil", "email": "gil@example.com", "first_name": "Gil", "last_name": "Weir"}
    gil = processes.ask(house.url, "/api/users", new | {"password": processes.PASSWORD}, house.token)["user"]["id"]
    asker = Person(browser, house.url)
    asker.sign_in("gil@example.com")
    page = asker.page
    page.goto("/requests")
    page.get_by_role("button", name="Ask for access").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Ask for access")).to_be_disabled()
    dialog.get_by_role("combobox", name="Machine").fill("lat")
    dialog.get_by_role("option", name="lathe").click()
    dialog.get_by_label("Why").fill("The night shift needs the spindle log")
    dialog.get_by_role("button", name="Ask for access").click()
    own = page.get_by_role("article", name="Request of gil for lathe")
    expect(own).to_contain_text("Somebody else has to decide")
    expect(own.get_by_role("button", name="Approve")).to_have_count(0)

    page = admin.page
    page.goto(f"/machines/{house.agent_id}?tab=access")
    choose_person(page, "gil")
    expect(page.get_by_role("region", name="Why may somebody open lathe?")).to_contain_text("In the way")
    page.goto("/requests")
    request = page.get_by_role("article", name="Request of gil for lathe")
    expect(request).to_contain_text("The night shift needs the spindle log")
    assert serious_faults(page) == []
    request.get_by_label("A word with the decision").fill("until the shift ends")
    request.get_by_role("button", name="Approve").click()
    expect(request).to_have_count(0)
    page.goto(f"/machines/{house.agent_id}?tab=access")
    choose_person(page, "gil")
    why = page.get_by_role("region", name="Why may somebody open lathe?")
    expect(why).to_contain_text("ends in")
    expect(why).not_to_contain_text("In the way")
    assert serious_faults(page) == []
    page.goto(f"/people/{gil}?tab=access")
    expect(page.get_by_role("row", name=re.compile("lathe"))).to_contain_text("ends in")
    assert serious_faults(page) == []

    asker.page.goto("/machines")
    expect(asker.page.get_by_role("link", name="lathe", exact=True)).to_be_visible()
    asker.context.close()
    assert asker.problems == []


def choose_person(page: Page, name: str) -> None:
    """Ask the explainer about somebody."""
    page.get_by_role("combobox", name="Person to explain").fill(name)
    page.get_by_role("option", name=re.compile(name)).click()
