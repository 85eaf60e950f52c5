"""Signing in with an identity provider: a real one of our own, in a process, and the console's way there and back."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from tests import processes
from tests.browser.accounts import Newcomer
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, identity_provider, misbehave
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[str]:
    with identity_provider() as url:
        yield url


@pytest.fixture
def url(provider: str, tmp_path: Path) -> Iterator[str]:
    """A relay that knows the provider as plain OpenID Connect."""
    sso = {"id": "sso", "name": "Our SSO", "issuer": provider, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    env = {"FAIRLEAD_OIDC_PROVIDERS": msgspec.json.encode([sso]).decode(), "FAIRLEAD_OIDC_PRIVATE_ORIGINS": provider}
    with processes.relay_process(tmp_path / "data", env=env) as started:
        yield started


def _vouch(provider: str, email: str) -> None:
    now = int(time.time())
    misbehave(provider, claims={"iat": now, "exp": now + 300, "email": email})


def _leave(page: Page, url: str = "/login") -> None:
    page.goto(url)
    page.get_by_role("link", name="Sign in with Our SSO").click()


def test_a_person_comes_back_signed_in_and_where_they_were(browser: Browser, provider: str, url: str) -> None:
    processes.sign_up(url, "ada")
    _vouch(provider, "ada@example.com")
    person = Person(browser, url)
    page = person.page
    page.goto("/login")
    expect(page.get_by_role("link", name="Sign in with Our SSO")).to_be_visible()
    assert serious_faults(page) == []
    _leave(page, "/login?next=/groups")
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    assert page.url == f"{url}/groups"
    assert "api_key" not in page.evaluate("sessionStorage.getItem('fairlead.auth')")
    page.go_back()
    assert "#" not in page.url
    assert person.problems == []
    person.context.close()


def test_a_second_factor_is_asked_for_all_the_same(browser: Browser, provider: str, url: str) -> None:
    processes.sign_up(url, "ada")
    _vouch(provider, "ada@example.com")
    ada = Newcomer(name="ada", person=Person(browser, url), url=url)
    ada.person.sign_in(ada.email)
    ada.add_totp()
    ada.sign_out()
    _leave(ada.page)
    expect(ada.page.get_by_role("heading", level=1)).to_have_text("One more proof")
    assert "#" not in ada.page.url
    ada.page.get_by_label("Code of your authenticator app").fill(ada.code(steps=1))
    ada.page.get_by_role("button", name="Go on").click()
    ada.page.wait_for_url("**/machines")
    ada.person.context.close()


def test_an_unknown_address_is_refused_in_words(browser: Browser, provider: str, url: str) -> None:
    _vouch(provider, "nobody@example.com")
    person = Person(browser, url)
    _leave(person.page)
    expect(person.page.get_by_role("alert")).to_have_text("No account found for this email")
    assert serious_faults(person.page) == []
    person.page.get_by_role("button", name="Back to the sign-in").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Sign in to Fairlead")
    person.context.close()


def test_a_token_nobody_set_out_for_signs_nobody_in(browser: Browser, house: House) -> None:
    """A link somebody else made must not put a person into somebody else's account."""
    theirs = processes.sign_in(house.url, house.user)
    person = Person(browser, house.url)
    person.page.goto(f"/oauth/callback#token={theirs}&session_token={theirs}&expires_in=3600")
    expect(person.page.get_by_role("alert")).to_contain_text("was not begun in this window")
    assert person.page.url == f"{house.url}/oauth/callback"
    assert person.page.evaluate("sessionStorage.getItem('fairlead.auth')") is None
    person.context.close()


def test_no_button_where_no_provider_is_set_up(browser: Browser, house: House) -> None:
    person = Person(browser, house.url)
    with person.page.expect_response("**/api/auth/oidc/providers"):
        person.page.goto("/login")
    expect(person.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(person.page.get_by_text("Sign in with")).to_have_count(0)
    person.context.close()
