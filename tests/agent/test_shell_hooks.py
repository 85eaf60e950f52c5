"""The command log by shell integration, in real bash, zsh and fish: every line, its true code, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.login import LoginUser
from protocol import messages
from tests.agent.conftest import StartAgent
from tests.agent.relay_double import Channel

UseShell = Callable[[str], LoginUser]


def find_shell(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} IS NOT INSTALLED: its command log is not tested here")
    return path


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def terminal(shell: str, start_agent: StartAgent, use_shell: UseShell, home: Path) -> Channel:
    (home / ".bashrc").write_text("PS1='ready> '\n")
    (home / ".bash_profile").write_text(". ~/.bashrc\n")
    (home / ".zshrc").write_text("PROMPT='ready> '\nunsetopt prompt_sp\n")
    (home / ".config/fish").mkdir(parents=True)
    (home / ".config/fish/config.fish").write_text(
        "function fish_prompt; echo -n 'ready> '; end\nset -g fish_greeting\n"
    )
    use_shell(find_shell(shell))
    link = await start_agent()
    channel = await link.open()
    await channel.wait_output("ready> ")
    return channel


async def run_line(channel: Channel, line: str, *, count: int = 1) -> list[messages.CommandLogged]:
    """Type a line; wait for `count` new rows."""
    before = len(channel.rows)
    await channel.type(line + "\r")
    await channel.until(lambda: len(channel.rows) >= before + count, f"for a row after {line!r}")
    return channel.rows[before:]


async def test_a_command_is_logged_with_all_that_is_known(terminal: Channel, shell: str, home: Path) -> None:
    assert terminal.find(messages.Opened).log_method == shell
    (row,) = await run_line(terminal, "echo hello world")
    assert (row.line, row.exit_code, row.cwd) == ("echo hello world", 0, str(home))
    assert (row.method, row.confidence) == (shell, "high")
    assert row.started_at_ms > 1_700_000_000_000
    assert row.duration_ms is not None
    assert 0 <= row.duration_ms < 5000


@pytest.mark.parametrize(
    ("line", "code"),
    [("false", 1), ("true | false", 1), ("false | true", 0), ("sh -c 'exit 42'", 42), ("sh -c 'kill -TERM $$'", 143),
     ("nosuchcommand 2>/dev/null", 127)],
)  # fmt: skip
async def test_the_exit_code_is_the_true_one(terminal: Channel, line: str, code: int) -> None:
    (row,) = await run_line(terminal, line)
    assert (row.line, row.exit_code) == (line, code)


async def test_a_command_ended_by_ctrl_c_is_logged_with_130(terminal: Channel) -> None:
    before = len(terminal.rows)
    await terminal.type("sh -c 'echo started-$((1+1)); exec sleep 600'\r")
    await terminal.wait_output("started-2")
    await terminal.type("\x03")
    await terminal.until(lambda: len(terminal.rows) > before)
    assert terminal.rows[before].exit_code == 130


def lines_taken(channel: Channel) -> int:
    """Signs of a new line: a prompt, or bracketed paste turned on (bash may not print its prompt after Ctrl-C)."""
    return channel.output.count(b"ready> ") + channel.output.count(b"\x1b[?2004h")


async def press(channel: Channel, keys: str) -> None:
    """Type, and wait until the shell takes a new line."""
    count = lines_taken(channel)
    await channel.type(keys)
    await channel.until(lambda: lines_taken(channel) > count, "for a new line")


async def test_empty_and_abandoned_lines_are_not_logged(terminal: Channel) -> None:
    # The first prompt to its end, then the second: half of one taken for the other, and the shell does not read yet.
    await terminal.wait_output("ready> ")
    prompts = terminal.output.count(b"ready> ")
    await terminal.type("\r")
    await terminal.until(lambda: terminal.output.count(b"ready> ") > prompts, "for another prompt")
    await terminal.type("neverrun")
    await terminal.wait_output("neverrun")
    if is_fish(terminal):
        # fish loses a Ctrl-C that comes while it paints, which is how fast we type here.
        await terminal.type("\x15")
    else:
        await press(terminal, "\x03")
    (row,) = await run_line(terminal, "echo last")
    assert row.line == "echo last"
    assert [row.line for row in terminal.rows] == ["echo last"]


async def test_repeated_and_indented_lines_are_logged_each_time(terminal: Channel, shell: str) -> None:
    lines = [" echo indented", "echo same", "echo same"]
    for line in lines:
        await run_line(terminal, line)
    assert [row.line for row in terminal.rows] == lines if shell != "fish" else [line.strip() for line in lines]


async def test_the_directory_is_where_the_command_started(terminal: Channel, home: Path) -> None:
    await run_line(terminal, "cd /")
    await run_line(terminal, "pwd")
    assert [row.cwd for row in terminal.rows] == [str(home), "/"]


async def test_the_shells_last_command_is_logged_too(terminal: Channel) -> None:
    await terminal.type("exit 3\r")
    assert (await terminal.wait_for(messages.Exited)).code == 3
    assert [(row.line, row.exit_code) for row in terminal.rows] == [("exit 3", 3)]


async def test_special_characters_arrive_unharmed(terminal: Channel) -> None:
    line = r"""printf '%s\n' "tab\t ü € 🙂 'q' \\ * ; & | < >" | cat"""
    (row,) = await run_line(terminal, line)
    assert row.line == line


async def test_not_one_byte_of_the_hooks_is_on_the_terminal(terminal: Channel) -> None:
    await run_line(terminal, "echo visible")
    output = bytes(terminal.output)
    assert b"__fl" not in output
    assert b"marks" not in output


async def test_a_line_typed_ahead_is_logged_once(terminal: Channel) -> None:
    await terminal.type("sleep 0.4\r")
    await terminal.until(lambda: b"sleep 0.4" in terminal.output)
    await terminal.type("echo ahead-$((1+1))\r" if not is_fish(terminal) else "echo ahead-2\r")
    await terminal.until(lambda: len(terminal.rows) >= 2, "for both rows")
    await terminal.type("echo done\r")
    await terminal.until(lambda: terminal.rows[-1].line == "echo done", "for the last row")
    lines = [row.line for row in terminal.rows]
    assert len(lines) == 3, lines
    assert [row.confidence for row in terminal.rows] == ["high"] * 3


def is_fish(channel: Channel) -> bool:
    return bool(channel.find(messages.Opened).log_method == "fish")
