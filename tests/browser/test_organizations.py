"""Organizations, for whoever runs the relay: one is added with its administrator, renamed, closed, opened, deleted."""

import re
import urllib.error

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.browser.test_people import choose
from tests.journeys.person import Person

pytestmark = pytest.mark.browser

FIELDS = (
    ("Name", "Umbrella Works"), ("Short name", "umbrella"), ("First name", "Una"), ("Last name", "Brella"),
    ("User name", "una"), ("E-mail", "una@example.com"),
)  # fmt: skip


def test_an_organization_lives_and_ends(super_admin: Person, house: House) -> None:
    page = super_admin.page
    page.goto("/organizations")
    assert serious_faults(page) == []
    page.get_by_role("button", name="Add organization").click()
    dialog = page.get_by_role("dialog")
    password = dialog.get_by_label("First password").input_value()
    for label, value in FIELDS:
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="Add organization").click()
    page.get_by_role("link", name="Umbrella Works").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Umbrella Works")
    expect(page.get_by_role("region", name="People")).to_contain_text("una@example.com")
    assert serious_faults(page) == []
    assert processes.sign_in(house.url, "una@example.com", password)
    choose(super_admin, "Rename…")
    page.get_by_role("dialog").get_by_label("Name").fill("Umbrellas")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Umbrellas")
    choose(super_admin, "Close the organization…", "Close organization")
    expect(page.locator(".page-note")).to_have_text("closed")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        processes.sign_in(house.url, "una@example.com", password)
    choose(super_admin, "Open it again")
    expect(page.locator(".page-note")).to_have_text("umbrella")
    choose(super_admin, "Delete the organization…", "Delete everything")
    page.wait_for_url("**/organizations")
    expect(page.get_by_role("link", name="Umbrellas")).to_have_count(0)


def test_the_list_is_filtered_in_the_address(super_admin: Person) -> None:
    page = super_admin.page
    page.goto("/organizations")
    page.get_by_label("Filter organizations").fill("ad")
    expect(page).to_have_url(re.compile(r"\?q=ad$"))
    expect(page.get_by_role("link", name="Ada", exact=True)).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_an_administrator_of_one_organization_is_not_led_there(browser: Browser, house: House) -> None:
    person = Person(browser, house.url)
    person.sign_in(house.admin)
    expect(person.page.get_by_role("link", name="Audit")).to_be_visible()
    expect(person.page.get_by_role("link", name="Organizations")).to_have_count(0)
    person.context.close()
