"""What bash's hooks must leave alone: the person's own settings, history and prompt commands."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.login import LoginUser
from tests.agent.conftest import StartAgent
from tests.agent.dispositions import signals_in
from tests.agent.relay_double import Channel
from tests.agent.test_shell_hooks import find_shell, run_line

OpenBash = Callable[[str], Awaitable[Channel]]


@pytest.fixture
def open_bash(start_agent: StartAgent, use_shell: Callable[[str], LoginUser], home: Path) -> OpenBash:
    """A bash whose .bashrc is this text."""

    async def open_(bashrc: str) -> Channel:
        (home / ".bashrc").write_text(bashrc + "\nPS1='ready> '\nHISTFILE=\nbind 'set enable-bracketed-paste off'\n")
        (home / ".profile").write_text("export FROM_PROFILE=yes\n. ~/.bashrc\n")
        use_shell(find_shell("bash"))
        channel = await (await start_agent()).open()
        await channel.wait_output("ready> ")
        return channel

    return open_


async def printed(channel: Channel, command: str) -> str:
    """What one command prints."""
    start = len(channel.output)
    await run_line(channel, f"echo be''gin; {command}; echo e''nd")
    await channel.until(lambda: b"end\r\n" in channel.output[start:], "for the command's end")
    text = bytes(channel.output[start:]).decode().replace("\r\n", "\n")
    return text.partition("begin\n")[2].partition("end\n")[0]


async def test_the_history_keeps_what_histcontrol_says(open_bash: OpenBash) -> None:
    channel = await open_bash("HISTCONTROL=ignoreboth; HISTIGNORE='secret*'")
    for line in (" echo indented", "echo same", "echo same", "secretive", "echo other"):
        await run_line(channel, line)
    assert [row.line for row in channel.rows] == [
        " echo indented", "echo same", "echo same", "secretive", "echo other",
    ]  # fmt: skip
    history = await printed(channel, "history | cut -c8-")
    assert history.splitlines()[:-1] == ["echo same", "echo other"]


async def test_erasedups_still_erases(open_bash: OpenBash) -> None:
    channel = await open_bash("HISTCONTROL=erasedups")
    for line in ("echo one", "echo two", "echo one"):
        await run_line(channel, line)
    history = await printed(channel, "history | cut -c8-")
    assert history.splitlines()[:-1] == ["echo two", "echo one"]


async def test_histcontrol_set_later_is_taken_over(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    await run_line(channel, "HISTCONTROL=ignorespace")
    await run_line(channel, " echo hidden")
    assert channel.rows[-1].line == " echo hidden"
    assert "hidden" not in await printed(channel, "history")


async def test_many_lines_are_one_command(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    before = len(channel.rows)
    await channel.type("for i in 1 2\r")
    await channel.wait_output("> ")
    await channel.type("do echo i-$i; done\r")
    await channel.until(lambda: len(channel.rows) > before, "for the row")
    assert channel.rows[before].line in ("for i in 1 2; do echo i-$i; done", "for i in 1 2\ndo echo i-$i; done")


async def test_a_here_document_is_logged_in_full(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    await channel.type("cat <<END\rfirst line\rEND\r")
    await channel.until(lambda: len(channel.rows) == 1, "for the row")
    assert channel.rows[0].line == "cat <<END\nfirst line\nEND"


async def test_the_persons_prompt_command_ps0_and_traps_live_on(open_bash: OpenBash) -> None:
    channel = await open_bash(
        "PROMPT_COMMAND='echo status-$?'; PS0='before-it\\n'; trap ': \"${debugged:=yes}\"' DEBUG; HISTTIMEFORMAT='%F '"
    )
    (row,) = await run_line(channel, "(exit 7)")
    assert row.exit_code == 7
    assert row.line == "(exit 7)"
    await channel.wait_output("before-it")
    await channel.wait_output("status-7")
    assert await printed(channel, "echo $debugged-$FROM_PROFILE") == "yes-yes\n"


async def test_tracing_shows_nothing_of_the_hooks(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    await run_line(channel, "set -x")
    await run_line(channel, "echo traced")
    await run_line(channel, "set +x")
    assert b"+ echo traced" in channel.output
    assert b"__fl" not in channel.output


async def test_strict_modes_do_not_break_the_hooks(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    await run_line(channel, "set -u -o noclobber")
    (row,) = await run_line(channel, "echo strict")
    assert (row.line, row.exit_code) == ("echo strict", 0)
    assert b"unbound" not in channel.output


async def test_history_off_leaves_a_row_that_says_so(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    await run_line(channel, "set +o history")
    (row,) = await run_line(channel, "(exit 5)")
    assert (row.line, row.exit_code, row.method, row.confidence) == ("(input not shown)", 5, "bash", "low")


async def test_a_very_long_line_is_cut_not_lost(open_bash: OpenBash) -> None:
    channel = await open_bash("")
    line = "echo " + "x" * 9000 + " | wc -c"
    (row,) = await run_line(channel, line)
    assert row.exit_code == 0
    assert line.startswith(row.line)
    assert len(row.line) > 8000


async def test_ctrl_c_still_reaches_programs(open_bash: OpenBash) -> None:
    """Signal dispositions are the shell's own: nothing ignored is inherited from the agent."""
    channel = await open_bash("")
    shown = await printed(channel, "trap; grep SigIgn /proc/self/status")
    assert shown.startswith("SigIgn:"), "no trap is set"
    assert signals_in(shown, "SigIgn") == 0
    assert await printed(channel, "yes | head -1; echo ${PIPESTATUS[0]}") == "y\n141\n"


async def test_lines_pasted_at_once_each_have_their_exit_code(open_bash: OpenBash) -> None:
    """No prompt comes between them: bash reads them as one input, and runs them one by one."""
    channel = await open_bash("")
    await run_line(channel, "bind 'set enable-bracketed-paste on'")
    start = len(channel.rows)
    await channel.type("\x1b[200~false\necho pasted\n(exit 7)\x1b[201~\n")
    await channel.until(lambda: len(channel.rows) >= start + 3, "for three rows")
    rows = channel.rows[start : start + 3]
    assert [(row.line, row.exit_code, row.confidence) for row in rows] == [
        ("false", 1, "high"), ("echo pasted", 0, "high"), ("(exit 7)", 7, "high"),
    ]  # fmt: skip
