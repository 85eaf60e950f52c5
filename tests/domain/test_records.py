"""Statuses, clients, pages and limits: the small rules, each with its edges."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain import audit, clients, commands, paging, terminals
from relay.domain.accounts import Source
from relay.domain.errors import Invalid
from relay.domain.machines import Status, status_at, uptime_text
from tests.domain.test_access import machine

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, Status.PENDING),
        ({"is_connected": True, "last_heartbeat": NOW}, Status.PENDING),
        ({"public_key": "k"}, Status.OFFLINE),
        ({"public_key": "k", "is_connected": True, "connected_at": ago(120)}, Status.ONLINE),
        ({"public_key": "k", "is_connected": True, "connected_at": ago(120.001)}, Status.OFFLINE),
        ({"public_key": "k", "is_connected": True, "connected_at": ago(999), "last_heartbeat": ago(5)}, Status.ONLINE),
        ({"public_key": "k", "last_heartbeat": ago(5), "disconnected_at": ago(14.999)}, Status.ONLINE),
        ({"public_key": "k", "last_heartbeat": ago(5), "disconnected_at": ago(15)}, Status.OFFLINE),
        ({"public_key": "k", "last_heartbeat": ago(5)}, Status.OFFLINE),
    ],
)
def test_the_status_follows_from_facts_and_time(facts, status):
    assert status_at(machine(**facts), NOW) is status


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, None), (0, "0m"), (59, "0m"), (60, "1m"), (3600, "1h 0m"), (5 * 86400 + 12 * 3600 + 1800, "5d 12h 30m")],
)
def test_uptime(seconds, text):
    assert uptime_text(seconds) == text


CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (CHROME, "Chrome", "macOS"),
        (EDGE, "Edge", "Windows"),
        (SAFARI, "Safari", "iOS"),
        (FIREFOX, "Firefox", "Linux"),
        ("curl/8.5.0", "curl", "Unknown"),
        ("", "Unknown", "Unknown"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile Safari/537.36", "Chrome", "Android"),
    ],
)
def test_browser_and_system(user_agent, browser, system):
    assert (clients.browser_of(user_agent), clients.os_of(user_agent)) == (browser, system)


@pytest.mark.parametrize(
    ("hint", "user_agent", "source"),
    [
        ("cli", FIREFOX, Source.CLI),
        ("phone", FIREFOX, Source.UI),
        ("", "vscode/1.99", Source.VSCODE),
        ("", "curl/8.5.0", Source.CLI),
        ("", "fairlead-cli/0.1", Source.CLI),
        ("", "HTTPClient/4", Source.UI),
    ],
)
def test_the_source_of_a_login(hint, user_agent, source):
    assert clients.source_of(hint, user_agent) is source


@pytest.mark.parametrize(
    ("asked", "login", "session_id", "source"),
    [
        ("vscode", Source.UI, "", Source.VSCODE),
        ("", Source.CLI, "session-1", Source.CLI),
        ("x", None, "cli-17", Source.CLI),
        (None, None, "vscode-1", Source.VSCODE),
        (None, None, "other", Source.UI),
    ],
)
def test_the_source_of_a_session(asked, login, session_id, source):
    assert clients.source_of_session(asked, login, session_id) is source


@given(st.lists(st.integers(), max_size=50), st.integers(1, 60), st.integers(1, 60))
def test_the_pages_of_a_list_are_the_list(items, limit, beyond):
    first = paging.page_of(items, paging.PageRequest(page=1, limit=limit))
    pages = [paging.page_of(items, paging.PageRequest(page=n, limit=limit)) for n in range(1, first.total_pages + 1)]
    assert [item for page in pages for item in page.items] == items
    after = paging.page_of(items, paging.PageRequest(page=first.total_pages + beyond, limit=limit))
    assert (after.items, after.total) == ([], len(items))


def test_what_a_list_is_asked_for():
    assert paging.page_request(None, None).limit == paging.UNPAGED_LIMIT
    assert paging.page_request(2, None) == paging.PageRequest(page=2, limit=25)
    assert paging.page_request(None, None, default=100, maximum=500).limit == 100
    for page, limit in ((0, None), (-1, 5), (1, 0), (1, 201), (10_001, 1)):
        with pytest.raises(Invalid):
            paging.page_request(page, limit)


@pytest.mark.parametrize("command", ["ls", " ls\n", "x" * 8192, "é"])
def test_commands(command):
    assert commands.check_command(command) == command


def test_bounds_of_commands_and_screens():
    for bad in ("", " \t\n", "x" * 8193, "a\0b"):
        with pytest.raises(Invalid):
            commands.check_command(bad)
    assert (commands.check_timeout(1), commands.check_timeout(300)) == (1, 300)
    terminals.check_size(1, 1000)
    assert terminals.check_session_id("cli-17_A") == "cli-17_A"
    for bad in (
        lambda: commands.check_timeout(0),
        lambda: terminals.check_size(80, 0),
        lambda: terminals.check_session_id(""),
    ):
        with pytest.raises(Invalid):
            bad()


def test_every_action_has_a_category_and_a_severity():
    found = {action: (audit.category_of(action), audit.severity_of(action)) for action in audit.Action}
    assert found[audit.Action.LOGIN_FAILED] == (audit.Category.AUTHENTICATION, audit.Severity.WARNING)
    assert found[audit.Action.MACHINE_ACCESS] == (audit.Category.SESSION, audit.Severity.INFO)
    assert found[audit.Action.USER_DELETED] == (audit.Category.ADMINISTRATIVE, audit.Severity.WARNING)
