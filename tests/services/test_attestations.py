"""Case 36: an agent speaks for its own machine's rows, in order, and once; what it signed is kept with the row."""

from dataclasses import replace

import pytest
import trio

from agent.attestation import Attestor
from protocol.messages import CommandLogged, Exited
from tests.services.house import house


def row(line="ls", **changes):
    made = CommandLogged(
        line=line, exit_code=0, started_at_ms=1, duration_ms=3, cwd="/", method="bash", confidence="high"
    )
    return replace(made, **changes)


class Machine:
    """A machine with an open shell and a signing agent."""

    def __init__(self, home, place, session):
        self.home, self.place, self.session = home, place, session
        self.attestor = Attestor(place.agent_id, place.agent.key.sign, trio.current_time)
        self.log = self.attestor.log(session.session_id)

    def next(self, line="ls", **changes):
        return self.log.signed(self.log.link(row(line, **changes)))

    async def report(self, *rows, stored=None):
        """Send rows and wait until as many as should be are stored."""
        before = len(await self.home.rows("commands"))
        for each in rows:
            self.place.agent.report(each, self.session.session_id)
        wanted = before + (len(rows) if stored is None else stored)

        async def arrived():
            return len(await self.home.rows("commands")) == wanted

        await self.home.until(arrived)
        return (await self.home.rows("commands"))[before:]


async def machine(home, name="web-1", person="ada"):
    admin = await home.signup(person, f"{person}-org")
    place = await home.machine(admin, name)
    return Machine(home, place, (await home.services.terminals.open(admin, place.agent_id)).session)


async def faults(home):
    return [each["details"]["reason"] for each in await home.audited("agent_log_broken")]


async def test_signed_rows_say_so_and_keep_what_was_signed(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        first, second = await here.report(here.next("one"), here.log.link(row("two")))
        assert (first["attested"], second["attested"]) == ("signed", "chained")
        assert first["statement"]["seq"] == 1
        assert first["statement"]["started_at_ms"] == 1
        assert first["statement"]["signature"]
        assert await faults(home) == []


async def test_an_older_agent_works_as_before(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        (stored,) = await here.report(row())
        assert (stored["attested"], stored["statement"]) == ("unsigned", None)
        assert await faults(home) == []


async def test_a_row_that_comes_again_is_stored_once(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        first = here.next("one")
        await here.report(first, first, here.next("two"), stored=2)
        assert await faults(home) == []


FORGERIES = [
    (lambda good: replace(good, line="rm -rf /"), "the signature of row 1 is wrong"),
    (lambda good: replace(good, started_at_ms=0), "the signature of row 1 is wrong"),
    (lambda good: replace(good, signature="A" * 86), "the signature of row 1 is wrong"),
    (lambda good: replace(good, signature="!"), "the signature of row 1 is wrong"),
    (lambda good: replace(good, previous="A" * 43), "row 1 does not follow the row before it"),
    (lambda good: replace(good, previous="x"), "a row with a malformed place in the log"),
]


@pytest.mark.parametrize(("forge", "reason"), FORGERIES)
async def test_case_36_a_forged_row_is_called_broken_and_told_to_the_auditors(tmp_path, forge, reason):
    async with house(tmp_path) as home:
        here = await machine(home)
        (stored,) = await here.report(forge(here.next("one")))
        assert stored["attested"] == "broken"
        assert await faults(home) == [reason]
        (entry,) = await home.audited("agent_log_broken")
        assert (entry["severity"], entry["tenant_id"], entry["resource_id"]) == (
            "critical",
            here.session.opening.tenant_id,
            here.place.agent_id,
        )
        await here.report(forge(here.next("two")))
        assert len(await faults(home)) == 1, "once for each session"


async def test_case_36_rows_that_were_left_out_or_taken_back_show(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        rows = [here.next(f"echo {number}") for number in range(4)]
        stored = await here.report(rows[0], rows[3])
        assert [each["attested"] for each in stored] == ["signed", "signed"]
        assert stored[1]["statement"]["missing_before"] == 2
        assert await faults(home) == ["2 rows before number 4 are missing"]
        (again,) = await here.report(rows[1])
        assert again["attested"] == "broken"


async def test_case_36_an_agent_cannot_speak_for_another_machine_or_session(tmp_path):
    """What another machine signed, and what this one signed for another shell, is worth nothing here."""
    async with house(tmp_path) as home:
        here, there = await machine(home), await machine(home, "web-2", "eve")
        there.place.agent.key = here.place.agent.key
        (stolen,) = await here.report(there.next("one"))
        assert stolen["attested"] == "broken"
        assert stolen["machine_id"] == here.place.machine_id, "the row is the link's, whatever it says"


async def test_case_36_times_are_the_relays(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        now = home.clock.now()
        (stored,) = await here.report(here.next("one", started_at_ms=-(2**40), duration_ms=2**50))
        assert stored["timestamp"] <= now
        assert stored["attested"] == "signed", "what it claims is kept as a claim"
        (opened,) = await home.rows("sessions")
        assert stored["timestamp"] >= opened["started_at"]


async def test_the_end_of_a_log_says_how_much_there_was(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        await here.report(here.next("one"))
        here.log.link(row("never sent"))
        seq, signature = here.log.end()
        here.place.agent.shell(here.session.session_id).exit = Exited(code=0, log_seq=seq, log_signature=signature)
        here.place.agent.emit(b"", here.session.session_id)
        with trio.fail_after(5):
            await here.session.wait_recorded()
        (stored,) = await home.rows("sessions")
        assert (stored["status"], stored["command_log"]["seq"]) == ("closed", 2)
        assert await faults(home) == ["the machine logged 2 rows, the last one here is number 1"]


async def test_the_end_of_a_whole_log_is_kept_in_peace(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        await here.report(here.next("one"))
        seq, signature = here.log.end()
        here.place.agent.shell(here.session.session_id).exit = Exited(code=0, log_seq=seq, log_signature=signature)
        here.place.agent.emit(b"", here.session.session_id)
        with trio.fail_after(5):
            await here.session.wait_recorded()
        (stored,) = await home.rows("sessions")
        assert stored["command_log"] == {"seq": 1, "signature": signature, "fault": ""}
        assert await faults(home) == []


async def test_the_end_of_a_command_is_signed_by_its_machine(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        attestor = Attestor(place.agent_id, place.agent.key.sign, trio.current_time)
        place.agent.attest_done = attestor.done
        await home.services.commands.send(admin, place.agent_id, "id", wait=True)
        place.agent.attest_done = lambda run, done: replace(attestor.done(run, done), exit_code=1)
        await home.services.commands.send(admin, place.agent_id, "id", wait=True)
        place.agent.attest_done = lambda run, done: done
        await home.services.commands.send(admin, place.agent_id, "id", wait=True)
        assert [each["attested"] for each in await home.rows("commands")] == ["signed", "broken", "unsigned"]
        assert await faults(home) == ["the signature of the command's end is wrong"]


async def test_a_stored_log_is_checked_against_the_machines_key(tmp_path):
    async with house(tmp_path) as home:
        here = await machine(home)
        admin = await home.login("ada")
        check = home.services.session_attestations.check
        rows = [here.log.link(row(f"echo {number}")) for number in range(5)]
        rows[2], rows[4] = here.log.signed(rows[2]), here.log.signed(rows[4])
        await here.report(*rows[:4])
        found = await check(admin, here.session.session_id)
        assert (found.rows, found.signed_to, found.is_closed, found.fault) == (4, 3, False, "")
        await here.report(rows[4])
        assert (await check(admin, here.session.session_id)).signed_to == 5


TAMPERING = [
    ({"$set": {"command": "true"}}, "the signature of row 4 is wrong"),
    ({"$set": {"exit_code": 1}}, "the signature of row 4 is wrong"),
    ({"$set": {"command": "true", "statement.signature": ""}}, "row 5 does not follow the row before it"),
    ({"$set": {"statement": None}}, "a row without the machine's word"),
    (None, "1 rows before number 5 are missing"),
]


@pytest.mark.parametrize(("change", "fault"), TAMPERING)
async def test_case_36_rows_changed_at_the_relay_do_not_pass_for_the_machines(tmp_path, change, fault):
    async with house(tmp_path) as home:
        here = await machine(home)
        await here.report(*[here.next(f"echo {number}") for number in range(6)])
        commands = home.database.collection("commands")
        target = {"_id": (await home.rows("commands"))[3]["_id"]}
        await (commands.delete_one(target) if change is None else commands.update_one(target, change))
        found = await home.services.session_attestations.check(await home.login("ada"), here.session.session_id)
        assert found.fault == fault
