"""The machine's own word on sudo: enrolled without --allow-sudo, no relay can ask it of shells or commands."""

from collections.abc import Callable

import pytest

from tests.agent.conftest import StartAgent

FLAG = "grep NoNewPrivs /proc/self/status"


@pytest.fixture(autouse=True)
def not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where the shell's user is not root: there the two words decide alone."""
    monkeypatch.setattr("agent.workload.keeps_sudo", lambda login, **words: all(words.values()))


@pytest.mark.parametrize(("allowed", "asked"), [(False, True), (True, False), (False, False), (True, True)])
async def test_case_14_sudo_takes_the_machines_word_and_the_persons(
    start_agent: StartAgent, use_shell: Callable[[str], object], allowed: bool, asked: bool
) -> None:
    use_shell("/bin/sh")
    link = await start_agent(allow_sudo=allowed)
    flag = b"NoNewPrivs:\t" + (b"0" if allowed and asked else b"1")
    command = await link.run(FLAG, sudo=asked)
    assert flag in command.output
    channel = await link.open("s1", sudo=asked)
    await channel.type(FLAG + "\n")
    await channel.wait_output(flag)
