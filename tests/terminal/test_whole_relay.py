"""The doors with everything behind them: rights, records and revocation, over real sockets."""

import httpx2
import pytest
import trio
from trio_websocket import ConnectionClosed

from relay.api.sockets import SOCKET_ROUTES
from relay.domain.access import Permission
from tests.drivers import Refused, open_socket, open_terminal, running_relay
from tests.terminal_driver import ended

REVOCATION_LIMIT_S = 1.0


async def closed_in_time(term) -> tuple[int, str]:
    """Code and reason; a right that is gone ends a shell within a second."""
    began = trio.current_time()
    ending = await term.until_closed()
    assert trio.current_time() - began < REVOCATION_LIMIT_S
    return ending


async def test_shell_is_recorded_from_its_opening_to_its_exit(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            async with open_terminal(here.running.url, agent.agent_id, ada.token, session_id="cli-1700") as term:
                assert (await ada.get("/api/terminal/sessions")).body["total"] == 1
                agent.log("false", 1)
                agent.end_shell(0)
                assert (await term.until_closed())[0] == 1000

            async def is_closed() -> bool:
                return (await ada.get("/api/terminal/sessions")).body["total"] == 0

            await here.until(is_closed)
            found = (await ada.get("/api/sessions/cli-1700")).body
            assert found["session"]["status"] == "closed"
            assert [(each["command"], each["success"]) for each in found["logs"]] == [("false", False)]


async def test_case_04_every_lost_right_cuts_the_shell(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            machine = f"/api/machines/{agent.agent_id}"
            bob = await here.user(ada, "bob")
            with pytest.raises(Refused, match="Not authorized"):
                async with open_terminal(here.running.url, agent.agent_id, bob.token, dialect="plain"):
                    pass
            await ada.post(f"{machine}/access/grant", {"user_id": bob.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                await ada.post(f"{machine}/access/revoke", {"user_id": bob.actor.user_id})
                assert await closed_in_time(term) == (4403, "access revoked")
            await ada.post(f"{machine}/access/grant", {"user_id": bob.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                await bob.post("/api/auth/logout")
                assert (await closed_in_time(term))[0] == 4401
            async with open_terminal(here.running.url, agent.agent_id, ada.token) as term:
                await ada.delete(machine)
                assert (await closed_in_time(term))[0] == 4410


async def test_administrator_ends_anothers_session(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, bob.token, session_id="s1") as term:
                assert (await ada.delete("/api/terminal/sessions/s1")).status == 200
                assert (await closed_in_time(term))[0] == 4410
                assert agent.shell("s1").hung_up is not None


async def test_a_page_is_told_why_it_was_refused_by_the_close_code(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        pending = await here.machine(ada, "later")
        assert (await refusal_in_a_page(here.running.url, pending.machine.agent_id, ada.token))[0] == 4409
        gone = await refusal_in_a_page(here.running.url, "000000000000", ada.token)
        assert gone == (4404, "Machine not found")
        forged = await refusal_in_a_page(here.running.url, pending.machine.agent_id, "forged")
        assert forged == (4401, "Invalid or expired token")


async def refusal_in_a_page(url, agent_id, token):
    protocols = ["fairlead.v1", "bearer", token]
    async with open_socket(f"{url}/api/terminal/{agent_id}/ws", subprotocols=protocols, headers={}) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.get_message()
        return ended(closed.value)


async def test_case_07_another_organizations_machine_is_not_found(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        async with here.agent(ada) as agent:
            with pytest.raises(Refused) as refused:
                async with open_terminal(here.running.url, agent.agent_id, eve.token, dialect="plain"):
                    pass
            assert (refused.value.status, refused.value.body["error"]) == (404, "Machine not found")


async def test_session_of_somebody_else_is_not_taken_up(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            async with open_terminal(here.running.url, agent.agent_id, bob.token, session_id="bobs"):
                with pytest.raises(Refused) as refused:
                    async with open_terminal(
                        here.running.url, agent.agent_id, ada.token, session_id="bobs", resume=1, dialect="plain"
                    ):
                        pass
                assert refused.value.status == 403


async def test_pending_machine_is_503_and_too_many_sessions_429(tmp_path):
    async with running_relay(tmp_path, max_sessions_per_user=1) as here:
        ada = await here.organization("ada", "acme")
        pending = await here.machine(ada, "later")
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.running.url, pending.machine.agent_id, ada.token, dialect="plain"):
                pass
        assert refused.value.status == 503
        assert "pending" in refused.value.body["error"]
        async with here.agent(ada) as agent, open_terminal(here.running.url, agent.agent_id, ada.token) as first:
            with pytest.raises(Refused) as refused:
                async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect="plain"):
                    pass
            assert refused.value.status == 429
            await first.type("x")
            await first.until_text("x")


async def test_person_who_left_shells_behind_makes_room_with_the_oldest(tmp_path):
    async with running_relay(tmp_path, max_sessions_per_user=2) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            for number in range(4):
                async with open_terminal(here.running.url, agent.agent_id, ada.token, session_id=f"s{number}"):
                    pass

                async def is_left(name: str = f"s{number}") -> bool:
                    session = here.running.hub.find_session(name)
                    return session is not None and session.viewer is None

                await here.until(is_left)
            assert sorted(each.session_id for each in here.running.hub.sessions()) == ["s2", "s3"]


@pytest.mark.parametrize("route", SOCKET_ROUTES, ids=lambda route: route.path)
async def test_case_02_every_socket_refuses_strangers(tmp_path, route):
    async with running_relay(tmp_path) as here:
        address = here.running.url + route.path.replace("{agent_id}", "0123456789ab")
        with pytest.raises(Refused) as refused:
            async with open_socket(address, subprotocols=["nonsense"], headers={}):
                pass
        assert refused.value.status == (400 if route.permission is Permission.PUBLIC else 401)
        with pytest.raises(Refused) as refused:
            async with open_socket(address, subprotocols=[], headers={"Origin": "https://evil.example"}):
                pass
        assert refused.value.status == 403


async def test_socket_paths_over_plain_http_are_no_routes(tmp_path):
    async with running_relay(tmp_path) as here, httpx2.AsyncClient(base_url=here.running.url) as http:
        assert (await http.get("/api/agent/ws")).status_code == 404
        assert (await http.get("/api/terminal/0123456789ab/ws")).status_code == 404
