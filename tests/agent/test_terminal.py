"""Real shells on real terminals, through the real protocol: what goes in comes out, once, and stops when told."""

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from agent.login import LoginUser
from agent.port import Port
from agent.shell import ShellProcess
from agent.terminal import Patience
from protocol import messages
from protocol.window import WINDOW_BYTES
from tests.agent.conftest import StartAgent
from tests.agent.dispositions import signals_in
from tests.agent.relay_double import AgentLink, Channel, RelayDouble

UseShell = Callable[[str], LoginUser]
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def link(start_agent: StartAgent, use_shell: UseShell) -> AgentLink:
    use_shell("/bin/sh")
    return await start_agent()


async def test_a_shell_echoes_what_it_is_told(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("echo $((6*7))-$FAIRLEAD_USER-$FAIRLEAD_SESSION-$TERM-$PWD\n")
    await channel.wait_output(b"42-ada-s1-xterm-256color-/")


async def test_nothing_of_the_agents_environment_reaches_the_shell(
    start_agent: StartAgent, use_shell: UseShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_TOKEN", "leaked")
    monkeypatch.setenv("LD_PRELOAD_TRAP", "leaked")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    use_shell("/bin/sh")
    channel = await (await start_agent()).open()
    await channel.type("echo; env | sort; echo e''nd\n")
    output = (await channel.wait_output("\r\nend")).decode()
    assert "leaked" not in output
    names = {line.partition("=")[0] for line in output.splitlines() if line[:1].isupper()}
    assert names - {"MAIL", "OLDPWD"} == {
        "FAIRLEAD_SESSION", "FAIRLEAD_USER", "HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "USER",
    }  # fmt: skip
    assert "LANG=en_GB.UTF-8" in output


async def test_what_a_shell_says_before_its_channel_is_open_is_not_held_back(
    link: AgentLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent reads the first output while `opened` is still on its way."""
    send = Port.send

    async def send_late(port: Port, message: messages.Message) -> None:
        if isinstance(message, messages.Opened):
            await trio.testing.wait_all_tasks_blocked(0.3)
        await send(port, message)

    monkeypatch.setattr(Port, "send", send_late)
    channel = await link.open()
    await channel.until(lambda: channel.output, "for the prompt")


async def test_it_is_a_login_shell_at_home_with_utf8_erase(link: AgentLink, home: Path) -> None:
    channel = await link.open()
    await channel.type("echo \"<$0>\"; pwd; stty -a | grep -o -- '-\\?iutf8'; tty\n")
    output = await channel.wait_output("/dev/pts/")
    assert b"<-sh>" in output
    assert str(home).encode() in output
    assert b"\r\niutf8" in output


async def test_a_shell_that_ends_says_its_code_after_its_output(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("seq 1 20000; echo last words; exit 3\n")
    exited = await channel.wait_for(messages.Exited)
    assert exited.code == 3
    assert channel.output.rstrip().endswith(b"last words")
    assert b"\r\n20000\r\n" in channel.output


async def test_a_child_that_keeps_the_terminal_does_not_keep_the_session(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("trap '' HUP; (trap '' HUP; exec sleep 30) & exit 4\n")
    assert (await channel.wait_for(messages.Exited)).code == 4


async def test_the_window_has_the_size_it_was_given_and_follows(link: AgentLink) -> None:
    channel = await link.open(cols=101, rows=31)
    await channel.type("stty size; trap 'echo got-w''inch' WINCH; echo rea''dy\n")
    await channel.wait_output("31 101\r\nready")
    await channel.say(messages.Resize(cols=133, rows=44))
    await channel.type("\n")
    await channel.wait_output("got-winch")
    await channel.type("stty size\n")
    await channel.wait_output("44 133")


async def test_signals_have_their_defaults(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("trap; grep -E 'Sig(Blk|Ign)' /proc/self/status; yes | head -1; echo d''one\n")
    output = await channel.wait_output("\r\ndone")
    assert [signals_in(output.decode(), name) for name in ("SigBlk", "SigIgn")] == [0, 0]
    assert b"\r\ny\r\ndone" in output
    assert b"Broken pipe" not in output


async def test_ctrl_c_ends_a_flood_within_a_second(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("yes fairlead\n")
    await channel.until(lambda: len(channel.output) > 2 * MEBIBYTE, "for a flood")
    began = trio.current_time()
    await channel.type("\x03")
    await channel.type("echo calm-$((1+1))\n")
    await channel.wait_output("calm-2")
    assert trio.current_time() - began < 1.0


async def test_five_megabytes_pass_unchanged_both_ways(link: AgentLink) -> None:
    """`cat` in raw mode: every byte value, in every position, there and back."""
    data = random.Random(2).randbytes(5 * MEBIBYTE)
    channel = await link.open()
    await channel.type("stty raw -echo; echo st''art; exec cat\n")
    await channel.wait_output("start\n")
    first = channel.output.index(b"start\n") + len(b"start\n")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(channel.type, data)
        with trio.fail_after(60):
            while len(channel.output) - first < len(data):
                await channel.changed.park()
    returned = bytes(channel.output[first:])
    assert hashlib.sha256(returned).digest() == hashlib.sha256(data).digest()


async def test_without_credit_the_program_stops(link: AgentLink) -> None:
    """The relay gives no credit: one window comes, then `yes` itself stands still, and goes on with the credit."""
    channel = await link.open()
    channel.holds_credit = True
    await channel.type("yes 0123456789\n")
    await channel.until(lambda: len(channel.output) == WINDOW_BYTES, "for one window")
    heard = await link_stays_quiet(link, channel)
    assert heard == WINDOW_BYTES
    channel.holds_credit = False
    await channel.consume()
    await channel.until(lambda: len(channel.output) > 2 * WINDOW_BYTES, "for more")


async def link_stays_quiet(link: AgentLink, channel: Channel) -> int:
    """A second terminal answers meanwhile, which proves that the agent had every chance to send on the first."""
    other = await link.open("other")
    for number in range(5):
        await other.type(f"echo turn-$(({number}+0))\n")
        await other.wait_output(f"turn-{number}")
    return len(channel.output)


async def test_input_that_nobody_reads_stops_at_its_window(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("stty raw -echo; echo st''art; exec sleep 100\n")
    await channel.wait_output("start")
    room = link.link.credit_bytes(channel.number)
    while room:
        await channel.type(b"x" * room)
        room = link.link.credit_bytes(channel.number)
    await link_stays_quiet(link, channel)
    assert link.link.credit_bytes(channel.number) == 0
    assert channel.input_offset <= 2 * WINDOW_BYTES


async def test_a_dropped_link_loses_and_repeats_no_byte(link: AgentLink, relay: RelayDouble) -> None:
    channel = await link.open()
    await channel.type("stty -echo; PS1=''; echo st''art\n")
    await channel.wait_output("start\r\n")
    first = channel.output.index(b"start\r\n") + 7
    text = bytearray()
    await channel.type("seq 1 200000; echo e''nd\n")
    for _ in range(4):
        await enough_output(channel, 200_000)
        await link.drop()
        text += channel.output
        offset = channel.offset
        link = await relay.agent()
        (held,) = link.proof.sessions
        assert held.session_id == "s1"
        assert held.output_start <= offset <= held.output_end <= offset + WINDOW_BYTES
        channel = await link.resume("s1", offset)
        assert channel.find(messages.Resumed), channel.controls
    await channel.until(lambda: channel.output.endswith(b"end\r\n"), "for the end")
    text += channel.output
    assert bytes(text[first:]) == b"".join(b"%d\r\n" % number for number in range(1, 200_001)) + b"end\r\n"


async def enough_output(channel: Channel, count: int) -> None:
    await channel.until(lambda: len(channel.output) > count, "for some output")


async def test_input_under_way_at_a_drop_is_typed_once(link: AgentLink, relay: RelayDouble) -> None:
    channel = await link.open()
    await channel.type("stty -echo; PS1=''; echo st''art\n")
    await channel.wait_output("start\r\n")
    sent = b"".join(b"echo line-%d\n" % number for number in range(2000))
    await channel.type(sent[:10_000])
    base = channel.input_offset - 10_000
    await link.drop()
    link = await relay.agent()
    channel = await link.resume("s1", channel.offset)
    arrived = channel.input_offset - base
    assert 0 <= arrived <= 10_000
    await channel.type(sent[arrived:])
    await channel.wait_output("line-1999\r\n")
    await link.drop()
    link = await relay.agent()
    whole = await link.resume("s1", link.proof.sessions[0].output_start)
    await whole.wait_output("line-1999\r\n")
    lines = [line for line in bytes(whole.output).split(b"\r\n") if line.startswith(b"line-")]
    assert lines[-1] == b"line-1999"
    assert len(lines) == len(set(lines))


async def test_a_shell_that_ended_without_a_link_says_so_on_return(link: AgentLink, relay: RelayDouble) -> None:
    channel = await link.open()
    await channel.type("read x; echo ended-without; exit 9\n")
    await channel.wait_output("exit 9")
    await channel.type("\n")
    await link.drop()
    link = await relay.agent()
    channel = await link.resume("s1", channel.offset)
    assert (await channel.wait_for(messages.Exited)).code == 9


async def test_log_rows_of_the_time_without_a_link_arrive_later(
    start_agent: StartAgent, use_shell: UseShell, relay: RelayDouble, tmp_path: Path
) -> None:
    use_shell("/bin/bash")
    link = await start_agent()
    channel = await link.open()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    await channel.type(f"read x < {gate}; echo e''nd\r")
    await channel.until(lambda: f"{gate}; echo e''nd\r\n".encode() in channel.output, "for the command to run")
    await link.drop()
    handle = os.open(gate, os.O_RDWR)
    os.write(handle, b"go\n")
    link = await relay.agent()
    channel = await link.resume("s1", channel.offset)
    await channel.wait_output("end\r\n")
    await channel.until(lambda: channel.rows, "for the row")
    os.close(handle)
    assert channel.rows[0].exit_code == 0


async def test_shells_the_relay_does_not_keep_are_hung_up(link: AgentLink, relay: RelayDouble) -> None:
    await link.open()
    relay.keep_sessions = False
    await link.drop()
    link = await relay.agent()
    assert [held.session_id for held in link.proof.sessions] == ["s1"]
    await wait_gone(link, relay)


async def wait_gone(link: AgentLink, relay: RelayDouble) -> None:
    """Reconnect until the agent holds nothing any more."""
    with trio.fail_after(10):
        while link.proof.sessions:
            await link.drop()
            link = await relay.agent()


async def test_a_held_shell_is_hung_up_when_its_time_is_over(
    start_agent: StartAgent, use_shell: UseShell, relay: RelayDouble
) -> None:
    use_shell("/bin/sh")
    link = await start_agent(patience=Patience(hold_s=0))
    await link.open()
    await link.drop()
    await wait_gone(await relay.agent(), relay)


async def test_close_hangs_up(link: AgentLink) -> None:
    channel = await link.open()
    await channel.type("trap 'echo hung-up; exit 1' HUP; echo rea''dy; while :; do sleep 0.05; done\n")
    await channel.wait_output("ready")
    await channel.say(messages.Close(reason="test"))
    exited = await channel.wait_for(messages.Exited)
    assert exited.reason == "closed"
    assert b"hung-up" in channel.output


async def test_close_kills_what_does_not_hang_up(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/bin/sh")
    link = await start_agent(patience=Patience(hang_up_s=0.2))
    channel = await link.open()
    await channel.type("trap '' HUP; echo rea''dy; while :; do sleep 0.05; done\n")
    await channel.wait_output("ready")
    await channel.say(messages.Close(reason="test"))
    assert (await channel.wait_for(messages.Exited)).code == 137


async def test_close_ends_a_session_whose_viewer_reads_nothing(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/bin/sh")
    link = await start_agent(patience=Patience(hang_up_s=0.2, drain_s=0.2))
    channel = await link.open()
    channel.holds_credit = True
    await channel.type("yes\n")
    await channel.until(lambda: len(channel.output) == WINDOW_BYTES, "for one window")
    await channel.say(messages.Close(reason="test"))
    await channel.wait_for(messages.Exited)


async def test_sudo_is_refused_unless_allowed(
    start_agent: StartAgent, use_shell: UseShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_shell("/bin/sh")
    monkeypatch.setattr("agent.workload.keeps_sudo", lambda login, **rights: all(rights.values()))
    link = await start_agent(allow_sudo=True)
    for session_id, sudo, flag in (("s1", False, b"NoNewPrivs:\t1"), ("s2", True, b"NoNewPrivs:\t0")):
        channel = await link.open(session_id, sudo=sudo)
        await channel.type("grep NoNewPrivs /proc/self/status\n")
        await channel.wait_output(flag)


async def test_a_shell_that_cannot_start_says_why(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/nonexistent/shell")
    channel = await (await start_agent()).open()
    assert (await channel.wait_for(messages.Exited)).code == 127
    assert b"cannot start /nonexistent/shell" in channel.output


async def test_a_session_that_is_open_already_is_refused(link: AgentLink) -> None:
    await link.open("same")
    channel = await link.open("same")
    assert "already open" in (await channel.wait_for(messages.Refused)).reason


async def test_more_shells_than_one_machine_holds_are_refused(link: AgentLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.workload.MAX_TERMINALS", 2)
    await link.open("s1")
    await link.open("s2")
    channel = await link.open("s3")
    assert "2 shells" in (await channel.wait_for(messages.Refused)).reason


async def test_an_unknown_session_cannot_be_resumed(link: AgentLink) -> None:
    channel = await link.resume("never-heard-of", 0)
    assert channel.find(messages.Refused)


async def test_output_that_is_gone_cannot_be_resumed(link: AgentLink, relay: RelayDouble) -> None:
    channel = await link.open()
    await channel.type("seq 1 100000; echo e''nd\n")
    await channel.wait_output("end\r\n")
    await link.drop()
    channel = await (await relay.agent()).resume("s1", 0)
    assert channel.find(messages.Refused)


async def test_the_terminal_is_given_back(link: AgentLink, monkeypatch: pytest.MonkeyPatch) -> None:
    """No descriptor, no directory, no process stays behind a session."""
    closed: list[int] = []
    close = ShellProcess.aclose

    async def watch(self: ShellProcess) -> None:
        await close(self)
        closed.append(self._process.returncode if self._process.returncode is not None else -1)

    monkeypatch.setattr(ShellProcess, "aclose", watch)
    before = len(os.listdir("/proc/self/fd"))
    for number in range(3):
        channel = await link.open(f"s{number}")
        await channel.type("exit 0\n")
        await channel.wait_for(messages.Exited)
    with trio.fail_after(10):
        while len(closed) < 3:
            await trio.testing.wait_all_tasks_blocked()
    assert closed == [0, 0, 0]
    assert len(os.listdir("/proc/self/fd")) <= before
