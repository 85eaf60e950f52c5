"""Second factors in the console: added in the profile, asked for at the sign-in, demanded by an organization."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import processes
from tests.browser.accounts import Newcomer, newcomer
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults

pytestmark = pytest.mark.browser

HEADING = "One more proof"


@pytest.fixture
def tom(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Newcomer]:
    """An administrator of his own; opened under a host name, as passkeys want it."""
    name = f"tom{abs(hash(request.node.name)) % 10**8}"
    who = newcomer(browser, house.url.replace("127.0.0.1", "localhost"), name)
    yield who
    refusals = "Failed to load resource"
    assert [each for each in who.person.problems if not each.startswith(refusals)] == []
    who.person.context.close()


def _authenticator(page: Page) -> None:
    """Chromium's own software authenticator, whose owner says yes to everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_authenticator_app_is_added_and_asked_for(tom: Newcomer) -> None:
    page = tom.page
    tom.add_totp()
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()
    expect(page.get_by_text("Authenticator app ·")).to_be_visible()
    tom.sign_out()
    tom.give_password()
    expect(page.get_by_role("heading", level=1)).to_have_text(HEADING)
    assert serious_faults(page) == []
    field = page.get_by_label("Code of your authenticator app")
    field.fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Invalid or expired code")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    code = tom.code(steps=1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", f" {code[:3]} {code[3:]}\n")
    page.keyboard.press("Control+V")
    page.wait_for_url("**/machines")


def test_a_recovery_code_opens_once(tom: Newcomer) -> None:
    page = tom.page
    tom.add_totp()
    for expected in ("**/machines", None):
        tom.sign_out() if expected else page.goto("/login")
        tom.give_password()
        page.get_by_role("button", name="Use a recovery code").click()
        page.get_by_label("Recovery code").fill(tom.codes[0].upper())
        page.get_by_role("button", name="Go on").click()
        if expected:
            page.wait_for_url(expected)
            page.goto("/profile")
            expect(page.get_by_text("9 recovery codes left")).to_be_visible()
    expect(page.get_by_text("Invalid or expired code")).to_be_visible()


def test_a_passkey_is_made_used_and_removed(tom: Newcomer) -> None:
    page = tom.page
    _authenticator(page)
    page.goto("/profile")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("menuitem", name="Passkey…").click()
    page.get_by_label("Name", exact=True).fill("My laptop")
    page.get_by_label("Your password").fill("not my password")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("Current password is incorrect")).to_be_visible()
    page.get_by_label("Your password").fill(processes.PASSWORD)
    page.get_by_role("button", name="Make the passkey").click()
    tom.keep_codes()
    tom.sign_out()
    tom.give_password()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/machines")
    page.goto("/profile")
    page.get_by_role("button", name="Remove My laptop").click()
    page.get_by_label("Your password").fill(processes.PASSWORD)
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_passkey_question_that_is_closed_can_be_asked_again(tom: Newcomer) -> None:
    page = tom.page
    tom.add_totp()
    refuse = "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    page.evaluate(f"() => {{ navigator.credentials.create = {refuse}; }}")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("menuitem", name="Passkey…").click()
    page.get_by_label("Your password").fill(processes.PASSWORD)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("No passkey was used")
    expect(page.get_by_role("button", name="Make the passkey")).to_be_enabled()


def test_new_recovery_codes_end_the_old_ones(tom: Newcomer) -> None:
    page = tom.page
    tom.add_totp()
    before = tom.codes
    page.get_by_role("button", name="Make new ones…").click()
    page.get_by_label("Your password").fill(processes.PASSWORD)
    page.get_by_role("button", name="Make new codes").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    text = saved.value.path().read_text()
    made = tom.keep_codes()
    assert all(code in text for code in made)
    assert not set(made) & set(before)


def test_an_organization_that_requires_one_lets_nobody_by(tom: Newcomer) -> None:
    """Its administrator, who has none, is asked for one at once; nothing else opens, then the way leads on."""
    page = tom.page
    page.goto("/organization")
    page.get_by_role("switch", name="Require a second factor").click()
    expect(page.get_by_role("dialog")).to_contain_text("You have none yourself")
    page.get_by_role("button", name="Require it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a second factor")
    assert serious_faults(page) == []
    page.goto("/groups")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a second factor")
    page.get_by_role("button", name="Sign out").click()
    tom.give_password(url="/login?next=/groups")
    page.get_by_role("button", name="Authenticator app on your phone").click()
    page.get_by_label("Your password").fill(processes.PASSWORD)
    page.get_by_role("button", name="Show the code to scan").click()
    assert serious_faults(page) == []
    page.get_by_label("The six digits it shows now").fill(tom.read_setup())
    page.get_by_role("button", name="Confirm").click()
    assert serious_faults(page) == []
    tom.keep_codes()
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    page.goto("/profile")
    expect(page.get_by_text("the last one can be replaced, not removed")).to_be_visible()


def test_an_administrator_resets_what_somebody_lost(tom: Newcomer) -> None:
    page = tom.page
    token = processes.sign_in(tom.url, tom.email)
    name = f"lost{tom.name}"
    lost = {"username": name, "email": f"{name}@example.com", "first_name": "Lou", "last_name": "Lost"}
    user = processes.ask(tom.url, "/api/users", lost | {"password": processes.PASSWORD}, token)["user"]
    theirs = processes.sign_in(tom.url, lost["email"])
    asked = {"name": "phone", "current_password": processes.PASSWORD}
    begun = processes.ask(tom.url, "/api/profile/second-factors/totp", asked, theirs)
    tom.secret = begun["secret"]
    path = f"/api/profile/second-factors/totp/{begun['id']}/confirm"
    processes.ask(tom.url, path, {"code": tom.code()}, theirs)
    page.goto(f"/people/{user['id']}")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Reset second factors…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Make sure by another way that it is really them who asked.")
    page.get_by_role("button", name="Reset second factors").click()
    expect(page.get_by_text(f"{name} has no second factor any more")).to_be_visible()
    assert processes.sign_in(tom.url, lost["email"])
