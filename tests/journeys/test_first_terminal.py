"""The promise of the product in one piece: add a machine, use it, see it in the log, let another in, cut them off."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import processes
from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.journey]

REVOCATION_LIMIT_S = 1.0
INSTALLED = Path("/opt/fairlead-agent")
"""Where the one-liner puts the agent when root runs it. A test must not take a real one away."""


@contextmanager
def installed_by(line: str, home: Path) -> Iterator[None]:
    """Run the printed one-liner as a person would; uninstall on the way out."""
    run = lambda text: subprocess.run(  # noqa: E731 two calls that must not differ
        ["sh", "-c", text], env=_environment(home), check=True, timeout=60, capture_output=True, text=True
    )
    run(line)
    try:
        yield
    finally:
        run(line.replace("sh -s --", "sh -s -- --uninstall", 1))


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}


@pytest.mark.skipif(INSTALLED.exists(), reason="NOT TRIED: this machine has an agent installed, which stays")
def test_a_person_adds_a_machine_and_decides_who_may_use_it(browser: Browser, relay_url: str, tmp_path: Path) -> None:
    token = processes.sign_up(relay_url, "ada")
    bob = {"username": "bob", "email": "bob@example.com", "first_name": "Bob", "last_name": "Builder"}
    processes.ask(relay_url, "/api/users", bob | {"password": processes.PASSWORD}, token)
    admin, other = Person(browser, relay_url), Person(browser, relay_url)

    admin.sign_in("ada@example.com")
    admin.page.goto("/machines/add")
    admin.page.get_by_label("Name").fill("lathe")
    admin.page.get_by_role("button", name="Create and show the command").click()
    line = admin.page.get_by_role("region", name="Install command").inner_text()
    with installed_by(line, tmp_path):
        admin.page.get_by_role("link", name="Connect to lathe").click()
        admin.wait_for_state("live")
        admin.run("echo he''llo", until="hello")
        admin.run("false", until="false")
        admin.run("printf 'al%s\\n' done", until="aldone")
        agent_id = processes.ask(relay_url, "/api/machines", token=token)["machines"][0]["agent_id"]
        log = admin.command_log(agent_id)
        assert ["0", "echo he''llo"] in log
        assert ["1", "false"] in log

        other.sign_in("bob@example.com")
        expect(other.page.get_by_role("link", name="Connect to lathe")).to_have_count(0)
        other.page.goto(f"/terminals?open={agent_id}")
        other.wait_for_state("refused")
        expect(other.page.get_by_text("Not authorized")).to_be_visible()

        _make_group(admin, "Turners", "bob", "lathe")
        other.connect("lathe")
        other.run("echo gran''ted", until="granted")

        admin.page.get_by_role("button", name="Remove bob from the group").click()
        start = time.monotonic()
        admin.page.get_by_role("button", name="Remove", exact=True).click()
        other.wait_for_state("refused")
        assert time.monotonic() - start < REVOCATION_LIMIT_S
    assert admin.problems == []


def _make_group(admin: Person, name: str, member: str, machine: str) -> None:
    page = admin.page
    page.goto("/groups")
    page.get_by_role("button", name="New group").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create group").click()
    page.get_by_role("heading", name=name).wait_for()
    for placeholder, choice in (("Add a person", member), ("Add a machine", machine)):
        page.get_by_label(placeholder).first.click()
        page.get_by_role("option", name=choice).first.click()
        page.get_by_role("button", name=f"Remove {choice} from the group").wait_for()
