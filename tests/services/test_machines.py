"""Machines: adding, enrolling, hearing from, listing; what an agent claims can do no harm."""

import pytest
import trio

from protocol.handshake import encode_bytes
from protocol.messages import Heartbeat
from relay.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from relay.domain.machines import Machine, Status
from relay.domain.paging import PageRequest, page_request
from relay.services.agent_facts import Enrolment
from relay.services.groups import NewGroup
from relay.services.machines import NewMachine
from relay.services.records import read
from relay.terminal.errors import AgentRejected
from tests.services.house import CALLER, house

EVERYTHING = page_request(None, None)
KEY = encode_bytes(bytes(range(32)))


async def _enrol(home, token, key=KEY, **facts):
    return await home.services.enrolment.register(CALLER, Enrolment(token=token, public_key=key, **facts))


async def test_a_new_machine_is_pending_until_its_token_is_used(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        created = await home.services.machines.create(
            admin, NewMachine(name=" web-1 ", description="x", tags=["a", "a"], metadata={"team": "ops"})
        )
        machine = created.machine
        assert (machine.name, machine.tags, home.services.presence.status(machine)) == ("web-1", ("a",), Status.PENDING)
        assert created.registration_token.startswith("fl_enrol_")
        assert created.registration_token not in repr(await home.rows("enrolment_tokens"))
        with pytest.raises(AgentRejected) as refused:
            await home.services.credentials.find_agent(machine.agent_id)
        assert refused.value.code == 4401
        enrolled = await _enrol(home, created.registration_token, hostname="web\x1b]0;x\x07-1\u202e", allow_sudo=True)
        assert (enrolled.agent_id, enrolled.hostname) == (machine.agent_id, "web]0;x-1")
        assert home.services.presence.status(enrolled) is Status.OFFLINE
        known = await home.services.credentials.find_agent(machine.agent_id)
        assert (known.tenant_id, known.public_key) == ("acme", bytes(range(32)))
        assert [row["action"] for row in await home.rows("audit", resource_id=machine.agent_id)] == [
            "machine_created", "machine_registered",
        ]  # fmt: skip


async def test_case_35_of_two_enrolments_with_one_token_one_wins(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        token = (await home.services.machines.create(admin, NewMachine(name="web-1"))).registration_token
        outcomes = []

        async def enrol(number):
            try:
                outcomes.append(await _enrol(home, token, key=encode_bytes(bytes([number]) * 32)))
            except Unauthenticated as error:
                outcomes.append(error.text)

        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(enrol, number)
        assert outcomes.count("Invalid or expired registration token") == 2
        assert len(await home.audited("enrolment_failed")) == 2
        assert len(await home.audited("machine_registered")) == 1


async def test_case_35_tokens_that_do_not_enrol(tmp_path):
    async with house(tmp_path, enrolment_hours=1) as home:
        admin = await home.signup()
        used, late, gone = [
            await home.services.machines.create(admin, NewMachine(name=name)) for name in ("a", "b", "c")
        ]
        await _enrol(home, used.registration_token)
        await home.services.machines.delete(admin, gone.machine.agent_id)
        home.clock.advance(3600)
        for token in (used.registration_token, late.registration_token, gone.registration_token, "", "x" * 500):
            with pytest.raises(Unauthenticated, match="Invalid or expired registration token"):
                await _enrol(home, token)


@pytest.mark.parametrize("key", ["", "x", "%%%%", encode_bytes(bytes(31)), encode_bytes(bytes(33)), "é" * 43])
async def test_a_key_that_is_none_is_refused_and_the_token_stays(tmp_path, key):
    async with house(tmp_path) as home:
        admin = await home.signup()
        token = (await home.services.machines.create(admin, NewMachine(name="web-1"))).registration_token
        with pytest.raises(Invalid, match="public_key"):
            await _enrol(home, token, key=key)
        await _enrol(home, token)


async def test_case_14_an_agents_labels_do_not_widen_access(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        allowed = await home.machine(admin, "allowed", connected=False)
        await home.services.groups.create(
            admin, NewGroup(name="Ops", member_ids=[bob.user_id], machine_ids=[allowed.agent_id])
        )
        place = await home.machine(admin, "other")
        token = (await home.services.machines.create(admin, NewMachine(name="third"))).registration_token
        await _enrol(home, token, hostname="allowed", metadata={"group": "Ops", "tenant_id": "beta"})
        visible = await home.services.machines.list_visible(bob, EVERYTHING)
        assert [machine.name for machine in visible.items] == ["allowed"]
        with pytest.raises(Forbidden):
            await home.services.machines.get(bob, place.agent_id)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"name": ""}, "name is required"),
        ({"name": "x" * 101}, "name must be at most 100 characters"),
        ({"name": "a\x1b[0m"}, "name must not contain control characters"),
        ({"description": "x" * 501}, "description must be at most 500 characters"),
        ({"linux_user": "Root!"}, "linux_user must be a valid Linux user name"),
        ({"tags": ["x"] * 21}, "tags must be at most 20"),
        ({"metadata": {str(n): "" for n in range(51)}}, "metadata must have at most 50 entries"),
    ],
)
async def test_machines_that_cannot_be_added(tmp_path, asked, text):
    async with house(tmp_path) as home:
        admin = await home.signup()
        with pytest.raises(Invalid, match=text):
            await home.services.machines.create(admin, NewMachine(**{"name": "web-1", **asked}))


async def test_names_are_unique_in_an_organization_whatever_the_case(tmp_path):
    async with house(tmp_path) as home:
        admin, carol = await home.signup(), await home.signup("carol", "Beta")
        await home.services.machines.create(admin, NewMachine(name="web-1"))
        with pytest.raises(Conflict, match="Machine with this name already exists"):
            await home.services.machines.create(admin, NewMachine(name="WEB-1"))
        await home.services.machines.create(carol, NewMachine(name="web-1"))
        assert len(await home.rows("enrolment_tokens")) == 2


async def test_where_a_super_admins_machine_goes_must_be_said(tmp_path):
    async with house(tmp_path) as home:
        admin, root = await home.signup(), await home.super_admin()
        for asked, refusal in (("", Invalid), ("platform", Invalid), ("nowhere", NotFound)):
            with pytest.raises(refusal):
                await home.services.machines.create(root, NewMachine(name="x", tenant_id=asked))
        made = await home.services.machines.create(root, NewMachine(name="x", tenant_id="acme"))
        assert made.machine.tenant_id == "acme"
        with pytest.raises(Forbidden, match="Access denied to this tenant"):
            await home.services.machines.create(admin, NewMachine(name="y", tenant_id="beta"))


async def test_a_machine_comes_goes_and_is_forgotten_by_the_clock(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)

        async def status():
            machine = await home.services.machines.get(admin, place.agent_id)
            for known in Status:
                page = await home.services.machines.list_visible(admin, EVERYTHING, status=str(known))
                assert (page.total == 1) is (known is home.services.presence.status(machine)), known
            return home.services.presence.status(machine)

        assert await status() is Status.ONLINE
        home.clock.advance(121)
        assert await status() is Status.OFFLINE
        await home.services.credentials.fleet.heartbeat(place.agent_id, Heartbeat(cpu_percent=3.0))
        assert await status() is Status.ONLINE
        place.socket.abort()
        await home.until(lambda: _is_gone(home))
        assert await status() is Status.ONLINE
        home.clock.advance(15)
        assert await status() is Status.OFFLINE
        assert (await home.services.machines.get(admin, place.agent_id)).metrics.cpu_percent == 3.0


async def _is_gone(home):
    return not (await home.rows("machines"))[0]["is_connected"]


async def test_the_sweep_corrects_what_a_crash_left_and_deletes_what_expired(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin, connected=False)
        machines = home.database.collection("machines")
        at = home.clock.now()
        await machines.update_one({"_id": place.machine_id}, {"$set": {"is_connected": True, "connected_at": at}})
        await home.services.auth.logout(admin)
        home.clock.advance(40 * 24 * 3600)
        assert await home.services.upkeep.sweep() == 2
        assert await home.database.collection("revoked_tokens").find_one({"_id": admin.login_id}) is None
        assert not (await home.rows("machines"))[0]["is_connected"]
        await machines.update_one({"_id": place.machine_id}, {"$set": {"is_connected": True}})
        await home.services.credentials.fleet.recover()
        assert not (await home.rows("machines"))[0]["is_connected"]


async def test_case_36_a_hostile_agents_facts_and_figures_are_bounded(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        fleet = home.services.credentials.fleet
        await fleet.heartbeat(
            place.agent_id,
            Heartbeat(cpu_percent=1e300, memory_percent=-1.0, disk_percent=100.0, uptime_seconds=90061.0, load=0.5),
        )
        machine = await home.services.machines.get(admin, place.agent_id)
        assert (machine.metrics.cpu_percent, machine.metrics.memory_percent, machine.metrics.disk_percent) == (
            None, None, 100.0,
        )  # fmt: skip
        session = (await home.services.terminals.open(admin, place.agent_id)).session
        place.agent.log("x" * 20_000, 0)
        await home.until(lambda: _has_rows(home))
        (row,) = await home.rows("commands", session_id=session.session_id)
        assert len(row["command"]) == 8192
        assert row["timestamp"] == home.clock.now()


async def test_case_36_an_agent_cannot_fill_the_disk_with_commands(tmp_path, monkeypatch):
    monkeypatch.setattr("relay.services.fleet.MAX_LOGGED_COMMANDS", 3)
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        session = (await home.services.terminals.open(admin, place.agent_id)).session
        for number in range(5):
            place.agent.log(f"echo {number}", 0)
        with trio.fail_after(5):
            await session.closed.wait()
        assert (session.reason.code, session.reason.text) == (4410, "its command log is full")
        assert len(await home.rows("commands")) == 3


async def _has_rows(home):
    return bool(await home.rows("commands"))


async def test_an_agent_whose_machine_went_while_it_dialled_is_sent_away(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin, connected=False)
        fleet = home.services.credentials.fleet
        find = fleet.find_agent
        known = await find(place.agent_id)
        await home.services.machines.delete(admin, place.agent_id)
        with pytest.raises(AgentRejected) as refused:
            await find(place.agent_id)
        assert refused.value.code == 4404

        class Late(type(home.services.credentials)):
            async def find_agent(self, agent_id):
                await trio.lowlevel.checkpoint()
                return known

        from relay.terminal.pair import memory_pair

        ours, theirs = memory_pair()
        late = Late(identity=home.services.credentials.identity, fleet=fleet)
        home.nursery.start_soon(lambda: home.hub.serve_agent(ours, credentials=late))
        home.nursery.start_soon(place.agent.serve, theirs)
        await home.until(lambda: _told(theirs))
        assert theirs.close_code == 4404


async def _told(socket):
    return socket.close_code is not None


async def test_lists_by_search_tag_tenant_and_page(tmp_path):
    async with house(tmp_path) as home:
        admin, root = await home.signup(), await home.super_admin()
        carol = await home.signup("carol", "Beta")
        for name, tags in (("db-1", ["prod"]), ("WEB.1", ["prod", "x"]), ("web-2", [])):
            await home.services.machines.create(admin, NewMachine(name=name, tags=tags, description="a (b)"))
        await home.services.machines.create(carol, NewMachine(name="web-3"))
        machines = home.services.machines

        async def names(actor, paging=EVERYTHING, **asked):
            return [each.name for each in (await machines.list_visible(actor, paging, **asked)).items]

        assert await names(admin) == ["db-1", "web-2", "WEB.1"]
        assert await names(admin, search="web.") == ["WEB.1"]
        assert await names(admin, search="(B)") == ["db-1", "web-2", "WEB.1"]
        assert await names(admin, tag="x") == ["WEB.1"]
        assert await names(root) == ["db-1", "web-2", "web-3", "WEB.1"]
        assert await names(root, tenant_id="beta") == ["web-3"]
        assert await names(carol) == ["web-3"]
        page = await machines.list_visible(admin, PageRequest(page=2, limit=2))
        assert ([each.name for each in page.items], page.total, page.total_pages) == (["WEB.1"], 3, 2)
        beyond = await machines.list_visible(admin, PageRequest(page=9, limit=2))
        assert (list(beyond.items), beyond.total) == ([], 3)
        with pytest.raises(Forbidden, match="Access denied to this tenant"):
            await names(admin, tenant_id="beta")
        with pytest.raises(Invalid, match="status must be"):
            await names(admin, status="broken")
        with pytest.raises(Invalid, match="search must be at most 200"):
            await names(admin, search="x" * 201)


async def test_groups_of_machines_and_the_internal_id(tmp_path):
    async with house(tmp_path) as home:
        admin, carol = await home.signup(), await home.signup("carol", "Beta")
        place = await home.machine(admin, connected=False)
        group = await home.services.groups.create(admin, NewGroup(name="Ops", machine_ids=[place.machine_id]))
        machine = await home.services.machines.get_by_id(admin, place.machine_id)
        assert await home.services.machines.group_ids([machine]) == {place.machine_id: [group.id]}
        with pytest.raises(NotFound):
            await home.services.machines.get_by_id(carol, place.machine_id)
        document = (await home.rows("machines"))[0]
        assert read(Machine, {**document, "a_later_field": 1}).id == place.machine_id
