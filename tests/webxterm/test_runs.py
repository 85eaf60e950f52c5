"""One command on many machines: batches, stopping, queues, cancelling, rights at the moment of sending."""

import trio

from protocol.messages import Close, RunCommand
from tests.drivers import AgentDouble, Answer, connected_agent, running_relay
from tests.webxterm.house import Client, Relay, encoded


async def start(client: Client, **body) -> str:
    answer = await client.post("/api/commands", {"command": "uptime", **body})
    assert answer.status == 202, answer.text
    return answer.body["run"]["id"]


async def show(client: Client, run_id: str, **query) -> tuple[dict, dict[str, dict]]:
    answer = await client.get(f"/api/commands/{run_id}", **query)
    assert answer.status == 200, answer.text
    return answer.body["run"], {each["machine_name"]: each for each in answer.body["results"]}


async def ended(here: Relay, client: Client, run_id: str) -> tuple[dict, dict[str, dict]]:
    async def is_over() -> bool:
        return (await show(client, run_id))[0]["status"] != "running"

    await here.until(is_over)
    return await show(client, run_id)


async def reach(here: Relay, client: Client, run_id: str, **counts: int) -> None:
    async def is_there() -> bool:
        run, _ = await show(client, run_id)
        return all(run[name] == count for name, count in counts.items())

    await here.until(is_there)


async def saw(here: Relay, agent: AgentDouble, kind: type) -> None:
    """Wait until the machine was told that."""

    async def is_there() -> bool:
        return any(isinstance(each, kind) for each in agent.seen)

    await here.until(is_there)


async def enrolled(here: Relay, admin: Client, name: str, **more) -> AgentDouble:
    """A machine whose agent has enrolled and is not there."""
    machine = (await admin.post("/api/machines", {"name": name, **more})).body["machine"]
    agent = AgentDouble(machine["agent_id"])
    body = {"token": machine["registration_token"], "public_key": encoded(agent)}
    assert (await here.anybody.post("/api/agent/register", body)).status == 200
    return agent


async def test_every_machine_has_its_lane_its_log_row_and_its_audit_entry(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada, "a") as a, here.agent(ada, "b") as b:
            a.command = lambda run: Answer(stdout=b"x" * 5000, stderr=b"e\xff")
            b.command = lambda run: Answer(exit_code=3)
            answer = await ada.post(
                "/api/commands", {"command": "make", "agent_ids": [b.agent_id, a.agent_id, a.agent_id]}
            )
            run = answer.body["run"]
            assert (answer.status, run["status"], run["total"], run["queued"], run["version"]) == (
                202,
                "running",
                2,
                2,
                1,
            )
            run, lanes = await ended(here, ada, run["id"])
            assert (run["status"], run["succeeded"], run["failed"], run["queued"]) == ("finished", 1, 1, 0)
            assert (lanes["a"]["status"], lanes["a"]["exit_code"], lanes["a"]["truncated"]) == ("succeeded", 0, True)
            assert (len(lanes["a"]["stdout"]), lanes["a"]["stderr"]) == (4096, "e\ufffd")
            assert (lanes["b"]["status"], lanes["b"]["exit_code"], lanes["b"]["error"]) == ("failed", 3, None)
            path = f"/api/machines/{a.agent_id}/commands/{lanes['a']['command_id']}"
            assert len((await ada.get(path)).body["stdout"]) == 5000
            logs = (await ada.get("/api/logs/search", q="make")).body["logs"]
            assert {(each["machine_name"], each["success"], each["id"]) for each in logs} == {
                ("a", True, lanes["a"]["command_id"]), ("b", False, lanes["b"]["command_id"]),
            }  # fmt: skip
            assert len((await ada.get("/api/audit", action="command_executed")).body["logs"]) == 2
            (entry,) = (await ada.get("/api/audit", action="commands_run")).body["logs"]
            assert (entry["resource_id"], entry["details"]) == (run["id"], {"machines": 2})
            assert [each["id"] for each in (await ada.get("/api/commands")).body["runs"]] == [run["id"]]


async def test_only_so_many_at_once_and_news_since_a_version(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada, "a") as a, here.agent(ada, "b") as b, here.agent(ada, "c") as c:
            for agent in (a, b, c):
                agent.command = lambda run: Answer(holds=True)
            run_id = await start(ada, agent_ids=[each.agent_id for each in (a, b, c)], batch_size=2)
            await reach(here, ada, run_id, running=2, queued=1)
            run, lanes = await show(ada, run_id)
            assert [lanes[name]["status"] for name in "abc"] == ["running", "running", "queued"]
            assert (await show(ada, run_id, since=run["version"]))[1] == {}
            await ada.post(f"/api/commands/{run_id}/cancel")
            over, _ = await ended(here, ada, run_id)
            changed = (await show(ada, run_id, since=run["version"]))[1]
            assert set(changed) == {"a", "b", "c"}
            assert over["version"] > run["version"]


async def test_cancelling_ends_what_runs_and_sends_nothing_more(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada, "a") as a, here.agent(ada, "b") as b:
            a.command = b.command = lambda run: Answer(holds=True)
            run_id = await start(ada, agent_ids=[a.agent_id, b.agent_id], batch_size=1)
            await saw(here, a, RunCommand)
            assert (await ada.post(f"/api/commands/{run_id}/cancel")).status == 200
            run, lanes = await ended(here, ada, run_id)
            assert run["status"] == "cancelled"
            assert (lanes["a"]["status"], lanes["a"]["error"]) == ("failed", "Cancelled")
            assert (lanes["b"]["status"], lanes["b"]["error"]) == ("skipped", "Cancelled")
            await saw(here, a, Close)
            assert not any(isinstance(each, RunCommand) for each in b.seen)
            assert len((await ada.get("/api/audit", action="commands_cancelled")).body["logs"]) == 1
            await ada.post(f"/api/commands/{run_id}/cancel")
            assert len((await ada.get("/api/audit", action="commands_cancelled")).body["logs"]) == 1


async def test_too_many_failures_stop_a_run(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with (
            here.agent(ada, "a") as a,
            here.agent(ada, "b") as b,
            here.agent(ada, "c") as c,
            here.agent(ada, "d") as d,
        ):
            b.command = lambda run: Answer(exit_code=1)
            every = [each.agent_id for each in (a, b, c, d)]
            run, lanes = await ended(
                here, ada, await start(ada, agent_ids=every, batch_size=1, stop_at_error_percent=50)
            )
            assert (run["status"], run["succeeded"], run["failed"], run["skipped"]) == ("stopped", 1, 1, 2)
            assert (lanes["c"]["status"], lanes["c"]["error"]) == ("skipped", "Too many machines failed before")
            run, _ = await ended(here, ada, await start(ada, agent_ids=every, batch_size=1, stop_at_error_percent=51))
            assert (run["status"], run["succeeded"], run["failed"]) == ("finished", 3, 1)


async def test_a_machine_that_comes_in_time_gets_it_once_and_another_never(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        late, never = await enrolled(here, ada, "late"), await enrolled(here, ada, "never")
        run_id = await start(ada, agent_ids=[late.agent_id, never.agent_id], queue_minutes=10)
        async with connected_agent(here.running.url, late):
            await reach(here, ada, run_id, succeeded=1)
        async with connected_agent(here.running.url, late):
            here.clock.advance(601)
            ada = await here.client("ada")
            run, lanes = await ended(here, ada, run_id)
        assert (run["status"], run["succeeded"], run["expired"]) == ("finished", 1, 1)
        assert (lanes["never"]["status"], lanes["never"]["error"]) == ("expired", "Machine is offline")
        assert sum(isinstance(each, RunCommand) for each in late.seen) == 1


async def test_without_a_queue_what_is_away_is_skipped(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        away = await enrolled(here, ada, "away")
        async with here.agent(ada, "here") as agent:
            run, lanes = await ended(here, ada, await start(ada, agent_ids=[away.agent_id, agent.agent_id]))
        assert (run["succeeded"], run["skipped"], lanes["away"]["error"]) == (1, 1, "Machine is offline")
        assert (await ada.get(f"/api/machines/{away.agent_id}/logs")).body["logs"] == []


async def test_rights_count_at_the_moment_of_sending(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        late = await enrolled(here, ada, "late")
        async with here.agent(ada, "mine") as mine, here.agent(ada, "other") as other:
            for each in (mine, late):
                await ada.post(f"/api/machines/{each.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            names = [mine.agent_id, other.agent_id, late.agent_id]
            run_id = await start(bob, agent_ids=names, queue_minutes=10)
            await reach(here, bob, run_id, succeeded=1, refused=1, queued=1)
            await ada.post(f"/api/machines/{late.agent_id}/access/revoke", {"user_id": bob.actor.user_id})
            async with connected_agent(here.running.url, late):
                _, lanes = await ended(here, bob, run_id)
            assert (lanes["late"]["status"], lanes["late"]["error"]) == ("refused", "Not authorized")
            assert lanes["other"]["status"] == "refused"
            assert not any(isinstance(each, RunCommand) for each in (*other.seen, *late.seen))
            denied = (await ada.get("/api/audit", action="access_denied")).body["logs"]
            assert {each["resource_id"] for each in denied} == {other.agent_id, late.agent_id}
            sudo = await ended(here, bob, await start(bob, command="sudo id", agent_ids=[mine.agent_id]))
            assert sudo[1]["mine"]["error"] == "Sudo is not allowed for your machine role"


async def test_a_queue_ends_with_the_login_that_made_it(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        late = await enrolled(here, ada, "late")
        run_id = await start(ada, agent_ids=[late.agent_id], queue_minutes=10)
        await ada.post("/api/auth/logout")
        ada = await here.client("ada")
        async with connected_agent(here.running.url, late):
            _, lanes = await ended(here, ada, run_id)
        assert (lanes["late"]["status"], lanes["late"]["error"]) == ("refused", "The login that sent it has ended")


async def test_losing_the_right_ends_a_lane_that_runs(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        async with here.agent(ada, "a") as a:
            a.command = lambda run: Answer(holds=True)
            await ada.post(f"/api/machines/{a.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            run_id = await start(bob, agent_ids=[a.agent_id])
            await saw(here, a, RunCommand)
            await ada.post(f"/api/machines/{a.agent_id}/access/revoke", {"user_id": bob.actor.user_id})
            _, lanes = await ended(here, bob, run_id)
            assert (lanes["a"]["status"], lanes["a"]["error"]) == ("failed", "Access was revoked while the command ran")


async def test_a_machine_lost_in_the_middle_is_not_known_to_have_failed(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        agent = await enrolled(here, ada, "a")
        agent.command = lambda run: Answer(holds=True)
        async with connected_agent(here.running.url, agent):
            run_id = await start(ada, agent_ids=[agent.agent_id], queue_minutes=10)
            await saw(here, agent, RunCommand)
        run, lanes = await ended(here, ada, run_id)
        assert (run["unknown"], lanes["a"]["status"], lanes["a"]["exit_code"]) == (1, "unknown", None)
        assert lanes["a"]["error"] == "The connection to the machine was lost"
        (row,) = (await ada.get("/api/logs/search", q="uptime")).body["logs"]
        assert (row["success"], row["exit_code"]) == (None, None)
        async with connected_agent(here.running.url, agent):
            assert (await show(ada, run_id))[0]["unknown"] == 1
        assert sum(isinstance(each, RunCommand) for each in agent.seen) == 1


async def test_tags_and_groups_mean_what_one_may_use(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        bob = await here.user(ada, "bob")
        made = [
            await enrolled(here, ada, name, tags=tags)
            for name, tags in (("a", ["web", "eu"]), ("b", ["web"]), ("c", []))
        ]
        await enrolled(here, eve, "theirs", tags=["web"])
        await ada.post(f"/api/machines/{made[0].agent_id}/access/grant", {"user_id": bob.actor.user_id})
        group = {"name": "g", "machine_ids": [made[0].agent_id, made[2].agent_id]}
        group_id = (await ada.post("/api/groups", group)).body["group"]["id"]

        async def meant(client: Client, **body) -> set[str]:
            return set((await ended(here, client, await start(client, **body)))[1])

        assert await meant(ada, tags=["web"]) == {"a", "b"}
        assert await meant(ada, tags=["web", "eu"]) == {"a"}
        assert await meant(bob, tags=["web"]) == {"a"}
        assert await meant(ada, group_id=group_id) == {"a", "c"}
        assert await meant(bob, group_id=group_id) == {"a"}
        one_way = "name the machines by exactly one of agent_ids, tags or group_id"
        for client, body, status, text in (
            (bob, {"tags": ["none"]}, 400, "no machine that you may use is meant by that"),
            (eve, {"group_id": group_id}, 404, "Group not found"),
            (eve, {"agent_ids": [made[0].agent_id]}, 404, f"Machine not found: {made[0].agent_id}"),
            (ada, {}, 400, one_way),
            (ada, {"tags": ["web"], "group_id": group_id}, 400, one_way),
            (ada, {"tags": ["web"], "command": " "}, 400, "command is required"),
            (ada, {"tags": ["web"], "batch_size": 0}, 400, "batch_size must be at least 1"),
        ):  # fmt: skip
            answer = await client.post("/api/commands", {"command": "id", **body})
            assert (answer.status, answer.error) == (status, text), body


async def test_limits(tmp_path):
    async with running_relay(tmp_path, max_machines_per_run=2, max_runs_per_user=1) as here:
        ada = await here.organization("ada", "acme")
        made = [(await enrolled(here, ada, name)).agent_id for name in "abc"]
        answer = await ada.post("/api/commands", {"command": "id", "agent_ids": made})
        assert (answer.status, answer.error) == (400, "a run may have at most 2 machines, and 3 are meant by that")
        run_id = await start(ada, agent_ids=made[:2], queue_minutes=1)
        answer = await ada.post("/api/commands", {"command": "id", "agent_ids": made[:1]})
        assert (answer.status, answer.error) == (429, "at most 1 of your runs go at once: wait for one, or cancel one")
        await ada.post(f"/api/commands/{run_id}/cancel")
        await ended(here, ada, run_id)
        await start(ada, agent_ids=made[:1])


async def test_a_run_is_its_persons_and_the_administrators(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        bob, carol, root = await here.user(ada, "bob"), await here.user(ada, "carol"), await here.super_admin()
        late = await enrolled(here, ada, "late")
        await ada.post(f"/api/machines/{late.agent_id}/access/grant", {"user_id": bob.actor.user_id})
        run_id = await start(bob, agent_ids=[late.agent_id], queue_minutes=1)
        for client, status in ((bob, 200), (ada, 200), (root, 200), (carol, 403), (eve, 404)):
            assert (await client.get(f"/api/commands/{run_id}")).status == status
            assert len((await client.get("/api/commands")).body["runs"]) == (status == 200)
        assert (await carol.post(f"/api/commands/{run_id}/cancel")).status == 403
        assert (await eve.post(f"/api/commands/{run_id}/cancel")).status == 404
        assert (await ada.get("/api/commands/x")).error == "Invalid run ID"
        assert (await ada.post(f"/api/commands/{run_id}/cancel")).status == 200
        with trio.fail_after(5):
            await ended(here, bob, run_id)
