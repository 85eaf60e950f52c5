"""A relay, one organization with a live machine, and a browser, for the tests of the console's pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import processes
from tests.chromium import chromium
from tests.journeys.person import Person

SUPER_ADMIN = "grace@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the pages show: an administrator, a user without access, a super admin, a live machine, a group."""

    url: str
    token: str
    agent_id: str
    group_id: str
    admin: str = "ada@example.com"
    user: str = "bob@example.com"
    super_admin: str = SUPER_ADMIN


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("house")
    above = {"USERNAME": "grace", "EMAIL": SUPER_ADMIN, "PASSWORD": processes.PASSWORD}
    env = {f"FAIRLEAD_SUPER_ADMIN_{name}": value for name, value in above.items()}
    many = ["--trusted-proxies", "127.0.0.1"]  # organizations made by these tests: each from an address of its own
    with processes.relay_process(home / "data", *many, log=home / "relay.log", env=env) as url:
        token = processes.sign_up(url, "ada")
        _add_user(url, token, "bob")
        agent_id = processes.enrol(url, token, "lathe", home / "agent")
        group = processes.ask(url, "/api/groups", {"name": "Turners", "description": "At the lathe"}, token)["group"]
        with processes.process("agent", "run", "--state", str(home / "agent"), log=home / "agent.log"):
            processes.wait_until_online(url, token, agent_id)
            yield House(url=url, token=token, agent_id=agent_id, group_id=group["id"])


@pytest.fixture
def admin(browser: Browser, house: House) -> Iterator[Person]:
    """The administrator, signed in; the test fails when the page complained about anything."""
    yield from _signed_in(browser, house, house.admin)


@pytest.fixture
def super_admin(browser: Browser, house: House) -> Iterator[Person]:
    """Whoever runs the relay, signed in."""
    yield from _signed_in(browser, house, house.super_admin)


def _signed_in(browser: Browser, house: House, email: str) -> Iterator[Person]:
    person = Person(browser, house.url)
    person.sign_in(email)
    yield person
    person.context.close()
    assert person.problems == []


def _add_user(url: str, token: str, name: str) -> None:
    user = {"username": name, "email": f"{name}@example.com", "first_name": name.title(), "last_name": "Builder"}
    processes.ask(url, "/api/users", user | {"password": processes.PASSWORD}, token)
