"""The audit log over HTTP: what the list says and how it is narrowed, and what an export holds."""

import csv
import gc
import io
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import trio

from tests.webxterm.house import relay


async def test_the_list_has_the_documented_shape_newest_first(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        home.clock.advance(60)
        await home.user(admin, "bob")
        answer = await admin.get("/api/audit")
        assert answer.status == 200
        assert {name: answer.body[name] for name in ("page", "limit", "total_pages")} == {
            "page": 1, "limit": 50, "total_pages": 1,
        }  # fmt: skip
        assert answer.body["total"] == len(answer.body["logs"])
        newest = answer.body["logs"][0]
        assert set(newest) == {
            "id", "user_id", "username", "tenant_id", "action", "category", "severity", "resource", "resource_id",
            "ip_address", "user_agent", "source", "status", "timestamp", "details", "seq", "hash",
        }  # fmt: skip
        times = [each["timestamp"] for each in answer.body["logs"]]
        assert times == sorted(times, reverse=True)
        created = next(each for each in answer.body["logs"] if each["action"] == "user_created")
        assert (created["username"], created["category"], created["status"]) == ("ada", "administrative", "success")
        paged = await admin.get("/api/audit", page=2, limit=1)
        assert (paged.body["page"], paged.body["limit"], paged.body["total_pages"]) == (2, 1, answer.body["total"])


async def test_reading_is_no_entry_and_exporting_is_one(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        before = (await admin.get("/api/audit")).body["total"]
        assert (await admin.get("/api/audit")).body["total"] == before
        await admin.get("/api/audit/verify")
        exported = await admin.get("/api/audit", format="jsonl", action="login")
        assert exported.headers["content-type"] == "application/x-ndjson"
        assert exported.headers["content-disposition"] == 'attachment; filename="audit-acme.jsonl"'
        (entry,) = (await admin.get("/api/audit", action="audit_exported")).body["logs"]
        assert entry["details"] == {"asked": {"format": "jsonl", "action": "login"}}
        assert (entry["resource"], entry["resource_id"]) == ("organization", "acme")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"from": "yesterday"}, "Invalid from date"),
        ({"to": "2026-13-01"}, "Invalid to date"),
        ({"limit": 201}, "limit must be at most 200"),
        ({"limit": "ten"}, "limit must be a whole number"),
        ({"page": 0}, "page must be at least 1"),
        ({"format": "xml"}, "format must be json, csv or jsonl"),
    ],
)
async def test_what_cannot_be_asked(tmp_path, query, text):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        answer = await admin.get("/api/audit", **query)
        assert (answer.status, answer.error) == (400, text)


async def test_bounds_are_inclusive_and_a_day_is_whole(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        start = home.clock.now()
        home.clock.advance(3600)
        await home.user(admin, "bob")
        at = home.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

        async def total(**query):
            return (await admin.get("/api/audit", action="user_created", **query)).body["total"]

        assert await total(**{"from": at, "to": at}) == 1
        later = (home.clock.now() + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert await total(**{"from": later}) == 0
        assert await total(**{"from": later, "to": at}) == 0, "from after to is nothing, and no mistake"
        assert await total(**{"from": start.strftime("%Y-%m-%d"), "to": home.clock.now().strftime("%Y-%m-%d")}) == 1


async def test_every_filter_narrows(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        bob = await home.user(admin, "bob")
        await home.anybody.post("/api/auth/login", {"email": "bob@example.org", "password": "wrong"})
        machine = (await home.machine(admin, "db-1")).machine

        async def found(**query):
            body = (await admin.get("/api/audit", limit=200, **query)).body
            assert body["total"] == len(body["logs"])
            return [each["action"] for each in body["logs"]]

        assert await found(user_id=bob.actor.user_id, status="success") == ["login"]
        assert await found(username="BO", action="login_failed") == ["login_failed"]
        assert await found(email="bob@example.org", status="failure") == ["login_failed"]
        assert await found(machine=machine.agent_id) == ["machine_created"]
        assert await found(q="DB-1") == ["machine_created"]
        assert await found(severity="warning", category="authentication") == ["login_failed"]
        assert await found(ip="198.51.100.1") == []
        assert set(await found(resource="auth", ip="203.0.113.9")) == {"login"}
        assert await found(source="vscode") == []


async def test_whose_log_one_may_read(tmp_path):
    async with relay(tmp_path) as home:
        ada, eve = await home.organization("ada", "Acme"), await home.organization("eve", "Beta")
        root = await home.super_admin()
        foreign = await eve.get("/api/audit", tenant_id="acme")
        assert (foreign.status, foreign.error) == (403, "Access denied to this tenant")
        assert (await ada.get("/api/audit/tenants")).body == {"tenants": [{"tenant_id": "acme", "tenant_name": "Acme"}]}
        everybody = (await root.get("/api/audit/tenants")).body["tenants"]
        assert {"acme", "beta"} <= {each["tenant_id"] for each in everybody}
        gone = await root.delete("/api/admin/organizations/beta", force="true")
        assert gone.status == 200, gone.text
        after = (await root.get("/api/audit/tenants")).body["tenants"]
        assert "beta" in {each["tenant_id"] for each in after}, "a trail outlives its organization"
        rows = (await root.get("/api/audit", limit=200)).body["logs"]
        assert {"acme", "beta"} <= {each["tenant_id"] for each in rows}
        assert {each["tenant_id"] for each in (await root.get("/api/audit", tenant_id="beta")).body["logs"]} == {"beta"}
        refused = await root.get("/api/audit", format="csv")
        assert (refused.status, refused.error) == (400, "tenant_id is required for an export")
        assert (await root.get("/api/audit", format="csv", tenant_id="beta")).status == 200


async def test_case_31_a_spreadsheet_gets_text_and_one_line_for_each_entry(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        await home.anybody.post("/api/auth/login", {"email": "ada@example.org", "password": "wrong"})
        await admin.post("/api/machines", {"name": "=cmd|'/C calc'!A0"})
        answer = await admin.get("/api/audit", format="csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert [int(each["seq"]) for each in rows] == list(range(1, len(rows) + 1))
        assert not any(cell.startswith(tuple("=+-@")) for each in rows for cell in each.values())
        assert "machine_created" in {each["action"] for each in rows}


async def test_a_filtered_export_says_so_and_holds_what_matches(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        for number in range(3):
            await home.machine(admin, f"m-{number}")
        answer = await admin.get("/api/audit", format="jsonl", action="machine_created")
        header, *rows, end = [json.loads(line) for line in answer.text.splitlines()]
        assert header["filters"] == {"action": "machine_created"}
        assert [each["action"] for each in rows if "hash" in each] == ["machine_created"] * 3
        assert end["end"]["rows"] == 3


async def test_the_keys_are_published_and_sign_the_checkpoints(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        await home.services.audit_checkpoints.sign("acme")
        (key,) = (await home.anybody.get("/.well-known/jwks.json")).body["keys"]
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
        (checkpoint,) = (await admin.get("/api/audit/checkpoints")).body["checkpoints"]
        assert (checkpoint["kid"], checkpoint["tenant_id"]) == (key["kid"], "acme")
        verified = (await admin.get("/api/audit/verify")).body
        assert (verified["ok"], verified["checkpoints"], verified["first_fault"]) == (True, 1, None)
        assert verified["rows"] == checkpoint["seq"] == verified["last_seq"]
        assert (tmp_path / "keys" / "audit.key").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "audit-checkpoints.jsonl").stat().st_mode & 0o777 == 0o600


async def test_case_41_a_reader_who_leaves_in_the_middle_costs_nothing(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        for _ in range(1500):
            home.nursery.start_soon(record, home, admin)
        await home.until(lambda: many(admin, 1500))
        port = urlsplit(home.running.url).port
        request = f"GET /api/audit?format=jsonl HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {admin.token}\r\n\r\n"
        for _ in range(3):
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(request.encode())
                await stream.receive_some(10)
        gc.collect()
        whole = await admin.get("/api/audit", format="jsonl")
        assert json.loads(whole.text.splitlines()[-1])["end"]["rows"] == len(
            [line for line in whole.text.splitlines() if '"hash"' in line and '"checkpoint"' not in line]
        )


async def record(home, admin):
    await home.services.audit.record(admin.actor, "login", "auth")


async def many(admin, count):
    return (await admin.get("/api/audit", limit=1)).body["total"] > count
