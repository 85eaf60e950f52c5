"""Asking for a machine, deciding on it, and what ends it: over the API of a running relay."""

from contextlib import asynccontextmanager

import trio

from tests.drivers import Answer, open_terminal, running_relay
from tests.webxterm.house import Client


@asynccontextmanager
async def scene(tmp_path, **settings):
    async with running_relay(tmp_path, **settings) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada, allow_sudo=True) as agent:
            yield here, ada, await here.user(ada, "bob"), agent


async def ask(who: Client, agent_id: str, **more):
    body = {"agent_id": agent_id, "reason": "disk is full", "duration_minutes": 30, **more}
    return await who.post("/api/access-requests", body)


async def decide(who: Client, request_id: str, what: str, **more):
    return await who.post(f"/api/access-requests/{request_id}/{what}", more)


async def test_a_request_becomes_access_that_ends_with_its_shell_and_command(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        command_path = f"/api/machines/{agent.agent_id}/command"
        assert (await bob.post(command_path, {"command": "id"})).status == 403
        asked = (await ask(bob, agent.agent_id, machine_role="sudo")).body["request"]
        assert (asked["status"], asked["username"], asked["expires_at"]) == ("pending", "bob", None)
        approved = await decide(ada, asked["id"], "approve", duration_minutes=10, note="ok")
        row = approved.body["request"]
        assert approved.status == 200, approved.text
        assert (row["status"], row["duration_minutes"], row["decided_by_username"]) == ("approved", 10, "ada")
        assert row["expires_at"] is not None
        release = trio.Event()
        agent.command = lambda run: Answer(stdout=b"ok")
        assert (await bob.post(command_path, {"command": "sudo id", "wait": True})).status == 200
        async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
            await term.type("hello")
            await term.until_text("hello")
            here.clock.advance(601)
            with trio.fail_after(5):
                code = (await term.until_closed())[0]
            assert code == 4403
        release.set()
        assert (await bob.post(command_path, {"command": "id"})).status == 403
        actions = ("access_requested", "access_approved")
        found = await here.services.database.collection("audit").find({"tenant_id": "acme"})
        assert [each["action"] for each in found if each["action"] in actions] == list(actions)


async def test_an_approval_leaves_a_lasting_grant_alone(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
        assert (await ask(bob, agent.agent_id)).error == "You may use this machine already"
        asked = (await ask(bob, agent.agent_id, machine_role="sudo")).body["request"]
        assert (await decide(ada, asked["id"], "approve")).status == 200
        path = f"/api/machines/{agent.agent_id}/access/explain"
        told = (await bob.get(path)).body
        assert (told["sudo"], sorted(bool(each["request_id"]) for each in told["reasons"])) == (True, [False, True])
        here.clock.advance(31 * 60)
        assert ((await bob.get(path)).body["allowed"], (await bob.get(path)).body["sudo"]) == (True, False)
        await ada.post(f"/api/machines/{agent.agent_id}/access/revoke", {"user_id": bob.actor.user_id})
        assert (await bob.get(path)).body["allowed"] is False


async def test_revoking_takes_an_approval_too(tmp_path):
    async with scene(tmp_path) as (_, ada, bob, agent):
        asked = (await ask(bob, agent.agent_id)).body["request"]
        await decide(ada, asked["id"], "approve")
        await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
        await ada.post(f"/api/machines/{agent.agent_id}/access/revoke", {"user_id": bob.actor.user_id})
        assert (await bob.post(f"/api/machines/{agent.agent_id}/command", {"command": "id"})).status == 403


async def test_who_may_decide_and_who_sees_what(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        carol = await here.user(ada, "carol")
        asked = (await ask(bob, agent.agent_id)).body["request"]
        assert (await decide(bob, asked["id"], "approve")).status == 403
        assert (await decide(carol, asked["id"], "deny")).status == 403
        assert (await decide(ada, asked["id"], "cancel")).error == "Only who asked may cancel a request"
        assert (await carol.get("/api/access-requests")).body["total"] == 0
        assert (await ada.get("/api/access-requests")).body["total"] == 1
        assert (await ada.get("/api/access-requests", mine="true")).body["total"] == 0
        machines = here.services.database.collection("machines")
        await machines.update_one({"agent_id": agent.agent_id}, {"$set": {"owner_id": carol.actor.user_id}})
        assert (await carol.get("/api/access-requests", status="pending")).body["total"] == 1
        assert (await decide(carol, asked["id"], "deny", note="no")).body["request"]["status"] == "denied"
        assert (await decide(ada, asked["id"], "approve")).error == "The request has already been denied"
        found = (await bob.get("/api/access-requests/machines")).body["machines"]
        assert found == [{"agent_id": agent.agent_id, "name": "web-1"}]


async def test_an_administrator_without_implicit_access_asks_another(tmp_path):
    async with scene(tmp_path, admin_implicit_access=False) as (here, ada, _, agent):
        dan = await here.user(ada, "dan", role="company_admin")
        asked = (await ask(dan, agent.agent_id)).body["request"]
        assert (await decide(dan, asked["id"], "approve")).error == "Nobody decides on their own request"
        assert (await decide(ada, asked["id"], "approve")).status == 200


async def test_what_is_refused(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        eve = await here.organization("eve", "evil")
        assert (await ask(eve, agent.agent_id)).status == 404
        assert (await ask(bob, agent.agent_id, reason=" ")).status == 400
        assert (await ask(bob, agent.agent_id, duration_minutes=481)).error == (
            "duration_minutes must be between 1 and 480"
        )
        assert (await ask(bob, agent.agent_id, machine_role="root")).status == 400
        asked = (await ask(bob, agent.agent_id)).body["request"]
        assert (await ask(bob, agent.agent_id)).status == 409
        assert (await decide(ada, asked["id"], "approve", duration_minutes=481)).status == 400
        assert (await decide(eve, asked["id"], "approve")).status == 404
        where = {"_id": bob.actor.user_id, "tenant_id": "acme"}
        await here.services.database.collection("users").update_one(where, {"$set": {"enabled": False}})
        assert (await decide(ada, asked["id"], "approve")).error == "The account that asked is closed"


async def test_a_request_nobody_decides_on_expires_and_may_be_asked_again(tmp_path):
    async with scene(tmp_path) as (here, _, bob, agent):
        asked = (await ask(bob, agent.agent_id)).body["request"]
        here.clock.advance(24 * 3600 + 1)
        bob, ada = await here.client("bob"), await here.client("ada")
        assert (await decide(ada, asked["id"], "approve")).error == "The request has already expired"
        await here.services.upkeep.sweep()
        (row,) = (await bob.get("/api/access-requests")).body["requests"]
        assert row["status"] == "expired"
        assert (await ask(bob, agent.agent_id)).status == 201
        found = await here.services.database.collection("audit").find({"tenant_id": "acme", "action": "access_expired"})
        assert len(found) == 1


async def test_case_42_approve_deny_and_cancel_at_once_exactly_one_wins(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        for _ in range(5):
            asked = (await ask(bob, agent.agent_id)).body["request"]
            answers: dict[str, int] = {}

            async def settle(who: Client, what: str, asked=asked, answers=answers) -> None:
                answers[what] = (await decide(who, asked["id"], what)).status

            async with trio.open_nursery() as nursery:
                for who, what in ((ada, "approve"), (bob, "cancel"), (ada, "deny")):
                    nursery.start_soon(settle, who, what)
            assert sorted(answers.values()) == [200, 409, 409], answers
            grants = await here.services.database.collection("grants").find(
                {"tenant_id": "acme", "user_id": bob.actor.user_id}
            )
            assert len(grants) == (1 if answers["approve"] == 200 else 0)
            await ada.post(f"/api/machines/{agent.agent_id}/access/revoke", {"user_id": bob.actor.user_id})


async def test_explanations_and_effective_access_are_for_those_they_concern(tmp_path):
    async with scene(tmp_path) as (here, ada, bob, agent):
        carol, eve = await here.user(ada, "carol"), await here.organization("eve", "evil")
        path, of_bob = f"/api/machines/{agent.agent_id}/access/explain", f"/api/users/{bob.actor.user_id}/access"
        told = (await bob.get(path)).body
        assert (told["allowed"], told["reasons"], told["machine_role"]) == (False, [], None)
        assert "bob has no direct access to web-1" in told["sentence"]
        assert (await carol.get(path, user_id=bob.actor.user_id)).status == 403
        assert (await ada.get(path, user_id=eve.actor.user_id)).status == 404
        assert (await eve.get(path)).status == (await eve.get(of_bob)).status == 404
        assert (await carol.get(of_bob)).status == 403
        group = {"name": "Ops", "member_ids": [bob.actor.user_id], "machine_ids": [agent.agent_id]}
        await ada.post("/api/groups", group)
        told = (await ada.get(path, user_id=bob.actor.user_id)).body
        assert (told["allowed"], told["can_open"], told["sudo"]) == (True, True, False)
        assert told["sentence"] == "bob may open web-1, because bob and web-1 are both in the group Ops."
        (row,) = (await bob.get(of_bob)).body["machines"]
        assert (row["agent_id"], row["reasons"][0]["group_name"]) == (agent.agent_id, "Ops")
        assert (await ada.get(f"/api/users/{carol.actor.user_id}/access")).body["total"] == 0
        assert (await ada.get(f"/api/users/{ada.actor.user_id}/access")).body["machines"][0]["sudo"] is True
        where = {"_id": bob.actor.user_id, "tenant_id": "acme"}
        await here.services.database.collection("users").update_one(where, {"$set": {"enabled": False}})
        told = (await ada.get(path, user_id=bob.actor.user_id)).body
        assert (told["allowed"], told["can_open"], told["obstacles"]) == (True, False, ["The account bob is disabled"])
