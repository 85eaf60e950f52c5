"""One's own profile: picture, API key, what is signed in, and the way to another organization of one's own."""

import base64
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.accounts import Newcomer, newcomer
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person

pytestmark = pytest.mark.browser

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def ann(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Newcomer]:
    who = newcomer(browser, house.url, f"ann{abs(hash(request.node.name)) % 10**8}")
    yield who
    who.person.context.close()


def _works(url: str, token: str) -> bool:
    try:
        return bool(processes.ask(url, "/api/users/me", token=token))
    except urllib.error.HTTPError:
        return False


def test_a_picture_is_set_shown_and_taken_away(ann: Newcomer, tmp_path: Path) -> None:
    page = ann.page
    page.goto("/profile")
    picture = tmp_path / "me.png"
    picture.write_bytes(DOT)
    page.get_by_label("Picture file").set_input_files(picture)
    shown = page.locator(".avatar-button img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 1
    page.get_by_role("button", name="Remove").click()
    expect(shown).to_have_count(0)
    assert ann.person.problems == []


def test_what_is_no_picture_is_refused_in_words(ann: Newcomer, tmp_path: Path) -> None:
    ann.page.goto("/profile")
    text = tmp_path / "me.png"
    text.write_text("no picture")
    ann.page.get_by_label("Picture file").set_input_files(text)
    expect(ann.page.get_by_role("alert")).to_contain_text("That did not work")


def test_the_api_key_is_hidden_shown_and_made_anew(ann: Newcomer) -> None:
    page = ann.page
    page.goto("/profile")
    key = page.get_by_role("region", name="Your API key")
    expect(page.get_by_role("heading", name="API key")).to_be_visible()
    expect(key).to_have_count(0)
    page.get_by_role("button", name="Show", exact=True).click()
    before = key.inner_text().strip()
    assert _works(ann.url, before)
    page.get_by_role("button", name="Make a new key…").click()
    expect(page.get_by_role("dialog")).to_contain_text("The old key stops working at once.")
    page.get_by_role("button", name="Make a new key", exact=True).click()
    expect(page.get_by_text("The new key counts from now on")).to_be_visible()
    after = key.inner_text().strip()
    assert (_works(ann.url, before), _works(ann.url, after)) == (False, True)
    page.get_by_role("button", name="Hide").click()
    expect(key).to_have_count(0)
    assert after not in page.content()


def test_other_sign_ins_are_ended_one_by_one_and_all_at_once(ann: Newcomer) -> None:
    page = ann.page
    others = [processes.sign_in(ann.url, ann.email) for _ in range(3)]
    page.goto("/profile")
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows.first).to_contain_text("this one")
    before = rows.count()
    page.get_by_role("button", name="End the sign-in with").first.click()
    page.get_by_role("button", name="End it").click()
    expect(rows).to_have_count(before - 1)
    assert [_works(ann.url, each) for each in others].count(True) == 2
    page.get_by_role("button", name="End all others…").click()
    page.get_by_role("button", name="End all others", exact=True).click()
    expect(rows).to_have_count(1)
    assert not any(_works(ann.url, each) for each in others)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile")


def _with_two(browser: Browser, url: str, name: str) -> Person:
    """Somebody with accounts in North and South, signed in to North."""
    account = {"email": f"{name}@example.com", "password": processes.PASSWORD, "first_name": "Two", "last_name": "T"}
    for number, company in enumerate(("North", "South")):
        organization = {"organization_name": f"{name}-{company}", "company_name": company}
        processes.ask(url, "/api/auth/signup", account | organization | {"username": f"{name}{number}"})
    person = Person(browser, url)
    page = person.page
    page.goto("/login")
    page.get_by_label("E-mail or user name").fill(account["email"])
    page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which organization?")
    page.get_by_role("button", name="North").click()
    page.wait_for_url("**/machines")
    return person


def test_somebody_with_two_organizations_changes_over(browser: Browser, house: House) -> None:
    person = _with_two(browser, house.url, "two")
    page = person.page
    page.goto("/profile")
    assert serious_faults(page) == []
    page.get_by_role("button", name="Change over to South").click()
    page.wait_for_url("**/machines")
    expect(page.locator(".tenant")).to_have_text("South")
    page.goto("/profile")
    expect(page.get_by_role("button", name="Change over to North")).to_be_visible()
    expect(page.get_by_text("Administrator of South")).to_be_visible()
    assert person.problems == []
    person.context.close()


def test_changing_over_asks_for_the_other_accounts_second_factor(browser: Browser, house: House) -> None:
    person = _with_two(browser, house.url, "tri")
    page = person.page
    there = Newcomer(name="tri1", person=person, url=house.url)
    page.goto("/profile")
    page.get_by_role("button", name="Change over to South").click()
    expect(page.locator(".tenant")).to_have_text("South")
    there.add_totp()
    page.get_by_role("button", name="Change over to North").click()
    expect(page.locator(".tenant")).to_have_text("North")
    page.goto("/profile")
    page.get_by_role("button", name="Change over to South").click()
    expect(page.get_by_role("dialog")).to_contain_text("The account of tri1 asks for a second proof")
    expect(page.locator(".tenant")).to_have_text("North")
    page.get_by_label("Code of your authenticator app").fill(there.code(steps=1))
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".tenant")).to_have_text("South")
    person.context.close()


def test_a_password_somebody_gave_is_to_be_changed(ann: Newcomer, browser: Browser) -> None:
    token = processes.sign_in(ann.url, ann.email)
    name = f"new{ann.name}"
    user = {"username": name, "email": f"{name}@example.com", "first_name": "Nora", "last_name": "New"}
    processes.ask(ann.url, "/api/users", user | {"password": processes.PASSWORD}, token)
    person = Person(browser, ann.url)
    page = person.page
    person.sign_in(user["email"])
    line = page.get_by_text("Somebody gave you this password")
    expect(line).to_be_visible()
    assert serious_faults(page) == []
    expect(page.get_by_text("Confirm that")).to_have_count(0)  # this relay sends no mail
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Current password").fill(processes.PASSWORD)
    page.get_by_label("New password", exact=True).fill("a password of my own")
    page.get_by_label("New password again").fill("a password of my own")
    page.get_by_role("button", name="Change password").click()
    page.wait_for_url("**/machines")
    expect(line).to_have_count(0)
    person.context.close()
