"""One's own profile, and the account API key: acting by it, making another one, enrolling machines with it."""

import subprocess

import pytest
import trio

from tests.drivers import AgentDouble, Refused, connected_agent, open_socket, open_terminal, running_relay
from tests.processes import python
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.house import PASSWORD, Answer, Client, Relay, encoded

REGENERATE = "/api/profile/regenerate-api-key"


async def key_of(person: Client) -> str:
    return (await person.get("/api/profile")).body["user"]["api_key"]


async def by_key(person: Client) -> Client:
    return Client(person.http, await key_of(person), person.actor)


async def enrol(here: Relay, key: str, agent: AgentDouble, hostname: str = "web-1", **more) -> Answer:
    body = {"token": key, "public_key": encoded(agent), "hostname": hostname, **more}
    return await here.anybody.post("/api/agent/register", body)


async def test_the_profile_shows_oneself(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        user = (await ada.get("/api/profile")).body["user"]
        assert user["api_key"].startswith("fl_ak_")
        assert (user["id"], user["username"], user["role"]) == (ada.actor.user_id, "ada", "company_admin")
        assert (user["tenant_id"], user["groups"], user["avatar_url"]) == ("acme", [], None)
        assert user["created_at"] == user["last_login"] == "2026-11-21T12:00:00Z"


async def test_a_key_acts_as_its_owner_in_either_header(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        key = await key_of(ada)
        assert (await Client(here.http, key).get("/api/users/me")).body["user"]["username"] == "ada"
        mine = await here.http.get("/api/users/me", headers={"x-api-key": key})
        assert mine.json()["user"]["username"] == "ada"
        created = await Client(here.http, key).post("/api/machines", {"name": "web-1"})
        assert created.status == 201
        (entry,) = await here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "machine_created"}
        )
        assert (entry["username"], entry["source"]) == ("ada", "cli")


async def test_what_is_no_key_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for headers in (
            {"authorization": "Bearer fl_ak_wrong"},
            {"x-api-key": "fl_ak_wrong"},
            {"authorization": "Bearer fl_ak_" + "a" * 5000},
            {"authorization": f"Basic {await key_of(ada)}"},
            {"x-api-key": "nonsense"},
            {"authorization": "Bearer nonsense", "x-api-key": await key_of(ada)},
        ):
            answer = await here.http.get("/api/users/me", headers=headers)
            assert answer.status_code == 401, headers


async def test_many_wrong_keys_from_one_address_are_held_up(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        guess = Client(here.http, "fl_ak_wrong")
        statuses = [(await guess.get("/api/users/me")).status for _ in range(31)]
        assert statuses == [401] * 30 + [429]
        with pytest.raises(Refused) as refused:
            async with open_terminal(here.running.url, "0" * 12, "fl_ak_wrong", dialect="plain"):
                pass
        assert refused.value.status == 429
        assert (await ada.get("/api/users/me")).status == 200
        here.clock.advance(900)
        assert (await Client(here.http, await key_of(ada)).get("/api/users/me")).status == 200


async def test_another_key_ends_the_old_one_and_its_shells(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        old = await by_key(ada)
        async with (
            here.agent(ada) as agent,
            open_terminal(here.running.url, agent.agent_id, old.token, session_id="by-key") as shell,
            open_terminal(here.running.url, agent.agent_id, ada.token, session_id="by-login") as own,
        ):
            answer = await ada.post(REGENERATE)
            assert (answer.status, answer.body["message"]) == (200, "API key regenerated")
            assert (await closed_in_time(shell))[0] == 4401
            await own.type("on")
            await own.until_text("on")
        assert (await old.get("/api/users/me")).status == 401
        new = answer.body["api_key"]
        assert new != old.token
        assert await key_of(ada) == new
        assert (await Client(here.http, new).get("/api/users/me")).status == 200
        (entry,) = await here.services.database.collection("audit").find(
            {"tenant_id": "acme", "action": "api_key_regenerated"}
        )
        assert (entry["resource"], entry["category"], entry["username"]) == ("profile", "authentication", "ada")
        stored = await here.services.database.collection("users").find_one({"username_folded": "ada"})
        assert new not in repr((entry, stored))


async def test_a_terminal_takes_a_key_but_not_from_its_address(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        key = await key_of(ada)
        async with here.agent(ada) as agent:
            async with open_terminal(here.running.url, agent.agent_id, key, session_id="one") as shell:
                await shell.type("hello")
                await shell.until_text("hello")
            address = f"{here.running.url}/api/terminal/{agent.agent_id}/ws?token={key}"
            with pytest.raises(Refused) as refused:
                async with open_socket(address, subprotocols=[], headers={}):
                    pass
            assert (refused.value.status, refused.value.body["error"]) == (401, "Authorization header required")
            header = {"x-api-key": key}
            async with open_terminal(here.running.url, agent.agent_id, "", headers=header, session_id="two") as shell:
                await shell.type("hello")
                await shell.until_text("hello")


async def test_whoever_takes_a_shell_up_again_holds_it_from_then_on(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        other = await here.client("ada")
        async with here.agent(ada) as agent:
            async with open_terminal(here.running.url, agent.agent_id, ada.token, session_id="s") as first:
                await first.type("hello")
                await first.until_text("hello")
            async with open_terminal(here.running.url, agent.agent_id, other.token, session_id="s", resume=1) as again:
                await again.until_text("hello")
                assert (await other.post("/api/auth/logout")).status == 200
                assert (await closed_in_time(again))[0] == 4401


async def test_a_machine_enrols_with_a_key_and_is_named_by_its_host(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        first, second = AgentDouble("a"), AgentDouble("b")
        answer = await enrol(here, await key_of(ada), first)
        assert (answer.status, answer.body["name"]) == (200, "web-1")
        again = await enrol(here, await key_of(ada), second)
        assert (again.status, again.body["name"]) == (200, "web-1-2")
        named = await enrol(here, await key_of(ada), AgentDouble("c"), name="db")
        assert named.body["name"] == "db"
        machine = (await ada.get(f"/api/machines/{answer.body['agent_id']}")).body["machine"]
        assert (machine["owner_id"], machine["tenant_id"], machine["hostname"]) == (ada.actor.user_id, "acme", "web-1")
        nameless = await enrol(here, await key_of(ada), AgentDouble("d"), hostname="\u202e")
        assert (nameless.status, nameless.error) == (400, "hostname must not contain control characters")


async def test_a_new_key_disconnects_what_enrolled_with_the_old_one(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        old, agent = await key_of(ada), AgentDouble("x")
        agent_id = (await enrol(here, old, agent)).body["agent_id"]
        agent.agent_id = agent_id
        async with here.agent(ada, "by-token") as unharmed:
            async with trio.open_nursery() as nursery:

                async def serve() -> None:
                    async with connected_agent(here.running.url, agent):
                        await trio.sleep_forever()

                nursery.start_soon(serve)

                async def is_there() -> bool:
                    return here.running.hub.is_connected(agent_id)

                await here.until(is_there)
                assert (await ada.post(REGENERATE)).status == 200

                async def is_gone() -> bool:
                    return not here.running.hub.is_connected(agent_id)

                await here.until(is_gone)
                nursery.cancel_scope.cancel()
            assert here.running.hub.is_connected(unharmed.agent_id)
        assert (await ada.get(f"/api/machines/{agent_id}")).body["machine"]["status"] == "pending"
        assert (await enrol(here, old, agent)).status == 401
        again = await enrol(here, await key_of(ada), agent)
        assert (again.body["agent_id"], again.body["name"]) == (agent_id, "web-1")


async def test_the_agent_itself_enrols_with_a_key(tmp_path):
    async with running_relay(tmp_path / "relay") as here:
        ada = await here.organization("ada", "acme")
        command = python(
            "agent", "enroll", "--server", here.running.url, "--state", str(tmp_path / "agent"), "--name", "mine",
            "--token", await key_of(ada),
        )  # fmt: skip
        done = await trio.run_process(command, capture_stdout=True, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout
        (machine,) = (await ada.get("/api/machines")).body["machines"]
        assert machine["name"] == "mine"


async def test_a_key_gives_no_way_in_while_the_password_must_be_changed(tmp_path):
    async with running_relay(tmp_path) as here:
        await here.services.accounts.create_first_organization(
            name="Home", username="admin", email="admin@example.org", password=PASSWORD
        )
        login = await here.anybody.post("/api/auth/login", {"username": "admin", "password": PASSWORD})
        answer = await Client(here.http, login.body["user"]["api_key"]).get("/api/machines")
        assert (answer.status, answer.error) == (403, "Password change required")
