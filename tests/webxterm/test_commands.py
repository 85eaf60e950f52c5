"""Commands nobody waits for: shown in their person's terminals in each dialect, and asked for later."""

import json

import pytest
import trio

from tests.drivers import Answer, open_terminal, running_relay
from tests.webxterm.house import Client, Relay

OUT, ERR = b"one\ntwo", b"oh no\n"
SHOWN = "one\r\ntwo\r\noh no\r\n"


async def send(client: Client, agent_id: str, command: str = "ls") -> str:
    answer = await client.post(f"/api/machines/{agent_id}/command", {"command": command})
    assert (answer.status, answer.body["status"]) == (200, "sent"), answer.text
    return answer.body["command_id"]


async def result(here: Relay, client: Client, agent_id: str, command_id: str) -> dict:
    path = f"/api/machines/{agent_id}/commands/{command_id}"

    async def is_done() -> bool:
        return (await client.get(path)).body["status"] == "done"

    await here.until(is_done)
    return (await client.get(path)).body


@pytest.mark.parametrize("dialect", ["raw", "binary"])
async def test_plain_dialects_show_text_on_a_line_of_its_own(tmp_path, dialect):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=OUT, stderr=ERR, exit_code=1)
            async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect=dialect) as term:
                await term.type("$ ")
                await term.until_text("$ ")
                await send(ada, agent.agent_id)
                await term.until_text("oh no\r\n")
                assert term.text == "$ \r\n" + SHOWN
                await send(ada, agent.agent_id)
                await term.until_text(SHOWN + SHOWN)
                await term.type("typed")
                await term.until_text("typed")
                assert term.text == "$ \r\n" + SHOWN + SHOWN + "typed"
                assert agent.shell().received == b"$ typed"


async def test_json_says_when_a_command_starts_and_shows_its_output(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=OUT, stderr=ERR)
            async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect="json") as term:
                command_id = await send(ada, agent.agent_id, "ls /")
                await term.until_message("output")
                assert term.messages[1:] == [
                    {"type": "command_started", "command_id": command_id, "command": "ls /"},
                    {"type": "output", "output": SHOWN},
                ]


async def test_the_console_is_told_once_and_its_offsets_stay_the_agents(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=OUT, stderr=ERR, exit_code=3)
            async with open_terminal(here.running.url, agent.agent_id, ada.token) as term:
                command_id = await send(ada, agent.agent_id)
                await term.type("typed")
                await term.until_text("typed")
                told = await term.until_message("command_output")
                assert told == {
                    "type": "command_output", "command_id": command_id, "command": "ls",
                    "output": "one\ntwo\noh no\n", "exit_code": 3,
                }  # fmt: skip
                agent.emit(b"more")
                await term.until_text("typedmore")
                assert [each["type"] for each in term.messages] == ["session", "command_output"]
                assert term.received_to == len("typedmore")


async def test_a_long_output_is_cut_with_a_word_and_a_failure_has_one(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=b"x" * 70_000, stderr=b"y", exit_code=None, timed_out=True)
            async with open_terminal(here.running.url, agent.agent_id, ada.token) as term:
                command_id = await send(ada, agent.agent_id)
                told = await term.until_message("command_output")
                words = "[fairlead: the rest of the output was cut]\n[fairlead: Command timed out]\n"
                assert told["output"] == "x" * 65_536 + "\n" + words
                assert told["exit_code"] is None
            kept = await result(here, ada, agent.agent_id, command_id)
            assert (len(kept["stdout"]), kept["stderr"], kept["truncated"]) == (65_536, "y", True)
            assert (kept["success"], kept["exit_code"], kept["error"]) == (False, None, "Command timed out")


async def test_only_ones_own_terminals_on_that_machine_show_it(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent, here.agent(ada, "web-2") as other:
            bob = await here.user(ada, "bob")
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            agent.command = lambda run: Answer(stdout=OUT)
            url = here.running.url
            async with (
                open_terminal(url, agent.agent_id, ada.token, dialect="json") as first,
                open_terminal(url, agent.agent_id, ada.token, dialect="json") as second,
                open_terminal(url, agent.agent_id, bob.token, dialect="json") as bobs,
                open_terminal(url, other.agent_id, ada.token, dialect="json") as elsewhere,
            ):
                await send(ada, agent.agent_id)
                await first.until_message("output")
                await second.until_message("output")
                for term in (bobs, elsewhere):
                    await term.type("end")
                    await term.until_text("end")
                    assert [each["type"] for each in term.messages] == ["session", "output"]
                    assert term.text == "end"


async def test_a_command_that_is_waited_for_is_shown_to_nobody_else(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=OUT)
            async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect="json") as term:
                answer = await ada.post(f"/api/machines/{agent.agent_id}/command", {"command": "ls", "wait": True})
                assert answer.body["stdout"] == OUT.decode()
                await term.type("end")
                await term.until_text("end")
                assert term.text == "end"


async def test_a_result_is_there_later_for_who_sent_it_and_administrators(tmp_path):
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        async with here.agent(ada) as agent:
            people = [await here.user(ada, name) for name in ("bob", "carol")]
            for each in people:
                await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": each.actor.user_id})
            bob, carol = people
            agent.command = lambda run: Answer(stdout=b"a\0\xff\n", stderr=ERR, exit_code=2)
            command_id = await send(bob, agent.agent_id, "make")
            found = await result(here, bob, agent.agent_id, command_id)
            assert found == {
                "command_id": command_id, "status": "done", "command": "make", "exit_code": 2, "stdout": "a\0\ufffd\n",
                "stderr": "oh no\n", "truncated": False, "duration_ms": found["duration_ms"], "success": False,
                "error": None,
            }  # fmt: skip
            path = f"/api/machines/{agent.agent_id}/commands"
            assert (await ada.get(f"{path}/{command_id}")).body == found
            assert (await carol.get(f"{path}/{command_id}")).status == 403
            assert (await eve.get(f"{path}/{command_id}")).error == "Machine not found"
            missing = await bob.get(f"{path}/{'0' * 24}")
            assert (missing.status, missing.error) == (404, "Command not found")
            malformed = await bob.get(f"{path}/x")
            assert (malformed.status, malformed.error) == (400, "Invalid command ID")
            here.clock.advance(24 * 3600)
            ada = await here.client("ada")
            assert (await ada.get(f"{path}/{command_id}")).error == "Command not found"
            await here.services.upkeep.sweep()
            kept = await here.services.database.collection("command_results").find({"_id": command_id})
            assert kept == []


async def test_a_running_command_is_said_to_run_to_its_own_person(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent, here.agent(ada, "web-2") as other:
            bob = await here.user(ada, "bob")
            await ada.post(f"/api/machines/{agent.agent_id}/access/grant", {"user_id": bob.actor.user_id})
            agent.command = lambda run: Answer(holds=True)
            command_id = await send(ada, agent.agent_id, "sleep 99")
            path = f"/api/machines/{agent.agent_id}/commands/{command_id}"
            running = (await ada.get(path)).body
            assert (running["command_id"], running["status"], running["success"]) == (command_id, "running", None)
            assert (await bob.get(path)).status == 403
            assert (await ada.get(f"/api/machines/{other.agent_id}/commands/{command_id}")).status == 404
            await ada.post("/api/auth/logout")
            again = await here.client("ada")
            ended = await result(here, again, agent.agent_id, command_id)
            assert (ended["success"], ended["error"]) == (False, "Access was revoked while the command ran")


async def test_a_machine_keeps_so_many_results(tmp_path, monkeypatch):
    monkeypatch.setattr("relay.services.command_results.MOST_PER_MACHINE", 2)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent, here.agent(ada, "web-2") as other:
            aside = await send(ada, other.agent_id)
            await result(here, ada, other.agent_id, aside)
            sent = []
            for _ in range(4):
                here.clock.advance(1)
                sent.append(await send(ada, agent.agent_id))
                await result(here, ada, agent.agent_id, sent[-1])

            async def newest_only() -> bool:
                results = here.services.database.collection("command_results")
                rows = await results.find({"tenant_id": "acme"}, projection={"_id": 1})
                return {each["_id"] for each in rows} == {aside, *sent[2:]}

            with trio.fail_after(5):
                await here.until(newest_only)


async def test_what_is_shown_is_no_json_in_raw(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            agent.command = lambda run: Answer(stdout=json.dumps({"type": "exit"}).encode())
            async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect="plain") as term:
                await send(ada, agent.agent_id)
                await term.until_text("\r\n")
                assert term.text == '{"type": "exit"}\r\n'
