"""Attack cases 1, 2 and 3: pages, strangers and leaking tokens at every WebSocket."""

from ipaddress import ip_network

import pytest

from relay.api.sockets import SOCKET_ROUTES
from tests.attacks.world import machine_with_shell
from tests.drivers import Refused, open_socket, open_terminal, running_relay

FOREIGN = (
    "https://evil.example", "null", "", "http://127.0.0.1.evil.example", "http://localhost:1", "https://127.0.0.1",
    "https://evil.relay.example", "https://relay.example.evil.example", "http://relay.example", "http://[::1]:1",
    "https://relay.example:8443", "https://user@relay.example", "file://", "chrome-extension://abc", "relay.example",
)  # fmt: skip
CONFIGS = {
    "on this machine": {},
    "behind TLS": {"public_url": "https://relay.example"},
    "behind a proxy": {"public_url": "https://relay.example", "trusted_proxies": (ip_network("127.0.0.0/8"),)},
    "with another console": {"allowed_origins": ("https://console.example",)},
}


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("route", SOCKET_ROUTES, ids=lambda route: route.path)
async def test_case_01_no_foreign_page_opens_a_socket(tmp_path, route, config):
    async with running_relay(tmp_path, **CONFIGS[config]) as here, machine_with_shell(here) as (ada, agent_id):
        address = here.running.url + route.path.format(agent_id=agent_id)
        offered = [*route.subprotocols[:1], "bearer", ada.token]
        for origin in FOREIGN:
            headers = {"Origin": origin, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
            with pytest.raises(Refused) as refused:
                async with open_socket(address, subprotocols=offered, headers=headers):
                    pass
            assert (refused.value.status, refused.value.body["error"]) == (403, "Origin not allowed"), origin
        assert (await ada.get("/api/terminal/sessions")).body["total"] == 0


@pytest.mark.parametrize("route", SOCKET_ROUTES, ids=lambda route: route.path)
async def test_case_02_no_credential_of_another_kind_opens_a_socket(tmp_path, route):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        enrolment = (await here.machine(ada, "later")).registration_token
        session_token = (await here.anybody.post("/api/auth/login", _login("ada"))).body["session_token"]
        address = here.running.url + route.path.format(agent_id=agent_id)
        for token in (enrolment, session_token, "x", "", "a.b.c", ada.token[:-2], "bearer"):
            with pytest.raises(Refused) as refused:
                async with open_socket(address, subprotocols=["bearer", token] if token else [], headers={}):
                    pass
            assert refused.value.status in {400, 401}, token


def _login(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.org", "password": "correct horse"}


async def test_case_03_a_token_in_the_address_is_kept_out_of_answers_and_other_pages(tmp_path):
    """There are no one-time tickets: the console sends its token as a sub-protocol; an address is the last resort."""
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, agent_id):
        address = f"{here.running.url}/api/terminal/{agent_id}/ws?token={ada.token}&format=xml"
        with pytest.raises(Refused) as refused:
            async with open_socket(address, subprotocols=[], headers={}):
                pass
        assert ada.token not in str(refused.value.body) + str(refused.value.headers)
        answer = await here.anybody.get("/api/users/me", token=ada.token)
        assert answer.status == 401, "an address opens sockets only"
        assert ada.token not in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        async with open_terminal(here.running.url, agent_id, ada.token) as term:
            assert ada.token not in str(term.session)
            await ada.post("/api/auth/logout")
            assert (await term.until_closed())[0] == 4401
        with pytest.raises(Refused) as refused:
            async with open_socket(address.removesuffix("&format=xml"), subprotocols=[], headers={}):
                pass
        assert refused.value.status == 401
