"""The trail over time: when it is signed, what a relay without a chain has left, and verifying while it grows."""

import json
from datetime import timedelta

import pytest
import trio

from relay.domain.errors import TooMany, Unavailable
from relay.services import audit_checkpoints
from relay.services.audit_checkpoints import EVERY
from relay.services.audit_log import AuditFilter
from relay.store.errors import StoreUnavailable
from tests.services.house import house


async def checkpoints(home, tenant_id="acme"):
    return [each["seq"] for each in await home.rows("audit_checkpoints", tenant_id=tenant_id)]


async def head(home, tenant_id="acme"):
    return (await home.services.audit_start.chains.head(tenant_id)).seq


async def verified(home, actor):
    return await home.services.audit_verification.verify(actor)


async def test_a_chain_is_signed_by_time(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        service = home.services.audit_checkpoints
        await service.sign_due()
        assert await checkpoints(home) == []
        home.clock.advance(EVERY.total_seconds())
        await service.sign_due()
        first = await head(home)
        assert await checkpoints(home) == [first]
        home.clock.advance(EVERY.total_seconds())
        await service.sign_due()
        assert await checkpoints(home) == [first], "nothing is signed that has not grown"
        await home.login("ada")
        await service.sign_due()
        assert await checkpoints(home) == [first, first + 1]


async def test_a_chain_is_signed_by_count(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_checkpoints, "EVERY_ENTRIES", 5)
    async with house(tmp_path) as home:
        await home.signup()
        for _ in range(5):
            await home.login("ada")
            await home.services.audit_checkpoints.sign_due()
        assert await checkpoints(home) == [5]


async def test_an_export_ends_with_a_checkpoint_of_its_own_entry(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        parts = await home.services.audit_exports.export(admin, AuditFilter(), "", "jsonl")
        lines = [json.loads(line) for line in b"".join([part async for part in parts]).splitlines()]
        assert lines[-3]["action"] == "audit_exported"
        assert lines[-2]["checkpoint"]["seq"] == lines[-3]["seq"] == await head(home)


async def test_a_checkpoint_that_cannot_be_written_is_said_and_ends_nothing(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        (tmp_path / "audit-checkpoints.jsonl").mkdir()
        with pytest.raises(Unavailable, match="A checkpoint of the audit log cannot be written"):
            await home.services.audit_exports.export(admin, AuditFilter(), "", "csv")
        await home.services.audit_checkpoints.sign_all()
        assert await checkpoints(home) == []
        (tmp_path / "audit-checkpoints.jsonl").rmdir()
        await home.services.audit_checkpoints.sign_all()
        assert await checkpoints(home) == [await head(home)]


async def test_verifying_a_trail_that_grows_and_is_signed_meanwhile_finds_no_fault(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        is_over = False

        async def write():
            while not is_over:
                await home.services.audit.record(admin, "login", "auth")

        async def sign():
            while not is_over:
                await home.services.audit_checkpoints.sign("acme")

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(write)
            nursery.start_soon(sign)
            for _ in range(15):
                assert (await verified(home, admin)).fault is None
            is_over = True
        report = await verified(home, admin)
        assert (report.rows, report.fault) == (await head(home), None)


async def test_one_verification_at_a_time_for_each_organization(tmp_path):
    async with house(tmp_path) as home:
        admin, other = await home.signup(), await home.signup("eve", "Beta")
        refused = []

        async def verify(actor):
            try:
                await verified(home, actor)
            except TooMany:
                refused.append(actor.tenant_id)

        async with trio.open_nursery() as nursery:
            for actor in (admin, admin, other):
                nursery.start_soon(verify, actor)
        assert refused == ["acme"]
        await verified(home, admin)


async def older(home, count=3):
    """Entries as a relay without a chain wrote them."""
    for number in range(count):
        row = {
            "_id": f"{number:f>24x}", "tenant_id": "old", "user_id": "", "username": "somebody", "action": "login",
            "category": "authentication", "severity": "info", "resource": "auth", "resource_id": "",
            "ip_address": "", "user_agent": "", "source": "ui", "status": "success", "details": {},
            "timestamp": home.clock.now() - timedelta(days=1),
        }  # fmt: skip
        await home.database.collection("audit").insert_one(row)


async def test_entries_older_than_the_chain_are_counted_in_its_first_link(tmp_path):
    async with house(tmp_path) as home:
        await older(home)
        await home.services.audit_start.begin()
        await home.services.audit_start.begin()
        (first,) = await home.rows("audit", tenant_id="old", action="audit_chain_started")
        assert (first["seq"], first["details"]) == (1, {"earlier_entries": 3})
        root = await home.super_admin()
        verify = home.services.audit_verification.verify
        report = await verify(root, "old")
        assert (report.fault, report.rows, report.earlier) == (None, 1, 3)
        parts = await home.services.audit_exports.export(root, AuditFilter(), "old", "jsonl")
        lines = [json.loads(line) for line in b"".join([part async for part in parts]).splitlines()]
        assert [each["earlier"]["id"] for each in lines if "earlier" in each] == [f"{n:f>24x}" for n in range(3)]
        await home.database.collection("audit").delete_one({"_id": f"{1:f>24x}"})
        report = await verify(root, "old")
        assert (report.fault.kind, report.fault.position) == ("deleted", 0)
        assert report.fault.text == "Entries from before the chain: 1 are missing"


async def test_a_database_that_is_gone_at_the_end_stops_nobody(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        service = home.services.audit_checkpoints

        class Gone:
            def collection(self, name):
                raise StoreUnavailable("gone")

        service.database = Gone()
        await service.sign_all()
