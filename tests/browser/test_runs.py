"""One command on many machines: chosen, run, followed lane by lane, run again where it failed, stopped."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House
from tests.browser.test_pages import serious_faults
from tests.journeys.person import Person

pytestmark = pytest.mark.browser


def start(admin: Person, command: str, machine: str = "lathe") -> None:
    """Fill the form and send it."""
    page = admin.page
    page.goto("/runs/new")
    page.get_by_label("Command", exact=True).fill(command)
    page.get_by_role("combobox", name="Machines", exact=True).fill(machine)
    page.get_by_role("option", name=machine, exact=True).click()
    page.get_by_role("button", name="Run", exact=True).click()


def test_a_run_shows_what_each_machine_says(admin: Person, house: House) -> None:
    page = admin.page
    start(admin, "echo on every one; echo to the side >&2; exit 3")
    lane = page.get_by_role("article", name="lathe")
    expect(lane).to_contain_text("on every one")
    expect(lane.get_by_label("Errors of lathe")).to_have_text("to the side\n")
    expect(lane).to_contain_text("failed")
    expect(page.locator(".page-note")).to_have_text("Finished")
    assert serious_faults(page) == []
    page.get_by_role("link", name="Run again on 1").click()
    expect(page.get_by_label("Command", exact=True)).to_have_value(re.compile("^echo on every one"))
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("article", name="lathe")).to_contain_text("succeeded")
    page.get_by_text("Need a look").click()
    expect(page.get_by_role("heading", name="Nothing went wrong")).to_be_visible()
    page.goto("/runs")
    expect(page.get_by_role("row", name=re.compile("echo on every one"))).to_contain_text("1 failed")


def test_a_run_is_stopped(admin: Person) -> None:
    page = admin.page
    start(admin, "sleep 200")
    expect(page.get_by_role("article", name="lathe")).to_contain_text("running")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop the run").click()
    expect(page.locator(".page-note")).to_have_text("Cancelled")
    expect(page.get_by_role("article", name="lathe")).not_to_contain_text("running")


def test_what_is_missing_is_said_in_place(admin: Person) -> None:
    page = admin.page
    page.goto("/runs/new")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Write the command to run")
    page.get_by_label("Command", exact=True).fill("true")
    expect(page.get_by_role("alert")).to_have_text("Choose at least one machine")
    page.get_by_text("A group", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Choose a group")
