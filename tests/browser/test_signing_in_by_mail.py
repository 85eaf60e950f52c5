"""A relay that sends mail, through a real mail server: a code at the sign-in, the link that confirms an address."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person
from tests.post_office import PostOffice, post_office

pytestmark = pytest.mark.browser

EMAIL = "ada@example.com"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def url(office: PostOffice, tmp_path: Path) -> Iterator[str]:
    env = {
        "FAIRLEAD_SMTP_HOST": "127.0.0.1", "FAIRLEAD_SMTP_PORT": str(office.port), "FAIRLEAD_SMTP_TLS": "none",
        "FAIRLEAD_SMTP_FROM": "relay@example.com", "FAIRLEAD_OTP_ENABLED": "true",
        "FAIRLEAD_PUBLIC_URL": "http://relay.example",
    }  # fmt: skip
    with processes.relay_process(tmp_path / "data", env=env) as started:
        who = {"username": "ada", "email": EMAIL, "password": processes.PASSWORD, "first_name": "Ada", "last_name": "A"}
        processes.ask(started, "/api/auth/signup", who | {"organization_name": "acme", "company_name": "Acme"})
        yield started


def _await_letters(office: PostOffice, count: int) -> None:
    """The relay's courier is another process's task: there is nothing of ours to wait on."""
    end_s = time.monotonic() + 15
    while len(office.letters) < count:
        assert time.monotonic() < end_s, "no letter came"
        time.sleep(0.05)


def _give_password(person: Person) -> None:
    person.page.goto("/login")
    person.page.get_by_label("E-mail or user name").fill(EMAIL)
    person.page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
    person.page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_code_by_mail_lets_one_in(browser: Browser, office: PostOffice, url: str) -> None:
    person = Person(browser, url)
    page = person.page
    _await_letters(office, 1)
    _give_password(person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    assert serious_faults(page) == []
    _await_letters(office, 2)
    code = office.code(EMAIL)
    wrong = "000000" if code != "000000" else "111111"
    page.get_by_label("Code of the mail").fill(wrong)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Code of the mail")).to_be_focused()
    expect(page.get_by_text("Invalid or expired", exact=False)).to_be_visible()
    page.get_by_label("Code of the mail").fill(code)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/machines")
    person.context.close()


def test_an_address_is_confirmed_by_the_link_of_the_mail(browser: Browser, office: PostOffice, url: str) -> None:
    person = Person(browser, url)
    page = person.page
    _await_letters(office, 1)
    _give_password(person)
    _await_letters(office, 2)
    page.get_by_label("Code of the mail").fill(office.code(EMAIL))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/machines")
    banner = page.get_by_text(f"Confirm that {EMAIL} is yours")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text(f"A link is on its way to {EMAIL}.")).to_be_visible()
    _await_letters(office, 3)
    link = urlsplit(office.link(EMAIL))
    page.goto(f"{link.path}?token=not-it")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    page.goto(f"{link.path}?{link.query}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your e-mail address is confirmed")
    page.goto("/profile")
    expect(page.get_by_text("· confirmed")).to_be_visible()
    expect(page.get_by_role("button", name="Send it again")).to_have_count(0)
    person.context.close()
