"""A shell inside the console's frame: it stays while other pages are open, and keeps the keys that are readline's.

With FAIRLEAD_PICTURE=docs/console.png it also draws the picture in the README.
"""

import base64
import os

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_a_shell_outlives_a_walk_through_other_pages(admin: Person, house: House) -> None:
    admin.page.set_viewport_size({"width": 1000, "height": 600})
    admin.connect("lathe")
    admin.run("ec''ho a line to keep", until="a line to keep")
    page = admin.page
    page.keyboard.press("Control+k")
    expect(page.get_by_placeholder("Machine or page")).to_have_count(0)
    shell = page.screenshot()
    page.get_by_role("link", name="Machines", exact=True).click()
    expect(page.get_by_role("link", name="Terminals 1 open")).to_be_visible()
    page.get_by_role("link", name="lathe", exact=True).wait_for()
    machines = page.screenshot()
    page.get_by_role("link", name="Terminals").click()
    admin.wait_for_state("live")
    admin.wait_for_text("a line to keep")
    if path := os.environ.get("FAIRLEAD_PICTURE"):
        draw(admin.context.new_page(), machines, shell, path)


def draw(page: Page, left: bytes, right: bytes, path: str) -> None:
    """Two pictures side by side."""
    images = [
        f'<img width="710" src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in (left, right)
    ]
    page.set_content(
        f'<body style="margin:8px;display:flex;align-items:flex-start;gap:8px;background:#05080b">{"".join(images)}'
    )
    page.locator("img").last.evaluate("image => image.decode()")
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1440, "height": 442})
    page.close()
