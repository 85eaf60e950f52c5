"""Sessions: opened by right, recorded before they start, taken up again by their person alone, closed by rule."""

from dataclasses import replace

import pytest
import trio

from relay.domain.errors import Forbidden, Invalid, MachinePending, NotFound, TooMany, Unavailable
from relay.domain.paging import PageRequest, page_request
from relay.services.machines import NewMachine
from relay.terminal.errors import OpenRefused
from tests.services.house import house

EVERYTHING = page_request(None, None)


async def test_an_opened_shell_has_its_row_and_its_audit_entry(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        opened = await home.services.terminals.open(admin, place.agent_id, cols=120, rows=40)
        assert not opened.resumed
        shell = place.agent.shell(opened.session.session_id)
        assert (shell.opening.cols, shell.opening.rows, shell.opening.username) == (120, 40, "ada")
        (row,) = await home.rows("sessions")
        assert {key: row[key] for key in ("_id", "status", "username", "source", "browser", "os", "via")} == {
            "_id": opened.session.session_id,
            "status": "active",
            "username": "ada",
            "source": "ui",
            "browser": "Firefox",
            "os": "Linux",
            "via": "admin",
        }
        (entry,) = await home.audited("machine_access")
        assert entry["details"]["session_id"] == opened.session.session_id


async def test_commands_and_the_end_are_recorded(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        session = (await home.services.terminals.open(admin, place.agent_id)).session
        home.clock.advance(60)
        place.agent.log("echo \x1b[31m'hi'", 0)
        place.agent.log("false", 1)
        place.agent.log("sleep 1", None)
        place.agent.end_shell(0)
        await home.until(lambda: _is_closed(home))
        row, page = await home.services.history.session(admin, session.session_id, EVERYTHING)
        assert (row.command_count, row.close_reason, str(row.status)) == (3, "shell exited", "closed")
        assert {(each.command, each.success, each.exit_code) for each in page.items} == {
            ("echo \x1b[31m'hi'", True, 0),
            ("false", False, 1),
            ("sleep 1", None, None),
        }
        assert all(row.started_at <= each.timestamp <= home.clock.now() for each in page.items)
        assert home.live.sessions == {}


async def _is_closed(home):
    return (await home.rows("sessions"))[0]["status"] == "closed"


async def test_a_pending_or_absent_machine_cannot_be_opened(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        pending = await home.services.machines.create(admin, NewMachine(name="new"))
        with pytest.raises(MachinePending):
            await home.services.terminals.open(admin, pending.machine.agent_id)
        place = await home.machine(admin, connected=False)
        with pytest.raises(Unavailable, match="Machine is offline"):
            await home.services.terminals.open(admin, place.agent_id)
        with pytest.raises(NotFound, match="Machine not found"):
            await home.services.terminals.open(admin, "nothing")
        assert await home.rows("sessions") == []


async def test_what_the_machine_refuses_is_closed_in_the_row(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        place.agent.refuses = "no such user"
        with pytest.raises(OpenRefused, match="no such user"):
            await home.services.terminals.open(admin, place.agent_id)
        (row,) = await home.rows("sessions")
        assert (row["status"], row["close_reason"]) == ("closed", "no such user")
        assert home.live.sessions == {}


@pytest.mark.parametrize(
    "asked",
    [{"cols": 0}, {"rows": 1001}, {"session_id": "a b"}, {"session_id": "x" * 65}, {"session_id": "é"}],
)
async def test_impossible_wishes_are_refused(tmp_path, asked):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        with pytest.raises(Invalid):
            await home.services.terminals.open(admin, place.agent_id, **asked)


async def test_a_session_is_taken_up_again_by_its_person_only(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        eve = await home.add_user(admin, "eve", role="company_admin")
        place, other = await home.machine(admin), await home.machine(admin, "web-2")
        first = await home.services.terminals.open(admin, place.agent_id, session_id="cli-1")
        assert first.session.session_id == "cli-1"
        again = await home.services.terminals.open(admin, place.agent_id, session_id="cli-1", resume=True)
        assert again.resumed
        assert again.session is first.session
        with pytest.raises(Forbidden, match="Not authorized"):
            await home.services.terminals.open(eve, place.agent_id, session_id="cli-1", resume=True)
        for fresh in (
            await home.services.terminals.open(admin, place.agent_id, session_id="cli-1"),
            await home.services.terminals.open(admin, other.agent_id, session_id="cli-1", resume=True),
        ):
            assert not fresh.resumed
            assert fresh.session.session_id != "cli-1"


async def test_case_42_one_session_id_opened_twice_at_once_is_one_session(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        refused = []

        async def try_open():
            try:
                await home.services.terminals.open(admin, place.agent_id, session_id="cli-1")
            except Forbidden as error:
                refused.append(error)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(try_open)
            nursery.start_soon(try_open)
        rows = [row for row in await home.rows("sessions") if row["_id"] == "cli-1"]
        assert len(rows) == 1
        assert len(await home.rows("sessions")) + len(refused) == 2


async def test_the_source_is_what_the_client_says_then_what_its_login_was(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        await home.services.terminals.open(admin, place.agent_id, source="vscode")
        await home.services.terminals.open(admin, place.agent_id, source="telnet")
        assert sorted(row["source"] for row in await home.rows("sessions")) == ["ui", "vscode"]


async def test_a_person_has_at_most_so_many_sessions(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        home.hub.settings = replace(home.hub.settings, max_sessions_per_user=2)
        for _ in range(2):
            await home.services.terminals.open(admin, place.agent_id)
        with pytest.raises(TooMany):
            await home.services.terminals.open(admin, place.agent_id)
        page = await home.services.terminals.list_active(admin, EVERYTHING)
        assert page.total == 2


async def test_closing_ones_own_and_an_administrators_closing(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob, eve = await home.add_user(admin, "bob"), await home.add_user(admin, "eve")
        place = await home.machine(admin)
        for user in (bob, eve):
            await home.services.access.grant(admin, place.agent_id, user_id=user.user_id)
        terminals = home.services.terminals
        first = (await terminals.open(bob, place.agent_id)).session
        second = (await terminals.open(bob, place.agent_id)).session
        with pytest.raises(Forbidden, match="Not authorized"):
            await terminals.close(eve, first.session_id)
        await terminals.close(bob, first.session_id)
        await terminals.close(admin, second.session_id)
        assert (first.reason.code, second.reason.code) == (1000, 4410)
        for gone in (first.session_id, "nothing"):
            with pytest.raises(NotFound, match="Session not found"):
                await terminals.close(bob, gone)
        assert [row["details"]["username"] for row in await home.audited("session_closed")] == ["bob", "bob"]


async def test_case_07_sessions_of_another_organization_do_not_exist(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        carol = await home.signup("carol", "Beta")
        place = await home.machine(admin)
        session = (await home.services.terminals.open(admin, place.agent_id)).session
        with pytest.raises(NotFound):
            await home.services.terminals.close(carol, session.session_id)
        with pytest.raises(NotFound):
            await home.services.history.session(carol, session.session_id, EVERYTHING)
        assert (await home.services.terminals.list_active(carol, EVERYTHING)).total == 0


async def test_lists_of_sessions_by_role(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        root = await home.super_admin()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        terminals = home.services.terminals
        await terminals.open(admin, place.agent_id)
        mine = (await terminals.open(bob, place.agent_id)).session
        assert [row.id for row in (await terminals.list_active(bob, EVERYTHING)).items] == [mine.session_id]
        assert (await terminals.list_active(admin, EVERYTHING)).total == 2
        assert (await terminals.list_active(root, PageRequest(page=1, limit=1))).total == 2
        assert (await home.services.history.sessions(bob, place.agent_id, EVERYTHING)).total == 2
        await terminals.close(admin, mine.session_id)
        assert (await home.services.history.sessions(bob, place.agent_id, EVERYTHING, active=True)).total == 1


async def test_a_row_left_over_from_a_crash_can_be_closed_and_is_closed_at_the_next_start(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        await home.services.terminals.open(admin, place.agent_id, session_id="kept")
        (row,) = await home.rows("sessions")
        sessions = home.database.collection("sessions")
        await sessions.insert_many([{**row, "_id": name} for name in ("left-1", "left-2")])
        await home.services.terminals.close(admin, "left-1")
        await home.services.credentials.fleet.recover()
        reasons = {row["_id"]: row["close_reason"] for row in await home.rows("sessions")}
        assert reasons == {"left-1": "agent lost", "left-2": "relay restarted", "kept": "relay restarted"}


async def test_a_right_lost_while_the_machine_was_asked_closes_the_new_shell(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        opening = home.hub.open_session

        async def slow(agent_id, what):
            session = await opening(agent_id, what)
            await home.database.collection("grants").delete_many({"user_id": bob.user_id, "tenant_id": "acme"})
            return session

        home.hub.open_session = slow
        session = (await home.services.terminals.open(bob, place.agent_id)).session
        assert session.reason.code == 4403


async def test_a_right_lost_while_the_shell_starts_is_a_refusal(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        place.agent.answers = False

        async def is_opening():
            return bool(home.hub.sessions())

        async def revoke():
            await home.until(is_opening)
            await home.services.access.revoke(admin, place.agent_id, user_id=bob.user_id)

        home.nursery.start_soon(revoke)
        with trio.fail_after(5), pytest.raises(Forbidden, match="Not authorized"):
            await home.services.terminals.open(bob, place.agent_id)
        (row,) = await home.rows("sessions")
        assert (row["status"], row["close_reason"]) == ("closed", "access revoked")
