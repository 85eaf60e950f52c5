"""A shell inside the console's frame: it stays while other pages are open, and keeps the keys that are readline's.

With FAIRLEAD_PICTURE=docs/console.png it also draws the picture in the README.
"""

import os

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House
from tests.browser.picture import draw
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_shell_outlives_a_walk_through_other_pages(admin: Person, house: House) -> None:
    admin.page.set_viewport_size({"width": 1000, "height": 600})
    admin.connect("lathe")
    admin.run("ec''ho a line to keep", until="a line to keep")
    page = admin.page
    page.keyboard.press("Control+k")
    expect(page.get_by_placeholder("Machine or page")).to_have_count(0)
    page.get_by_role("link", name="Machines", exact=True).click()
    expect(page.get_by_role("link", name="Terminals 1 open")).to_be_visible()
    page.get_by_role("link", name="lathe", exact=True).wait_for()
    page.get_by_role("link", name="Terminals").click()
    admin.wait_for_state("live")
    admin.wait_for_text("a line to keep")
    if path := os.environ.get("FAIRLEAD_PICTURE"):
        draw(admin, house, path)
