"""Rules of a group and the commands they hold: written by an administrator, met by a member, decided by another."""

import re

import pytest
from playwright.sync_api import Browser, expect

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
