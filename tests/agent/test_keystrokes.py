"""What is kept of keys where no shell tells: lines that were echoed, the fact of input, and never a password."""

import sys
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from agent.command_log import NOT_SHOWN, CommandLog
from agent.keystrokes import KeystrokeLine
from agent.login import LoginUser
from agent.shell import EchoShell, TerminalMode
from protocol import messages
from tests.agent.conftest import StartAgent
from tests.agent.test_shell_hooks import find_shell, run_line

UseShell = Callable[[str], LoginUser]

ECHOED = TerminalMode(is_canonical=True, has_echo=True, foreground=1)
HIDDEN = TerminalMode(is_canonical=True, has_echo=False, foreground=1)
RAW = TerminalMode(is_canonical=False, has_echo=False, foreground=1)


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        (b"ls -la\r", ["ls -la"]),
        (b"one\ntwo\n", ["one", "two"]),
        (b"lx\x7fs\r", ["ls"]),
        ("caf\u00e9\u00e9\x7f\r".encode(), ["caf\u00e9"]),
        (b"rm everything\x15ls\r", ["ls"]),
        (b"rm everything\x17nothing\r", ["rm nothing"]),
        (b"abandoned\x03ls\r", ["ls"]),
        (b"\r\r  \r", []),
        (b"no end", []),
        (b"bad \xff byte\r", ["bad \ufffd byte"]),
    ],
)
def test_lines_are_rebuilt_as_the_kernel_edits_them(keys: bytes, lines: list[str]) -> None:
    assert KeystrokeLine().feed(keys) == lines


def test_a_line_without_end_is_bounded() -> None:
    line = KeystrokeLine()
    assert line.feed(b"x" * 100_000) == []
    assert [len(text) for text in line.feed(b"\r")] == [1024]


def rows(log: CommandLog) -> list[messages.CommandLogged]:
    log.finish(None)
    found = []
    while (row := log.first()) is not None:
        found.append(row)
        log.drop_first(row)
    return found


@pytest.fixture
def log() -> CommandLog:
    return CommandLog(EchoShell(), method="keystrokes", unix_ms=lambda: 1234)


async def test_an_echoed_line_is_kept_with_low_confidence(log: CommandLog) -> None:
    log.typed(b"ls\r", ECHOED)
    (row,) = rows(log)
    assert (row.line, row.exit_code, row.started_at_ms, row.duration_ms) == ("ls", None, 1234, None)
    assert (row.method, row.confidence) == ("keystrokes", "low")


async def test_hidden_input_leaves_nothing(log: CommandLog) -> None:
    log.typed(b"hunter2\r", HIDDEN)
    assert rows(log) == []


async def test_a_line_begun_with_echo_and_ended_without_leaves_nothing(log: CommandLog) -> None:
    log.typed(b"begun ", ECHOED)
    log.typed(b"hunter2", HIDDEN)
    log.typed(b"\r", ECHOED)
    assert rows(log) == []


async def test_raw_input_is_mentioned_once_per_program(log: CommandLog) -> None:
    for _ in range(100):
        log.typed(b"x", RAW)
    log.typed(b"y", TerminalMode(is_canonical=False, has_echo=False, foreground=2))
    assert [row.line for row in rows(log)] == [NOT_SHOWN, NOT_SHOWN]


async def test_a_flood_of_lines_is_bounded(log: CommandLog) -> None:
    log.typed(b"".join(b"line %d\r" % number for number in range(10_000)), ECHOED)
    assert len(rows(log)) <= 32


async def test_a_line_that_nobody_has_read_waits(autojump_clock: MockClock) -> None:
    """Typed ahead of a long command: it becomes a row only some time after somebody has read it."""
    shell = EchoShell()
    log = CommandLog(shell, method="keystrokes", unix_ms=lambda: 1234, settle_s=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(log.run, lambda: None)
        shell.unread = 5
        log.typed(b"ls\r", ECHOED)
        await trio.sleep(60.5)
        assert log.first() is None
        shell.unread = 0
        await trio.sleep(0.4)
        assert log.first() is None
        await trio.sleep(1)
        assert log.first() is not None
        nursery.cancel_scope.cancel()


async def test_a_plain_sh_is_logged_from_keys(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/bin/sh")
    channel = await (await start_agent()).open()
    assert channel.find(messages.Opened).log_method == "keystrokes"
    await channel.type("echo typxx\x7f\x7fed-$((1+1))\r")
    await channel.wait_output("typed-2")
    await channel.until(lambda: channel.rows, "for the row")
    assert (channel.rows[0].line, channel.rows[0].method, channel.rows[0].confidence) == (
        "echo typed-$((1+1))", "keystrokes", "low",
    )  # fmt: skip


SECRET = "hunter2-" + "secret"


@pytest.mark.parametrize(
    "asking",
    [
        "read -s -p 'pass''word? ' x",
        "stty -echo; printf 'pass''word? '; read x; stty echo",
        f'{sys.executable} -I -c \'import getpass; getpass.getpass("pass" "word? ")\'',
    ],
)
async def test_a_password_is_never_stored(asking: str, start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell(find_shell("bash"))
    channel = await (await start_agent()).open()
    await channel.type(f"PS1='ready''> '; {asking}; echo over-$((1+1))\r")
    await channel.wait_output("password? ")
    await channel.type(SECRET + "\r")
    await channel.wait_output("over-2")
    await run_line(channel, "echo after")
    await channel.until(lambda: channel.rows[-1].line == "echo after", "for the last row")
    await channel.type("exit\r")
    await channel.wait_for(messages.Exited)
    assert SECRET.encode() not in channel.output
    assert all(SECRET not in row.line for row in channel.rows)
    assert len(channel.rows) == 3, channel.rows


async def test_input_to_a_program_in_a_hooked_shell_is_logged(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell(find_shell("bash"))
    channel = await (await start_agent()).open()
    await channel.type("sh -c 'echo in-$((1+1)); cat'\r")
    await channel.wait_output("in-2")
    await channel.type("said to cat\r")
    await channel.wait_output("said to cat\r\nsaid to cat")
    await channel.until(lambda: channel.rows, "for the row")
    assert (channel.rows[0].line, channel.rows[0].method) == ("said to cat", "keystrokes")
    await channel.type("\x04")
    await channel.until(lambda: len(channel.rows) == 2, "for the program's own row")
    assert (channel.rows[1].method, channel.rows[1].exit_code) == ("bash", 0)


async def test_input_to_a_raw_program_is_only_mentioned(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell(find_shell("bash"))
    channel = await (await start_agent()).open()
    await channel.type("sh -c 'stty raw -echo; echo in-$((1+1)); head -c 12 >/dev/null; stty sane'\r")
    await channel.wait_output("in-2")
    await channel.type("secret words")
    await channel.until(lambda: len(channel.rows) == 2, "for both rows")
    assert sorted(row.method for row in channel.rows) == ["bash", "keystrokes"]
    assert next(row.line for row in channel.rows if row.method == "keystrokes") == NOT_SHOWN


async def test_exec_of_an_unhooked_shell_does_not_go_unseen(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell(find_shell("bash"))
    channel = await (await start_agent()).open()
    await channel.type("exec bash --norc --noprofile\r")
    await channel.wait_output("bash-5")
    await channel.type("echo unhooked\r")
    await channel.until(lambda: channel.rows, "for a row")
    assert (channel.rows[0].line, channel.rows[0].confidence) == (NOT_SHOWN, "low")
