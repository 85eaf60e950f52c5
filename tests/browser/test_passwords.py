"""Passwords in the console: the one that `fairlead up` shows works once, and anybody changes their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import processes
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person

pytestmark = pytest.mark.browser

CHOSEN = "a password of my own"


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A relay as `fairlead up` starts it: its URL, and the administrator's one-time password."""
    command = ("relay", "up", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0")
    with processes.process(*command) as up:
        assert up.stdout
        shown = ""
        for line in up.stdout:
            shown += line
            if line.startswith("ready "):
                break
        passwords = dict(re.findall(r"user (\S+)   password (\S+)", shown))
        yield shown.split()[-1], passwords["admin"]


def _fill(page: Page, current: str, new: str, again: str) -> None:
    fields = page.get_by_role("textbox")
    for field, text in zip(fields.all()[-3:], (current, new, again), strict=True):
        field.fill(text)
    page.locator("button[type=submit]").click()


def test_a_password_that_works_once_opens_nothing_else(browser: Browser, first_start: tuple[str, str]) -> None:
    url, one_time = first_start
    person = Person(browser, url)
    page = person.page
    page.goto("/machines/add")
    page.get_by_label("E-mail or user name").fill("admin")
    page.get_by_label("Password", exact=True).fill(one_time)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your password")
    assert serious_faults(page) == []
    page.goto("/groups")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your password")
    _fill(page, one_time, "short", "short")
    expect(page.get_by_label("New password", exact=True)).to_be_focused()
    _fill(page, one_time, CHOSEN, "something else")
    expect(page.get_by_text("Not the same as above")).to_be_visible()
    _fill(page, one_time, CHOSEN, CHOSEN)
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    assert processes.sign_in(url, "admin@fairlead.local", CHOSEN)
    assert person.problems == []
    person.context.close()


def test_a_token_kept_from_before_leads_to_the_choice_too(browser: Browser, first_start: tuple[str, str]) -> None:
    """A console that does not know yet learns it from the first refusal."""
    url, one_time = first_start
    page = Person(browser, url).page
    answer = processes.ask(url, "/api/auth/login", {"username": "admin", "password": one_time})
    page.goto("/login")
    page.evaluate(
        "kept => sessionStorage.setItem('fairlead.auth', JSON.stringify(kept))",
        {"token": answer["token"], "user": answer["user"]},
    )
    page.goto("/machines")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your password")


def test_a_wrong_password_is_refused_at_its_field_and_the_right_one_changes_it(browser: Browser, house: House) -> None:
    person = Person(browser, house.url)
    page = person.page
    person.sign_in(house.user)
    page.get_by_role("button", name=re.compile("account of bob")).click()
    page.get_by_role("menuitem", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change your password")
    assert serious_faults(page) == []
    _fill(page, "not my password", CHOSEN, CHOSEN)
    expect(page.get_by_text("Current password is incorrect")).to_be_visible()
    expect(page.get_by_label("Current password")).to_be_focused()
    _fill(page, processes.PASSWORD, CHOSEN, CHOSEN)
    page.wait_for_url("**/machines")
    page.get_by_role("button", name=re.compile("account of bob")).click()
    page.get_by_role("menuitem", name="Change password").click()
    _fill(page, CHOSEN, processes.PASSWORD, processes.PASSWORD)
    page.wait_for_url("**/machines")
    assert processes.sign_in(house.url, house.user)
    person.context.close()
