"""The list of machines and what hangs on it: filters in the address, the palette, thousands of rows, who may what."""

import json
import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def test_the_filter_is_reached_by_a_key_and_lives_in_the_address(admin: Person) -> None:
    page = admin.page
    page.get_by_role("link", name="lathe", exact=True).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("lat")
    expect(page).to_have_url(re.compile(r"\?q=lat$"))
    page.get_by_text(re.compile(r"^Offline \d")).click()
    expect(page.get_by_role("heading", name="No machine matches this filter")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Filter machines")).to_have_value("status:offline lat")
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("link", name="lathe", exact=True)).to_be_visible()


def test_the_palette_loses_no_keystroke_and_opens_a_page(admin: Person) -> None:
    page = admin.page
    page.get_by_role("link", name="lathe", exact=True).wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("group")
    expect(page.get_by_placeholder("Machine or page")).to_have_value("group")
    page.keyboard.press("Enter")
    page.wait_for_url("**/groups")


def test_the_palette_gives_the_keyboard_back(admin: Person) -> None:
    page = admin.page
    field = page.get_by_label("Filter machines")
    button = page.get_by_role("button", name="Go to a machine or page")
    for place in (field, button):
        place.focus()
        page.keyboard.press("Control+k")
        expect(page.get_by_placeholder("Machine or page")).to_be_focused()
        page.keyboard.press("Escape")
        expect(place).to_be_focused()


def test_five_thousand_machines_stay_a_few_rows_of_the_page(admin: Person, house: House) -> None:
    one = processes.ask(house.url, f"/api/machines/{house.agent_id}", token=house.token)["machine"]
    many = [one | {"agent_id": f"{number:012x}", "name": f"node-{number:04}"} for number in range(5000)]

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps({"machines": many}), content_type="application/json")

    page = admin.page
    page.route("**/api/machines", answer)
    page.goto("/machines")
    expect(page.get_by_role("link", name="node-0000", exact=True)).to_be_visible()
    assert page.locator("tbody tr").count() < 60
    page.get_by_role("button", name="Machine", exact=True).click()
    page.get_by_role("button", name="Machine", exact=True).click()
    expect(page.get_by_role("link", name="node-4999", exact=True)).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_a_grant_with_an_end_is_given_and_taken(admin: Person, house: House) -> None:
    page = admin.page
    page.goto(f"/machines/{house.agent_id}?tab=access")
    page.get_by_role("combobox", name="Person", exact=True).fill("bob")
    page.get_by_role("option", name=re.compile("bob")).click()
    page.get_by_role("combobox", name="Ends").click()
    page.get_by_role("option", name="In 8 hours").click()
    page.get_by_role("button", name="Grant access").click()
    row = page.get_by_role("row", name=re.compile("bob"))
    expect(row).to_contain_text("in 7 h")
    row.get_by_role("button", name="Revoke access of bob").click()
    page.get_by_role("button", name="Revoke access", exact=True).click()
    expect(row).to_have_count(0)


def test_a_refusal_is_shown_in_the_relays_words(admin: Person) -> None:
    page = admin.page
    page.goto("/machines/add")
    page.get_by_label("Name").fill("lathe")
    page.get_by_role("button", name="Create and show the command").click()
    expect(page.get_by_role("alert")).to_have_text("Machine with this name already exists")
    admin.problems.clear()  # the browser itself notes the 409


def test_a_machine_is_deleted_after_a_question(admin: Person, house: House) -> None:
    spare = processes.ask(house.url, "/api/machines", {"name": "spare"}, house.token)["machine"]
    page = admin.page
    page.goto(f"/machines/{spare['agent_id']}")
    page.get_by_role("button", name="More about spare").click()
    page.get_by_role("menuitem", name="Delete machine").click()
    page.get_by_role("button", name="Delete machine").click()
    page.wait_for_url("**/machines")
    expect(page.get_by_role("link", name="spare", exact=True)).to_have_count(0)


def test_a_user_is_not_offered_what_they_may_not_do(browser: Browser, house: House) -> None:
    person = Person(browser, house.url)
    person.sign_in(house.user)
    expect(person.page.get_by_role("heading", name="No machine is shared with you yet")).to_be_visible()
    expect(person.page.get_by_role("button", name="Show me the one line")).to_have_count(0)
    person.page.goto("/machines/add")
    expect(person.page.get_by_role("heading", name="Only administrators add machines")).to_be_visible()
    person.page.goto(f"/groups/{house.group_id}")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Turners")
    expect(person.page.get_by_role("button", name="Edit")).to_have_count(0)
    expect(person.page.get_by_role("combobox", name="Add a person")).to_have_count(0)
    person.context.close()


def test_the_name_of_a_machine_keeps_its_room_at_every_width(admin: Person) -> None:
    name = admin.page.locator("td[data-column=name]").first
    name.wait_for()
    rooms = {}
    for width in (390, 800, 880, 980, 1130, 1240, 1380, 1440):
        admin.page.set_viewport_size({"width": width, "height": 700})
        rooms[width] = name.evaluate("cell => cell.clientWidth")
    assert {width: room for width, room in rooms.items() if room < 170} == {}
