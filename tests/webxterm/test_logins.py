"""The logins of one's account: they are shown while they last, and ending one ends all that it opened."""

from tests.drivers import open_terminal, running_relay
from tests.terminal.test_whole_relay import closed_in_time
from tests.webxterm.house import PASSWORD, Client, Relay

LOGINS = "/api/profile/logins"


async def log_in(here: Relay, name: str, agent: str) -> Client:
    """Over HTTP, with that user agent."""
    answer = await here.http.post(
        "/api/auth/login", json={"username": name, "password": PASSWORD}, headers={"user-agent": agent}
    )
    token = answer.json()["token"]
    return Client(here.http, token, await here.services.auth.authenticate(token))


async def listed(person: Client) -> list[dict]:
    answer = await person.get(LOGINS)
    assert answer.status == 200
    assert answer.body["total"] == len(answer.body["logins"])
    return answer.body["logins"]


async def test_what_is_logged_in_is_shown(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        here.clock.advance(10)
        phone = await log_in(here, "ada", "Mozilla/5.0 (iPhone) Safari/605")
        newest, oldest = await listed(ada)
        assert newest == {
            "id": phone.actor.login_id, "source": "ui", "method": "password", "browser": "Safari", "os": "iOS",
            "ip_address": "127.0.0.1", "created_at": "2026-11-21T12:00:10Z", "last_seen_at": "2026-11-21T12:00:10Z",
            "current": False,
        }  # fmt: skip
        assert (oldest["id"], oldest["current"], oldest["browser"]) == (ada.actor.login_id, True, "Firefox")
        bob = await here.user(ada, "bob")
        assert [each["id"] for each in await listed(bob)] == [bob.actor.login_id]


async def test_it_is_seen_at_most_once_a_minute(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (mine,) = await listed(ada)
        for seconds, seen in ((59, "12:00:00"), (1, "12:01:00"), (30, "12:01:00"), (30, "12:02:00")):
            here.clock.advance(seconds)
            (mine,) = await listed(ada)
            assert mine["last_seen_at"] == f"2026-11-21T{seen}Z"


async def test_ending_one_ends_its_tokens_and_its_shells(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        login = (await here.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})).body
        stolen = Client(here.http, login["token"], await here.services.auth.authenticate(login["token"]))
        async with (
            here.agent(ada) as agent,
            open_terminal(here.running.url, agent.agent_id, stolen.token, session_id="theirs") as theirs,
            open_terminal(here.running.url, agent.agent_id, ada.token, session_id="mine") as mine,
        ):
            answer = await ada.delete(f"{LOGINS}/{stolen.actor.login_id}")
            assert (answer.status, answer.body) == (200, {"message": "Login ended"})
            assert (await closed_in_time(theirs))[0] == 4401
            await mine.type("on")
            await mine.until_text("on")
        assert (await stolen.get("/api/users/me")).status == 401
        assert (await here.anybody.post("/api/auth/refresh", {"token": stolen.token})).status == 401
        switch = {"session_token": login["session_token"], "tenant_id": "acme"}
        assert (await here.anybody.post("/api/auth/select-tenant", switch)).status == 401
        assert [each["id"] for each in await listed(ada)] == [ada.actor.login_id]
        assert (await ada.delete(f"{LOGINS}/{stolen.actor.login_id}")).status == 404
        (entry,) = await here.services.database.collection("audit").find({"tenant_id": "acme", "action": "login_ended"})
        assert (entry["resource"], entry["resource_id"]) == ("profile", stolen.actor.login_id)


async def test_a_login_ends_in_every_organization_it_went_to(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, bea = await here.organization("ada", "acme"), await here.organization("bea", "beta")
        users = here.services.database.collection("users")
        where = {"_id": bea.actor.user_id}
        await users.update_one(where, {"$set": {"email": "ada@example.org", "email_folded": "ada@example.org"}})
        body = {"email": "ada@example.org", "password": PASSWORD}
        session_token = (await here.anybody.post("/api/auth/login", body)).body["session_token"]
        people = []
        for tenant in ("acme", "beta", "acme"):
            choice = {"session_token": session_token, "tenant_id": tenant}
            answer = await here.anybody.post("/api/auth/select-tenant", choice)
            session_token = answer.body["session_token"]
            people.append(Client(here.http, answer.body["token"]))
        login_id = next(each["id"] for each in await listed(people[1]) if each["current"])
        assert [each["id"] for each in await listed(ada)] == [login_id, ada.actor.login_id]
        async with (
            here.agent(bea) as agent,
            open_terminal(here.running.url, agent.agent_id, people[1].token) as shell,
        ):
            assert (await ada.delete(f"{LOGINS}/{login_id}")).status == 200
            assert (await closed_in_time(shell))[0] == 4401
        for each in people:
            assert (await each.get("/api/users/me")).status == 401


async def test_what_has_ended_or_expired_is_shown_no_more(tmp_path):
    async with running_relay(tmp_path) as here:
        first = await here.organization("ada", "acme")
        here.clock.advance(3600)
        second, third = await here.client("ada"), await here.client("ada")
        assert (await third.post("/api/auth/logout")).status == 200
        assert {each["id"] for each in await listed(second)} == {first.actor.login_id, second.actor.login_id}
        here.clock.advance(23 * 3600)
        assert [each["id"] for each in await listed(second)] == [second.actor.login_id]
        renewed = await here.anybody.post("/api/auth/refresh", {"token": second.token})
        here.clock.advance(12 * 3600)
        assert [each["id"] for each in await listed(Client(here.http, renewed.body["token"]))] == [
            second.actor.login_id
        ]
        await here.services.upkeep.sweep()
        rows = await here.services.database.collection("logins").find({"tenant_id": "acme"})
        assert [each["login_id"] for each in rows] == [second.actor.login_id]


async def test_a_changed_password_leaves_the_login_that_changed_it(tmp_path):
    async with running_relay(tmp_path) as here:
        first = await here.organization("ada", "acme")
        await here.client("ada")
        body = {"current_password": PASSWORD, "new_password": "battery staple"}
        assert (await first.post("/api/profile/reset-password", body)).status == 200
        assert [each["id"] for each in await listed(first)] == [first.actor.login_id]


async def test_nobody_ends_anothers_login(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        for person, login_id, status in (
            (ada, bob.actor.login_id, 404), (bob, ada.actor.login_id, 404), (ada, "0" * 24, 404), (ada, "x", 400),
        ):  # fmt: skip
            assert (await person.delete(f"{LOGINS}/{login_id}")).status == status
        assert (await bob.get("/api/users/me")).status == 200
        assert (await ada.delete(f"{LOGINS}/{ada.actor.login_id}")).status == 200
        assert (await ada.get("/api/users/me")).status == 401
