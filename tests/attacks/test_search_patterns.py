"""Case 41, of searching: nothing that is searched for is a pattern, and no question costs without bound."""

import pytest

from relay.services import log_search
from tests.drivers import running_relay
from tests.webxterm.test_log_search import Log, found, machines

PATTERNS = (
    "(a+)+$",
    ".*",
    "a{1,1000}",
    "^a",
    "[a-z]",
    "a|b",
    "%",
    "_",
    "a*",
    '"a" OR "b"',
    "NEAR(a b)",
    "\\d",
    "a AND a",
)


@pytest.mark.parametrize("path", ["/api/logs/search", "/api/machines/{}/logs/search"])
async def test_case_41_a_search_takes_every_text_literally(tmp_path, path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "web")
        log = Log(here)
        await log.add(web, ada, "a" * 8000 + "b")
        for pattern in PATTERNS:
            await log.add(web, ada, f"grep '{pattern}' x")
        for pattern in PATTERNS:
            answer = await ada.get(path.format(web.agent_id), q=pattern)
            assert answer.status == 200, answer.text
            expected = {f"grep '{each}' x" for each in PATTERNS if pattern.lower() in each.lower()}
            assert {each["command"] for each in answer.body["logs"]} == expected, pattern


async def test_case_41_one_request_reads_a_bounded_number_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(log_search, "EXAMINE_ROWS", 10)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "web")
        log = Log(here)
        for number in range(40):
            await log.add(web, ada, f"aab {number} baa")
        answer = await ada.get("/api/logs/search", q="aab", exit_code=1, limit=1)
        assert (answer.body["logs"], answer.body["searched_to"]) == ([], "2026-11-19T12:00:31Z")
        assert await found(ada, q="aab 1 b") == ["aab 1 baa"]
