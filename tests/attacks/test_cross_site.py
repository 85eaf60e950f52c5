"""Attack case 32: another site's page in a person's browser can neither act as that person nor read an answer."""

import json

import pytest

from relay.app import routes_of
from relay.config import Config
from relay.domain.access import Permission
from tests.drivers import running_relay
from tests.webxterm.house import PASSWORD

EVIL = "https://evil.example"
OURS = "https://console.example"
ORIGINS = (EVIL, "null", f"{OURS}.evil.example", f"http{OURS[5:]}", f"{OURS}:8443", "https://sub.console.example", "")
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b")
"""What a page may send anywhere without asking first."""


async def test_case_32_a_browser_keeps_nothing_that_speaks_for_its_person(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        login = await here.http.post("/api/auth/login", json={"username": "ada", "password": PASSWORD})
        assert "set-cookie" not in login.headers
        for name in ("token", "session", "session_token", "Authorization", "jwt"):
            answer = await here.http.get("/api/users/me", headers={"cookie": f"{name}={ada.token}"})
            assert answer.status_code == 401
        assert (await here.http.get("/api/users/me", params={"token": ada.token})).status_code == 401


@pytest.mark.parametrize("media_type", SIMPLE)
async def test_case_32_a_simple_request_of_another_site_changes_nothing(tmp_path, media_type):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        body = json.dumps({"name": "x", "title": "x", "description": "x", "role": "company_admin"})
        cookies = f"token={ada.token}"
        for route in routes_of(Config()):
            if route.permission is Permission.PUBLIC or route.method == "GET":
                continue
            answer = await here.http.request(
                route.method,
                route.path.replace("{", "").replace("}", ""),
                content=body,
                headers={"content-type": media_type, "origin": EVIL, "cookie": cookies},
            )
            assert answer.status_code == 401, route.path
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("allowed", [(), (OURS,)])
async def test_case_32_no_strange_origin_is_reflected(tmp_path, allowed):
    async with running_relay(tmp_path, allowed_origins=allowed) as here:
        ada = await here.organization("ada", "acme")
        for origin in ORIGINS:
            asked = {"origin": origin, "authorization": f"Bearer {ada.token}"}
            preflight = {"origin": origin, "access-control-request-method": "PUT"}
            for answer in (
                await here.http.get("/api/users/me", headers=asked),
                await here.http.get("/api/nowhere", headers=asked),
                await here.http.options("/api/users/me", headers=preflight),
                await here.http.options("/api/community/upload", headers=preflight),
            ):
                assert not [name for name in answer.headers if name.startswith("access-control-")], origin
                assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_case_32_the_configured_origin_reads_without_credentials(tmp_path):
    async with running_relay(tmp_path, allowed_origins=(OURS,)) as here:
        ada = await here.organization("ada", "acme")
        headers = {"origin": OURS, "authorization": f"Bearer {ada.token}"}
        answer = await here.http.get("/api/users/me", headers=headers)
        assert answer.headers["access-control-allow-origin"] == OURS
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()
