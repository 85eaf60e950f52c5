"""Command rules over the API: blocked, held, approved once by somebody else, and what they honestly cannot stop."""

from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from relay.domain.command_rules import NOTE
from tests.agent_double import AgentDouble
from tests.drivers import Answer, running_relay
from tests.webxterm.house import Client, Relay


@dataclass
class Scene:
    """Ada administers acme, Bob and the machine are in one group; `ran` is what reached the machine."""

    here: Relay
    ada: Client
    bob: Client
    agent: AgentDouble
    group_id: str
    ran: list[str]

    async def rules(self, *rules: tuple[str, str], default: str = "allow") -> dict:
        body = {"rules": [{"action": action, "pattern": pattern} for action, pattern in rules], "default": default}
        answer = await self.ada.put(f"/api/groups/{self.group_id}/command-rules", body)
        assert answer.status == 200, answer.text
        return answer.body

    async def send(self, who: Client, command: str, *, wait: bool = True):
        return await who.post(f"/api/machines/{self.agent.agent_id}/command", {"command": command, "wait": wait})

    async def held(self, command: str) -> dict:
        answer = await self.send(self.bob, command)
        assert answer.status == 202, answer.text
        return answer.body

    async def decide(self, who: Client, held_id: str, what: str = "approve"):
        return await who.post(f"/api/held-commands/{held_id}/{what}", {"note": "because"})

    async def audited(self, action: str) -> list[dict]:
        rows = self.here.services.database.collection("audit")
        return await rows.find({"tenant_id": "acme", "action": action})

    async def log(self) -> list[str]:
        answer = await self.ada.get(f"/api/machines/{self.agent.agent_id}/logs")
        return [each["command"] for each in answer.body["logs"]]

    async def finished(self, command_id: str) -> None:
        path = f"/api/machines/{self.agent.agent_id}/commands/{command_id}"

        async def is_done() -> bool:
            answer = await self.ada.get(path)
            return answer.status == 200 and answer.body["status"] == "done"

        await self.here.until(is_done)


@asynccontextmanager
async def scene(tmp_path, **settings):
    async with running_relay(tmp_path, **settings) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            made = await ada.post(
                "/api/groups",
                {"name": "Ops", "member_ids": [bob.actor.user_id], "machine_ids": [agent.agent_id]},
            )
            ran: list[str] = []

            def answer(run) -> Answer:
                ran.append(run.command)
                return Answer(stdout=b"ok\n")

            agent.command = answer
            yield Scene(here, ada, bob, agent, made.body["group"]["id"], ran)


async def test_rules_are_stored_with_the_honest_note_and_audited(tmp_path):
    async with scene(tmp_path) as it:
        path = f"/api/groups/{it.group_id}/command-rules"
        assert (await it.bob.get(path)).body == {"rules": [], "default": "allow", "note": NOTE}
        first = await it.rules(("deny", " rm   * "), ("hold", "reboot"))
        assert [(each["action"], each["pattern"]) for each in first["rules"]] == [("deny", "rm *"), ("hold", "reboot")]
        assert "interactive shell" in first["note"]
        kept = first["rules"][1]
        again = await it.ada.put(path, {"rules": [kept, {**kept, "note": "twice"}], "default": "hold"})
        ids = [each["id"] for each in again.body["rules"]]
        assert (ids[0], ids[1] != ids[0], again.body["default"]) == (kept["id"], True, "hold")
        assert (await it.bob.put(path, {"rules": []})).status == 403
        assert next(each["details"]["rules"] for each in await it.audited("group_rules_changed")) == (
            "deny rm *; hold reboot"
        )


async def test_what_the_rules_refuse(tmp_path):
    async with scene(tmp_path) as it:
        path = f"/api/groups/{it.group_id}/command-rules"
        for body, text in (
            ({"rules": [{"action": "stop", "pattern": "x"}]}, "action must be allow, deny or hold"),
            ({"rules": [{"action": "deny", "pattern": " "}]}, None),
            ({"rules": [{"action": "deny", "pattern": "x" * 201}]}, None),
            ({"rules": [], "default": "maybe"}, "default must be allow, deny or hold"),
            ({"rules": [{"action": "deny", "pattern": "x"}] * 51}, None),
        ):
            answer = await it.ada.put(path, body)
            assert answer.status == 400, body
            assert text is None or answer.error == text


async def test_a_denied_command_does_not_reach_the_machine(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(("deny", "rm *"))
        answer = await it.send(it.bob, "sudo  /bin/rm -rf /x; id")
        assert (answer.status, answer.error) == (403, "Sudo is not allowed for your machine role")
        answer = await it.send(it.bob, "id; /bin/rm -rf /x")
        assert (answer.status, answer.error) == (403, "Command blocked by policy")
        assert (await it.send(it.bob, "id")).status == 200
        assert (await it.send(it.ada, "rm x")).status == 200  # not a member of the group
        assert it.ran == ["id", "rm x"]
        (blocked,) = await it.audited("command_blocked")
        assert (blocked["status"], blocked["details"]["pattern"]) == ("failure", "rm *")


async def test_a_direct_grant_is_no_way_around_the_rules_of_ones_group(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(("deny", "rm *"))
        path = f"/api/machines/{it.agent.agent_id}/access/grant"
        await it.ada.post(path, {"user_id": it.bob.actor.user_id, "machine_role": "sudo"})
        assert (await it.send(it.bob, "sudo rm x")).error == "Command blocked by policy"


async def test_a_held_command_runs_once_as_its_asker_when_another_approves_it(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(("hold", "reboot *"))
        held = await it.held("reboot now")
        assert held == {
            "message": "Command held for approval", "command": "reboot now", "command_id": held["command_id"],
            "status": "held", "held_id": held["held_id"],
        }  # fmt: skip
        assert it.ran == []
        assert (await it.decide(it.bob, held["held_id"])).status == 403
        answers: list[int] = []

        async def approve() -> None:
            answers.append((await it.decide(it.ada, held["held_id"])).status)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(approve)
        assert sorted(answers) == [200, 409, 409]
        await it.finished(held["command_id"])
        assert it.ran == ["reboot now"]
        assert await it.log() == ["reboot now"]
        (row,) = (await it.bob.get("/api/held-commands", status="approved")).body["held_commands"]
        assert (row["username"], row["decided_by_username"], row["decision_note"], row["error"]) == (
            "bob", "ada", "because", None,
        )  # fmt: skip
        (done,) = await it.audited("command_executed")
        assert (done["username"], done["details"]["command_id"]) == ("bob", held["command_id"])
        assert len(await it.audited("command_held")) == len(await it.audited("command_approved")) == 1


async def test_case_42_approve_and_deny_at_once_one_wins(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(default="hold")
        held = await it.held("id")
        answers: dict[str, int] = {}

        async def decide(what: str) -> None:
            answers[what] = (await it.decide(it.ada, held["held_id"], what)).status

        async with trio.open_nursery() as nursery:
            nursery.start_soon(decide, "approve")
            nursery.start_soon(decide, "deny")
        assert sorted(answers.values()) == [200, 409]
        if answers["approve"] == 200:
            await it.finished(held["command_id"])
        assert it.ran == (["id"] if answers["approve"] == 200 else [])


async def test_the_askers_right_counts_when_it_is_approved(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(default="hold")
        first, second, third = [(await it.held(command))["held_id"] for command in ("a", "b", "c")]
        await it.rules(("deny", "a"), default="hold")
        answer = await it.decide(it.ada, first)
        assert (answer.status, answer.body["held_command"]["error"]) == (200, "Command blocked by policy")
        await it.ada.delete(f"/api/groups/{it.group_id}/machines/{it.agent.agent_id}")
        assert (await it.decide(it.ada, second)).body["held_command"]["error"] == "Not authorized"
        where = {"_id": it.bob.actor.user_id, "tenant_id": "acme"}
        await it.here.services.database.collection("users").update_one(where, {"$inc": {"token_generation": 1}})
        assert "logins were ended" in (await it.decide(it.ada, third)).body["held_command"]["error"]
        assert it.ran == []


async def test_nobody_approves_after_its_time(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(default="hold")
        first, second = [(await it.held(command))["held_id"] for command in ("a", "b")]
        assert (await it.decide(it.ada, first, "deny")).status == 200
        it.here.clock.advance(23.9 * 3600)
        ada = await it.here.client("ada")
        it.here.clock.advance(0.2 * 3600)
        assert (await it.decide(ada, second)).error == "The request has already expired"
        await it.here.services.upkeep.sweep()
        rows = (await ada.get("/api/held-commands")).body["held_commands"]
        assert {each["command"]: each["status"] for each in rows} == {"a": "denied", "b": "expired"}
        assert len(await it.audited("command_denied")) == len(await it.audited("command_expired")) == 1
        assert it.ran == []


async def test_a_fleet_run_is_no_way_around_the_rules(tmp_path):
    async with scene(tmp_path) as it:
        await it.rules(("deny", "rm *"), ("hold", "reboot"))
        for command, status in (("rm x", "refused"), ("reboot", "held"), ("id", "succeeded")):
            made = await it.bob.post("/api/commands", {"command": command, "agent_ids": [it.agent.agent_id]})
            path = f"/api/commands/{made.body['run']['id']}"

            async def has_ended(path=path) -> bool:
                return (await it.bob.get(path)).body["run"]["status"] != "running"

            await it.here.until(has_ended)
            (lane,) = (await it.bob.get(path)).body["results"]
            assert lane["status"] == status, lane
        assert it.ran == ["id"]
        (held,) = (await it.ada.get("/api/held-commands")).body["held_commands"]
        assert (held["command"], held["status"]) == ("reboot", "pending")


async def test_case_39_evasion_of_rules_is_possible_and_the_log_still_tells_the_truth(tmp_path):
    """The honest kind: what is stopped, what is not, and that what ran stands in the log as it was sent."""
    async with scene(tmp_path) as it:
        await it.rules(("deny", "rm *"))
        stopped = [
            "rm x",
            "r'm' x",
            "r\\m x",
            "sh -c 'rm x'",
            "echo x | xargs rm",
            "A=1 /bin/rm x",
            "$(rm x)",
            "id;rm x",
        ]
        for command in stopped:
            assert (await it.send(it.bob, command)).error == "Command blocked by policy", command
        passing = ["echo cm0geAo= | base64 -d | sh", "sh /tmp/script", "a=r;${a}m x", "perl -e 'unlink q(x)'"]
        for command in passing:
            assert (await it.send(it.bob, command)).status == 200, command
        assert it.ran == passing
        assert sorted(await it.log()) == sorted(passing)
