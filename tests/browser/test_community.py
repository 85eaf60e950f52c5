"""Community: an issue is written, somebody proposes a fix, it is liked and accepted; Markdown carries no harm."""

import base64
import re

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.browser.test_people import choose
from tests.journeys.person import Person

pytestmark = pytest.mark.browser

HARMFUL = """**Bold** and `code`

<script>document.title = 'taken'</script><img src=x onerror="document.title='taken'">

[click](javascript:document.title='taken') ![track](https://elsewhere.example/pixel.png)
"""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_an_issue_finds_its_fix(admin: Person, browser: Browser, house: House) -> None:
    page = admin.page
    page.goto("/community")
    page.get_by_role("button", name="New issue").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Write issue").click()
    expect(dialog.get_by_text("Say in a line what is wrong")).to_be_visible()
    dialog.get_by_label("Title").fill("The spindle stops at noon")
    dialog.get_by_label("Description").fill(HARMFUL)
    picture = {"name": "the [spindle].png", "mimeType": "image/png", "buffer": PIXEL}
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Add a picture").click()
    chooser.value.set_files(picture)
    expect(dialog.get_by_label("Description")).to_have_value(re.compile(r"!\[the  ?spindle\]\(/uploads/"))
    dialog.get_by_label("Tags").fill("spindle, noon")
    dialog.get_by_role("button", name="Write issue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The spindle stops at noon")
    issue = page.get_by_role("article", name="Issue")
    expect(issue.locator("strong")).to_have_text("Bold")
    expect(issue.locator("script, a[href^=javascript], img:not([src^='/uploads/'])")).to_have_count(0)
    shown = issue.get_by_role("img", name="the spindle")
    page.wait_for_function("image => image.complete && image.naturalWidth === 1", arg=shown.element_handle())
    assert "taken" not in page.title()
    assert serious_faults(page) == []

    other = Person(browser, house.url)
    other.sign_in(house.user)
    other.page.goto(page.url)
    expect(other.page.get_by_role("button", name="Actions")).to_have_count(0)
    other.page.get_by_label("Propose a fix").last.fill("Oil it:\n\n    oil --spindle")
    other.page.get_by_role("button", name="Propose fix").click()
    expect(other.page.get_by_role("article", name="Fix by bob")).to_contain_text("oil --spindle")
    other.context.close()

    page.reload()
    fix = page.get_by_role("article", name="Fix by bob")
    fix.get_by_role("button", name="Like, 0 so far").click()
    expect(fix.get_by_role("button", name="Like, 1 so far")).to_have_attribute("aria-pressed", "true")
    fix.get_by_role("button", name="This solved it").click()
    expect(fix).to_contain_text("solved it")
    expect(page.locator(".page-note")).to_have_text("Resolved")

    page.goto("/community?status=resolved")
    page.get_by_label("Search issues").fill("spindle")
    expect(page).to_have_url(re.compile("q=spindle"))
    page.get_by_role("link", name="The spindle stops at noon").click()
    choose(admin, "Delete…", "Delete issue")
    page.wait_for_url("**/community")


def test_the_first_page_says_what_it_is_for(browser: Browser, house: House) -> None:
    token = processes.sign_up(house.url, "quiet")
    assert token
    person = Person(browser, house.url)
    person.sign_in("quiet@example.com")
    person.page.goto("/community")
    expect(person.page.get_by_role("heading", name="Nothing written yet")).to_be_visible()
    assert serious_faults(person.page) == []
    person.context.close()
    assert person.problems == []
