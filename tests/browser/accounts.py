"""People with accounts of their own at the house's relay, for tests that change what an account has."""

import re
import time
from dataclasses import dataclass, field

import pyotp
from playwright.sync_api import Browser, Page, expect

from tests import processes
from tests.journeys.person import Person


@dataclass
class Newcomer:
    """Somebody with an organization of their own, at a browser that is signed in."""

    name: str
    person: Person
    url: str
    codes: list[str] = field(default_factory=list)
    secret: str = ""

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    @property
    def page(self) -> Page:
        return self.person.page

    def sign_out(self) -> None:
        self.page.get_by_role("button", name=re.compile(f"account of {self.name}")).click()
        self.page.get_by_role("menuitem", name="Sign out").click()
        self.page.wait_for_url("**/login")

    def give_password(self, *, url: str = "/login") -> None:
        """The first step of signing in."""
        self.page.goto(url)
        self.page.get_by_label("E-mail or user name").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(processes.PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def read_setup(self) -> str:
        """A code of the authenticator app that the page sets up."""
        self.page.get_by_text("No camera? Type the key").click()
        shown = self.page.get_by_role("region", name="Key for the authenticator app").inner_text()
        self.secret = shown.replace(" ", "").strip()
        return self.code()

    def code(self, steps: int = 0) -> str:
        """Of the authenticator app, now or `steps` half minutes later: each code works once."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + 30 * steps)

    def keep_codes(self) -> list[str]:
        """Read the recovery codes and put them away."""
        shown = self.page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
        expect(shown).to_have_count(10)
        self.codes = shown.all_inner_texts()
        self.page.get_by_label("I have put them where").check()
        self.page.get_by_role("button", name="Done").click()
        return self.codes

    def add_totp(self) -> None:
        """In the profile, as the first factor."""
        self.page.goto("/profile")
        self.page.get_by_role("button", name="Add", exact=True).click()
        self.page.get_by_role("menuitem", name="Authenticator app…").click()
        self.page.get_by_label("Your password").fill(processes.PASSWORD)
        self.page.get_by_role("button", name="Show the code to scan").click()
        code = self.read_setup()
        self.page.get_by_label("The six digits it shows now").fill(code)
        self.page.get_by_role("button", name="Confirm").click()
        self.keep_codes()


def newcomer(browser: Browser, url: str, name: str) -> Newcomer:
    """A fresh organization, and its administrator signed in on the machines page."""
    processes.sign_up(url, name)
    person = Person(browser, url)
    person.sign_in(f"{name}@example.com")
    return Newcomer(name=name, person=person, url=url)
