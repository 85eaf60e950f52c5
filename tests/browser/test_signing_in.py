"""The way in and out: refusals in place, no open redirect, and an ended session that comes back where it was."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(browser: Browser, house: House) -> None:
    page = Person(browser, house.url).page
    shown = []
    for name in (house.admin, "nobody@example.com"):
        page.goto("/login")
        page.get_by_label("E-mail or user name").fill(name)
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        shown.append(page.get_by_role("alert").inner_text())
        expect(page.get_by_label("Password", exact=True)).to_be_focused()
    assert shown == ["Invalid credentials"] * 2


def test_a_page_behind_the_sign_in_is_shown_after_it(browser: Browser, house: House) -> None:
    page = Person(browser, house.url).page
    page.goto(f"/machines/{house.agent_id}?tab=access")
    page.get_by_label("E-mail or user name").fill("ada")
    page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("tab", name="Access")).to_have_attribute("aria-selected", "true")


def test_a_link_cannot_send_someone_elsewhere(browser: Browser, house: House) -> None:
    page = Person(browser, house.url).page
    page.goto("/login?next=//evil.example/")
    page.get_by_label("E-mail or user name").fill("ada")
    page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{house.url}/machines")


def test_a_reload_keeps_the_person_and_signing_out_forgets_them(admin: Person) -> None:
    admin.page.reload()
    admin.page.get_by_role("button", name=re.compile("account of ada")).click()
    admin.page.get_by_role("menuitem", name="Sign out").click()
    admin.page.wait_for_url("**/login")
    assert admin.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})").count("eyJ") == 0
    admin.page.goto("/machines")
    admin.page.wait_for_url("**/login**")


def test_a_refused_token_leads_to_the_sign_in_and_back(browser: Browser, house: House) -> None:
    person = Person(browser, house.url)
    person.sign_in(house.admin)
    token = person.page.evaluate("JSON.parse(sessionStorage.getItem('fairlead.auth')).token")
    processes.ask(house.url, "/api/auth/logout", {}, token)
    person.page.goto("/groups")
    expect(person.page.get_by_text("Your sign-in has ended")).to_be_visible()
    person.page.get_by_label("E-mail or user name").fill("ada")
    person.page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Groups")


def test_the_account_key_never_reaches_the_browsers_storage(admin: Person) -> None:
    kept = admin.page.evaluate("sessionStorage.getItem('fairlead.auth')")
    assert "username" in kept
    assert "api_key" not in kept
