"""Attack case 30: markup that people and machines put into every text comes back as data, never as a page."""

from urllib.parse import quote

import pytest

from relay.api.console import page_policy
from tests.drivers import running_relay
from tests.webxterm.house import PASSWORD

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
READS = (
    "/api/machines", "/api/users", "/api/groups", "/api/community/issues", "/api/dashboard/recent-machines",
    "/api/users/me", "/api/profile", "/api/audit",
)  # fmt: skip


async def test_case_30_texts_are_returned_as_data_with_a_policy_that_runs_nothing(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        root = await here.super_admin()
        assert (await root.put("/api/admin/organizations/acme", {"display_name": EVIL})).status == 200
        user = {"username": "bob", "email": "b@example.org", "password": PASSWORD}
        assert (await ada.post("/api/users", {**user, "first_name": EVIL, "last_name": EVIL})).status == 201
        assert (await ada.post("/api/groups", {"name": EVIL, "description": EVIL})).status == 201
        issue = (await ada.post("/api/community/issues", {"title": EVIL, "description": EVIL, "tags": ["<b>"]})).body
        one = f"/api/community/issues/{issue['issue']['id']}"
        assert (await ada.post(f"{one}/fixes", {"content": EVIL})).status == 201
        async with here.agent(ada, name=EVIL[:90], hostname=EVIL, os=EVIL):
            for path in (*READS, one, f"{one}/fixes", "/api/admin/organizations"):
                answer = await (root if "admin" in path else ada).get(path)
                assert answer.status == 200, path
                assert answer.headers["content-type"] == "application/json", path
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await ada.get(one)).body["issue"]["description"] == EVIL, "stored as it was written"


@pytest.mark.parametrize("path", ["/api/{}", "/api/users/{}", "/api/community/issues/{}", "/uploads/{}", "/api/x?q={}"])
async def test_case_30_nothing_of_a_request_is_reflected_as_a_page(tmp_path, path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        headers = {"authorization": f"Bearer {ada.token}", "accept": "text/html"}
        answer = await here.http.get(path.format(quote(EVIL, safe="")), headers=headers)
        assert answer.status_code >= 400
        assert answer.headers["content-type"] == "application/json"
        assert "script" not in answer.text


def test_case_30_the_consoles_page_runs_no_inline_script():
    rules = dict(each.strip().split(" ", 1) for each in page_policy("nonce").split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in page_policy("nonce")
