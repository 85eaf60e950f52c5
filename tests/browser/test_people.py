"""People: an administrator adds somebody, changes what they may, closes the account and opens it again, deletes it."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_somebody_is_added_and_can_sign_in(admin: Person, browser: Browser, house: House) -> None:
    page = admin.page
    page.goto("/people")
    page.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog")
    password = dialog.get_by_label("First password").input_value()
    assert len(password) == 19
    dialog.get_by_role("button", name="Add person").click()
    expect(dialog.get_by_text("Give a first name")).to_be_visible()
    for label, value in (
        ("First name", "Erin"),
        ("Last name", "Moss"),
        ("User name", "erin"),
        ("E-mail", "erin@example.com"),
    ):
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("row", name=re.compile("Erin Moss"))).to_contain_text("never")
    assert processes.sign_in(house.url, "erin@example.com", password)


def test_an_account_is_changed_closed_and_deleted(admin: Person, house: House) -> None:
    person = {"username": "frank", "email": "frank@example.com", "first_name": "Frank", "last_name": "Flint"}
    processes.ask(house.url, "/api/users", person | {"password": processes.PASSWORD}, house.token)
    page = admin.page
    page.goto("/people?q=frank")
    page.get_by_role("link", name="Frank Flint").click()
    page.get_by_role("combobox", name="Groups").fill("Turners")
    page.get_by_role("option", name="Turners").click()
    page.get_by_label("Last name").fill("Iron")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Frank Iron")
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()
    choose(admin, "Disable the account…", "Disable account")
    expect(page.locator(".page-note")).to_have_text("disabled")
    choose(admin, "Enable the account")
    expect(page.locator(".page-note")).to_have_text("frank")
    choose(admin, "Delete the account…", "Delete account")
    page.wait_for_url("**/people")
    expect(page.get_by_role("link", name="Frank Iron")).to_have_count(0)


def test_nobody_closes_their_own_account(admin: Person) -> None:
    admin.page.goto("/people?q=ada")
    admin.page.get_by_role("link", name="ada", exact=True).or_(
        admin.page.get_by_role("link", name="ada Admin")
    ).first.click()
    expect(admin.page.get_by_role("combobox", name="Role")).to_be_disabled()
    expect(admin.page.get_by_role("button", name="Actions")).to_have_count(0)


def choose(admin: Person, item: str, verb: str = "") -> None:
    """An item of the Actions menu, and the button that confirms it."""
    admin.page.get_by_role("button", name="Actions").click()
    admin.page.get_by_role("menuitem", name=item).click()
    if verb:
        admin.page.get_by_role("button", name=verb, exact=True).click()
