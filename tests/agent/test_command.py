"""Commands without a terminal: both streams, true codes, and every limit."""

from collections.abc import Callable

import pytest
import trio

from agent.login import LoginUser
from protocol import messages
from tests.agent.conftest import StartAgent
from tests.agent.relay_double import AgentLink, RelayDouble

UseShell = Callable[[str], LoginUser]


@pytest.fixture
async def link(start_agent: StartAgent, use_shell: UseShell) -> AgentLink:
    use_shell("/bin/sh")
    return await start_agent()


async def test_output_errors_and_code_come_apart(link: AgentLink, home: str) -> None:
    channel = await link.run("echo out; echo err >&2; pwd; exit 7")
    done = channel.find(messages.CommandDone)
    assert channel.output.decode() == f"out\n{home}\n"
    assert channel.errors == b"err\n"
    assert (done.exit_code, done.timed_out, done.truncated) == (7, False, False)
    assert done.started_at_ms > 1_700_000_000_000
    assert 0 <= done.duration_ms < 10_000


async def test_a_signal_counts_as_shells_count(link: AgentLink) -> None:
    channel = await link.run("kill -KILL $$")
    assert channel.find(messages.CommandDone).exit_code == 137


async def test_the_environment_is_clean_and_names_the_person(link: AgentLink) -> None:
    channel = await link.run("env")
    lines = channel.output.decode().splitlines()
    assert "FAIRLEAD_USER=ada" in lines
    assert not [line for line in lines if line.startswith(("PYTHON", "VIRTUAL_ENV", "FAIRLEAD_TOKEN"))]


async def test_standard_input_is_empty(link: AgentLink) -> None:
    channel = await link.run("wc -c; ls -l /proc/self/fd | grep -c pipe")
    assert channel.output.split()[0] == b"0"


async def test_a_command_too_slow_is_ended_with_its_whole_group(link: AgentLink) -> None:
    channel = await link.run("echo before; sleep 600 & sleep 600", timeout_s=1)
    done = channel.find(messages.CommandDone)
    assert (done.timed_out, done.exit_code) == (True, None)
    assert channel.output == b"before\n"
    assert done.duration_ms < 5000


async def test_output_is_capped_and_the_rest_dropped(link: AgentLink) -> None:
    channel = await link.run("head -c 1500000 /dev/zero; echo unseen >&2; exit 5")
    done = channel.find(messages.CommandDone)
    assert (done.truncated, done.exit_code) == (True, 5)
    assert len(channel.output) + len(channel.errors) == 1024 * 1024


async def test_a_command_waits_for_credit(link: AgentLink) -> None:
    channel = await link.begin(
        messages.RunCommand(command_id="c1", command="head -c 600000 /dev/zero", username="ada", timeout_s=30)
    )
    channel.holds_credit = True
    await channel.until(lambda: len(channel.output) == 256 * 1024, "for one window")
    other = await link.run("echo meanwhile")
    assert other.output == b"meanwhile\n"
    assert len(channel.output) == 256 * 1024
    channel.holds_credit = False
    await channel.consume()
    await channel.wait_for(messages.CommandDone)
    assert len(channel.output) == 600_000


async def test_close_cancels(link: AgentLink) -> None:
    channel = await link.begin(
        messages.RunCommand(command_id="c1", command="echo on; exec sleep 600", username="ada", timeout_s=600)
    )
    await channel.wait_output("on\n")
    await channel.say(messages.Close(reason="cancelled"))
    done = await channel.wait_for(messages.CommandDone)
    assert (done.exit_code, done.timed_out) == (143, False)


async def test_a_child_in_the_background_does_not_hold_the_command(link: AgentLink) -> None:
    channel = await link.run("sleep 600 & echo started")
    assert channel.output == b"started\n"
    assert channel.find(messages.CommandDone).exit_code == 0


async def test_input_to_a_command_is_dropped(link: AgentLink) -> None:
    channel = await link.begin(
        messages.RunCommand(command_id="c1", command="echo on; exec sleep 600", username="ada", timeout_s=600)
    )
    await channel.wait_output("on\n")
    await channel.type(b"x" * 1000)
    await channel.say(messages.Close(reason="cancelled"))
    await channel.wait_for(messages.CommandDone)


async def test_more_commands_than_one_machine_runs_are_refused(
    link: AgentLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.workload.MAX_COMMANDS", 0)
    channel = await link.run("echo never")
    assert "0 commands" in channel.find(messages.Refused).reason


async def test_a_missing_user_is_a_refusal(link: AgentLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("agent.runner.Workload._login", refuse_login)
    channel = await link.run("echo never")
    assert "no user" in channel.find(messages.Refused).reason


def refuse_login(workload: object) -> LoginUser:
    from agent.errors import ShellFailure

    raise ShellFailure("there is no user 'gone' on this machine")


async def test_a_lost_link_does_not_stop_a_command(link: AgentLink, relay: RelayDouble, tmp_path: object) -> None:
    channel = await link.begin(
        messages.RunCommand(
            command_id="c1",
            command=f"echo on; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; yes | head -c 2000000; "
            f"echo finished > {tmp_path}/result",
            username="ada",
            timeout_s=30,
        )
    )
    await channel.wait_output("on\n")
    await link.drop()
    link = await relay.agent()
    await link.run(f"touch {tmp_path}/go")
    with trio.fail_after(10):
        found = await link.run(f"while ! grep finished {tmp_path}/result; do sleep 0.05; done")
    assert found.output == b"finished\n"
