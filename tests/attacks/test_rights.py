"""Attack cases 8, 10 and 13: nobody in particular, a role that may nothing, and each verb for itself."""

import re

import pytest

from relay.api.sockets import SOCKET_ROUTES
from relay.app import routes_of
from relay.config import Config
from relay.domain.access import PERMISSIONS, Permission
from relay.domain.accounts import Role
from tests.attacks.world import audited, machine_with_shell
from tests.drivers import Refused, open_socket, open_terminal, running_relay
from tests.webxterm.house import Client

GUARDED = [route for route in routes_of(Config()) if route.permission is not Permission.PUBLIC]


def _path(path: str) -> str:
    return re.sub(r"\{\w+\}", "0" * 24, path)


@pytest.mark.parametrize("subject", ["", " ", "0" * 24, "None", "root", "*", "0"])
async def test_case_08_a_token_that_names_nobody_opens_nothing(tmp_path, subject):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        tokens = here.services.auth.tokens
        claims = dict(tokens.read(ada.token, audience="api")) | {"sub": subject, "user_id": subject}
        nobody = Client(here.http, tokens.issue(claims, audience="api", lifetime_s=60).token)
        for route in GUARDED:
            answer = await nobody.ask(route.method, _path(route.path), {})
            assert answer.status == 401, (route.method, route.path, answer.text)
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.running.url, agent_id, nobody.token, dialect="plain"):
                pass
        assert refused.value.status == 401


async def test_case_10_a_role_without_rights_may_nothing(tmp_path, monkeypatch):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        bob = await here.user(ada, "bob")
        await here.services.access.grant(ada.actor, agent_id, user_id=bob.actor.user_id)
        monkeypatch.setitem(PERMISSIONS, Role.USER, frozenset())
        for route in GUARDED:
            answer = await bob.ask(route.method, _path(route.path), {})
            assert answer.status == 403, (route.method, route.path, answer.text)
        for socket in SOCKET_ROUTES:
            if socket.permission is not Permission.PUBLIC:
                address = here.running.url + socket.path.format(agent_id=agent_id)
                with pytest.raises(Refused) as refused:
                    async with open_socket(address, subprotocols=["bearer", bob.token], headers={}):
                        pass
                assert refused.value.status == 403


async def test_case_13_each_verb_on_a_session_is_refused_by_itself(tmp_path):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        bob, eve = await here.user(ada, "bob"), await here.organization("eve", "Evil")
        async with open_terminal(here.running.url, agent_id, ada.token, session_id="s1") as shell:
            for method, path in (
                ("GET", f"/api/machines/{agent_id}/sessions"),
                ("GET", f"/api/machines/{agent_id}/sessions/active"),
                ("GET", f"/api/machines/{agent_id}/logs"),
                ("GET", "/api/sessions/s1"),
                ("DELETE", "/api/terminal/sessions/s1"),
            ):
                assert (await bob.ask(method, path)).status == 403, path
                assert (await eve.ask(method, path)).status == 404, path
                assert (await here.anybody.ask(method, path)).status == 401, path
            for other in (bob, eve):
                assert (await other.get("/api/terminal/sessions")).body["total"] == 0
            await shell.type("still mine")
            await shell.until_text("still mine")


@pytest.mark.parametrize("resume", ["1", "0"])
async def test_case_13_anothers_session_is_neither_taken_up_nor_watched(tmp_path, resume):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        bob = await here.user(ada, "bob")
        await here.services.access.grant(ada.actor, agent_id, user_id=bob.actor.user_id)
        async with open_terminal(here.running.url, agent_id, ada.token, session_id="s1") as shell:
            with pytest.raises(Refused) as refused:
                async with open_terminal(
                    here.running.url, agent_id, bob.token, dialect="plain", session_id="s1", resume=resume
                ):
                    pass
            assert refused.value.status == 403
            await shell.type("alone")
            await shell.until_text("alone")


async def test_case_13_what_was_refused_stands_in_the_audit_log_once_a_minute(tmp_path):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        bob = await here.user(ada, "bob")
        for _ in range(3):
            assert (await bob.get("/api/users")).status == 403
            assert (await bob.get(f"/api/machines/{agent_id}/logs")).status == 403
            assert (await bob.post(f"/api/machines/{agent_id}/command", {"command": "id"})).status == 403
        entries = await audited(ada, "access_denied")
        assert {each["username"] for each in entries} == {"bob"}
        assert {each["status"] for each in entries} == {"failure"}
        asked = sorted((each["resource"], each["resource_id"], each["details"].get("asked", "")) for each in entries)
        assert asked == [
            *[("machine", agent_id, "")] * 3,
            ("machine", agent_id, "GET /api/machines/{agent_id}/logs"),
            ("user", "", "GET /api/users"),
        ]
        here.clock.advance(61)
        assert (await bob.get("/api/users")).status == 403
        assert len(await audited(ada, "access_denied")) == 6
        async with open_terminal(here.running.url, agent_id, ada.token, session_id="s1"):
            await here.services.access.grant(ada.actor, agent_id, user_id=bob.actor.user_id)
            with pytest.raises(Refused):
                async with open_terminal(here.running.url, agent_id, bob.token, dialect="plain", session_id="s1"):
                    pass
        assert len(await audited(ada, "access_denied")) == 7
