"""Commands searched for across machines: what is found, in which order, by whom, and how a search is gone on with."""

import csv
import io
import json
from datetime import timedelta

import pytest

from relay.services import log_search
from tests.drivers import running_relay
from tests.webxterm.house import Client, Relay


class Log:
    """Rows of the command log, put there as the relay would have written them."""

    def __init__(self, here: Relay) -> None:
        self._here = here
        self._count = 0

    async def add(self, machine, person: Client, command: str, *, seconds: float = 1, **more) -> str:
        self._count += 1
        now = self._here.clock.now() - timedelta(days=2) + timedelta(seconds=seconds * self._count)
        row = {
            "_id": f"{self._count:024x}", "tenant_id": machine.tenant_id, "machine_id": machine.id,
            "agent_id": machine.agent_id, "machine_name": machine.name, "user_id": person.actor.user_id,
            "username": person.actor.username, "command": command, "timestamp": now, "success": True, "exit_code": 0,
            "duration_ms": 5, "source": "ui", "session_id": None, "method": "bash", "confidence": "high", **more,
        }  # fmt: skip
        await self._here.services.database.collection("commands").insert_one(row)
        return row["_id"]


async def found(client: Client, **query) -> list[str]:
    answer = await client.get("/api/logs/search", **query)
    assert answer.status == 200, answer.text
    return [each["command"] for each in answer.body["logs"]]


async def everything(client: Client, limit: int = 3, **query) -> list[str]:
    """All pages, by their cursors."""
    commands, cursor = [], ""
    while True:
        answer = await client.get("/api/logs/search", limit=limit, cursor=cursor, **query)
        commands += [each["command"] for each in answer.body["logs"]]
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return commands


async def machines(here: Relay, admin: Client, *names: str):
    return [(await here.machine(admin, name)).machine for name in names]


async def test_any_part_of_a_command_is_found_newest_first_with_its_place(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        web, db = await machines(here, ada, "web", "db")
        log = Log(here)
        await log.add(web, ada, "sudo rm -rf /var/cache")
        await log.add(db, ada, "echo 100%_done")
        await log.add(db, ada, "ls; RM -RF /VAR/log", exit_code=2, success=False)
        assert await found(ada, q="rm -rf /var") == ["ls; RM -RF /VAR/log", "sudo rm -rf /var/cache"]
        assert await found(ada, q="-rf") == ["ls; RM -RF /VAR/log", "sudo rm -rf /var/cache"]
        assert await found(ada, q="0%_d") == ["echo 100%_done"]
        assert await found(ada, q="0__d") == []
        assert await found(ada, q="ls") == ["ls; RM -RF /VAR/log"]
        assert len(await found(ada)) == 3
        answer = await ada.get("/api/logs/search", q="rm -rf")
        (hit, _) = answer.body["logs"]
        assert (hit["matches"], hit["machine_name"], hit["agent_id"]) == ([[4, 10]], "db", db.agent_id)
        assert (answer.body["next_cursor"], answer.body["searched_to"]) == (None, None)


async def test_conditions_narrow_together(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        web = (await ada.post("/api/machines", {"name": "web", "tags": ["prod", "eu"]})).body["machine"]
        web = await here.services.machines.get(ada.actor, web["agent_id"])
        (db,) = await machines(here, ada, "db")
        log = Log(here)
        await log.add(web, ada, "make one")
        await log.add(web, bob, "make two", exit_code=137, success=False, source="cli")
        await log.add(db, bob, "make three")
        assert await found(ada, q="make", user_id=bob.actor.user_id) == ["make three", "make two"]
        assert await found(ada, q="make", agent_id=web.agent_id) == ["make two", "make one"]
        assert await found(ada, q="make", tag="prod") == ["make two", "make one"]
        assert await found(ada, tag="none") == []
        assert await found(ada, exit_code=137) == ["make two"]
        assert await found(ada, success="true", source="ui") == ["make three", "make one"]
        first = (await ada.get("/api/logs/search", q="one")).body["logs"][0]["timestamp"]
        assert await found(ada, q="make", to=first) == ["make one"]
        assert len(await found(ada, **{"from": first})) == 3


async def test_people_find_what_was_done_on_their_machines_only(tmp_path, monkeypatch):
    monkeypatch.setattr(log_search, "MACHINES_AT_ONCE", 2)
    async with running_relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "evil")
        bob, root = await here.user(ada, "bob"), await here.super_admin()
        log = Log(here)
        made = await machines(here, ada, *(f"m{number}" for number in range(7)))
        for turn in range(3):
            for machine in made:
                await log.add(machine, ada, f"make {machine.name} {turn}")
        (theirs,) = await machines(here, eve, "theirs")
        await log.add(theirs, eve, "make evil")
        assert await found(bob, q="make") == []
        for machine in made[:3]:
            await ada.post(f"/api/machines/{machine.agent_id}/access/grant", {"user_id": bob.actor.user_id})
        group = {"name": "g", "member_ids": [bob.actor.user_id], "machine_ids": [each.agent_id for each in made[3:5]]}
        await ada.post("/api/groups", group)
        expected = [f"make m{number} {turn}" for turn in (2, 1, 0) for number in (4, 3, 2, 1, 0)]
        assert await everything(bob, q="make", limit=4) == expected
        assert await everything(bob, limit=4) == expected
        assert await everything(bob, q="mak", limit=4) == expected
        refused = await bob.get("/api/logs/search", agent_id=made[6].agent_id)
        assert (refused.status, refused.error) == (403, "Not authorized")
        assert (await eve.get("/api/logs/search", agent_id=made[0].agent_id)).status == 404
        assert await found(eve, q="make") == ["make evil"]
        assert (await eve.get("/api/logs/search", tenant_id="acme")).status == 403
        assert len(await everything(root, limit=50)) == 22
        assert len(await found(root, q="make", tenant_id="acme")) == 21
        assert await found(root, q="make", limit=1) == ["make evil"]


async def test_rows_that_arrive_meanwhile_shift_nothing(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "web")
        log = Log(here)
        for number in range(7):
            await log.add(web, ada, f"make {number}", seconds=0)
        first = await ada.get("/api/logs/search", q="make", limit=3)
        assert [each["command"] for each in first.body["logs"]] == ["make 6", "make 5", "make 4"]
        await log.add(web, ada, "make new")
        second = await ada.get("/api/logs/search", q="make", limit=3, cursor=first.body["next_cursor"])
        assert [each["command"] for each in second.body["logs"]] == ["make 3", "make 2", "make 1"]
        assert await everything(ada, q="make") == ["make new", *(f"make {number}" for number in range(6, -1, -1))]


@pytest.mark.parametrize("query", [{"q": "zz"}, {"exit_code": 9}])
async def test_a_search_that_reads_much_says_how_far_it_came(tmp_path, monkeypatch, query):
    monkeypatch.setattr(log_search, "EXAMINE_ROWS", 5)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "web")
        log = Log(here)
        await log.add(web, ada, "jazz", exit_code=9)
        for number in range(20):
            await log.add(web, ada, f"make {number}")
        first = await ada.get("/api/logs/search", limit=1, **query)
        assert first.body["logs"] == []
        assert first.body["next_cursor"] is not None
        assert first.body["searched_to"] == "2026-11-19T12:00:17Z"
        assert await everything(ada, limit=1, **query) == ["jazz"]


async def test_what_cannot_be_asked(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for query, text in (
            ({"cursor": "x"}, "cursor is not one that was given out: begin without one"),
            ({"cursor": "MTIuMTI="}, "cursor is not one that was given out: begin without one"),
            ({"limit": 0}, "limit must be at least 1"),
            ({"limit": 201}, "limit must be at most 200"),
            ({"q": "x" * 201}, "q must be at most 200 characters"),
            ({"from": "yesterday"}, "Invalid from date"),
            ({"exit_code": "x"}, "exit_code must be a whole number"),
            ({"format": "xml"}, "format must be json, csv or jsonl"),
        ):
            answer = await ada.get("/api/logs/search", **query)
            assert (answer.status, answer.error) == (400, text), query


async def test_an_export_holds_everything_and_is_written_down(tmp_path, monkeypatch):
    monkeypatch.setattr(log_search, "EXPORT_ROWS", 4)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        (web,) = await machines(here, ada, "web")
        log = Log(here)
        for number in range(11):
            await log.add(web, ada, f"make {number}", exit_code=None, success=None)
        answer = await ada.get("/api/logs/search", q="make", format="csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="commands.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["command"] for row in rows] == [f"make {number}" for number in range(10, -1, -1)]
        assert (rows[0]["machine_name"], rows[0]["username"], rows[0]["exit_code"]) == ("web", "ada", "")
        lines = (await ada.get("/api/logs/search", q="make", format="jsonl")).text.splitlines()
        assert [json.loads(each)["command"] for each in lines] == [row["command"] for row in rows]
        (first, second) = (await ada.get("/api/audit", action="commands_exported")).body["logs"]
        assert {first["details"]["asked"]["format"], second["details"]["asked"]["format"]} == {"csv", "jsonl"}
        assert "make" not in json.dumps(first["details"])
