"""Commands over the API: run by right, logged as they ended, cut off when the right goes; and the log's questions."""

from datetime import timedelta

import pytest
import trio

from relay.domain.errors import Forbidden, Invalid, NotFound, TimedOut, TooMany, Unavailable
from relay.domain.paging import page_request
from relay.services.history import LogFilter
from relay.store.errors import StoreFull
from tests.agent_double import Answer
from tests.services.house import house

EVERYTHING = page_request(None, None)


async def test_a_command_that_is_waited_for(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        place.agent.command = lambda run: Answer(stdout=b"out", stderr=b"err", exit_code=3)
        sent = await home.services.commands.send(admin, place.agent_id, "ls -la", wait=True)
        assert (sent.outcome.stdout, sent.outcome.stderr, sent.outcome.exit_code) == (b"out", b"err", 3)
        (row,) = await home.rows("commands")
        assert {
            key: row[key] for key in ("_id", "command", "success", "exit_code", "method", "source", "session_id")
        } == {
            "_id": sent.command_id,
            "command": "ls -la",
            "success": False,
            "exit_code": 3,
            "method": "api",
            "source": "ui",
            "session_id": None,
        }
        (entry,) = await home.audited("command_executed")
        assert "ls" not in repr(entry["details"])


async def test_a_command_that_is_not_waited_for_is_logged_when_it_ends(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        sent = await home.services.commands.send(admin, place.agent_id, "uptime")
        with trio.fail_after(5):
            await sent.ended.wait()
        (row,) = await home.rows("commands")
        assert (row["command"], row["success"]) == ("uptime", True)
        assert home.live.commands == {}


async def test_refusals(tmp_path):
    async with house(tmp_path) as home:
        admin, carol = await home.signup(), await home.signup("carol", "Beta")
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        away = await home.machine(admin, "web-2", connected=False)
        send = home.services.commands.send
        for command, text in ((" \n", "command is required"), ("x" * 8193, "at most 8192"), ("a\0b", "NUL")):
            with pytest.raises(Invalid, match=text):
                await send(admin, place.agent_id, command)
        for timeout_s in (0, 301):
            with pytest.raises(Invalid, match="timeout must be between 1 and 300"):
                await send(admin, place.agent_id, "ls", timeout_s=timeout_s)
        with pytest.raises(NotFound):
            await send(carol, place.agent_id, "ls")
        with pytest.raises(Forbidden, match="Not authorized"):
            await send(bob, place.agent_id, "ls")
        with pytest.raises(Unavailable, match="Machine is offline"):
            await send(admin, away.agent_id, "ls")
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        for command in ("sudo id", "  su -", "doas ls"):
            with pytest.raises(Forbidden, match="Sudo is not allowed for your machine role"):
                await send(bob, place.agent_id, command)
        assert await home.rows("commands") == []
        await send(bob, place.agent_id, "sudoku", wait=True)


async def test_a_timeout_is_said_and_logged(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        place.agent.command = lambda run: Answer(exit_code=None, timed_out=True)
        with pytest.raises(TimedOut, match="Command timed out"):
            await home.services.commands.send(admin, place.agent_id, "sleep 99", wait=True, timeout_s=1)
        (row,) = await home.rows("commands")
        assert (row["success"], row["exit_code"]) == (False, None)


async def test_case_42_a_right_that_ends_during_a_command_ends_the_command(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        place.agent.command = lambda run: Answer(holds=True)
        end = home.clock.now() + timedelta(seconds=5)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id, expires_at=end)
        sent = await home.services.commands.send(bob, place.agent_id, "sleep 99")
        await home.until(lambda: _started(place))
        home.clock.advance(5)
        await home.services.upkeep.end_rights()
        with trio.fail_after(5):
            await sent.ended.wait()
        assert sent.refusal.text == "Access was revoked while the command ran"
        (row,) = await home.rows("commands")
        assert row["success"] is False


async def _started(place):
    return any(type(message).__name__ == "RunCommand" for message in place.agent.seen)


async def test_a_defect_or_a_full_disk_ends_that_command_only(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        send = home.services.commands.send
        run = home.hub.run_command

        async def broken(agent_id, request):
            raise RuntimeError("a defect")

        home.hub.run_command = broken
        with pytest.raises(Unavailable, match="The command could not be run"):
            await send(admin, place.agent_id, "ls", wait=True)
        assert (await home.rows("commands"))[0]["success"] is False
        home.hub.run_command = run
        write = home.services.commands.writer.write

        async def full(collection, document):
            if collection == "commands":
                raise StoreFull("the disk is full")
            await write(collection, document)

        home.services.commands.writer.write = full
        assert (await send(admin, place.agent_id, "ls", wait=True)).outcome.exit_code == 0
        home.services.commands.writer.write = write
        assert (await send(admin, place.agent_id, "ls", wait=True)).outcome.exit_code == 0
        assert len(await home.rows("commands")) == 2


async def test_a_machine_runs_so_many_commands_at_once(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        place.agent.command = lambda run: Answer(holds=True)
        most = home.hub.settings.max_commands_per_agent
        for _ in range(most):
            await home.services.commands.send(admin, place.agent_id, "sleep 99")
        await home.until(lambda: _running(place, most))
        with pytest.raises(TooMany):
            await home.services.commands.send(admin, place.agent_id, "sleep 99", wait=True)
        await home.services.auth.logout(admin)


async def _running(place, most):
    return sum(type(message).__name__ == "RunCommand" for message in place.agent.seen) == most


async def test_the_logs_questions(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place, other = await home.machine(admin), await home.machine(admin, "web-2")
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        start = home.clock.now()
        place.agent.command = lambda run: Answer(exit_code=1 if "fail" in run.command else 0)
        for actor, command in ((admin, "grep 100% a_b"), (bob, "fail (x)"), (bob, "LS")):
            await home.services.commands.send(actor, place.agent_id, command, wait=True)
            home.clock.advance(60)
        await home.services.commands.send(admin, other.agent_id, "elsewhere", wait=True)
        history = home.services.history

        async def found(**asked):
            page = await history.commands(bob, place.agent_id, LogFilter(**asked), EVERYTHING)
            return [each.command for each in page.items]

        assert await found() == ["LS", "fail (x)", "grep 100% a_b"]
        assert await found(user_id=bob.user_id) == ["LS", "fail (x)"]
        assert await found(success=False) == ["fail (x)"]
        assert await found(source="cli") == []
        assert await found(text="ls") == ["LS"]
        assert await found(text="(X") == ["fail (x)"]
        assert await found(text="a.b") == []
        assert await found(text="100%") == ["grep 100% a_b"]
        at = start + timedelta(seconds=60)
        assert await found(since=at, until=at) == ["fail (x)"]
        with pytest.raises(Invalid, match="q is required"):
            await history.search(bob, place.agent_id, LogFilter(text=" "), EVERYTHING)
        with pytest.raises(Forbidden):
            await history.search(bob, other.agent_id, LogFilter(text="x"), EVERYTHING)
        assert [each.command for each in await history.recent(bob)] == ["LS", "fail (x)", "grep 100% a_b"]
        assert (await history.recent(admin))[0].command == "elsewhere"


async def test_the_dashboard_counts_what_one_may_see(tmp_path):
    async with house(tmp_path) as home:
        admin, root = await home.signup(), await home.super_admin()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.machine(admin, "web-2", connected=False)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        await home.services.terminals.open(admin, place.agent_id)
        stats = await home.services.dashboard.stats(admin)
        assert (stats.online_count, stats.offline_count, stats.total_machines, stats.active_sessions) == (1, 1, 2, 1)
        assert (stats.avg_cpu, stats.avg_memory, stats.avg_disk) == (1.5, 2.5, 0.0)
        assert (await home.services.dashboard.stats(bob)).total_machines == 1
        assert (await home.services.dashboard.stats(root)).total_machines == 2
        assert [each.name for each in await home.services.dashboard.recent_machines(bob)] == ["web-1"]
