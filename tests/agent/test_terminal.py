"""Real shells on real terminals, through the real protocol: what goes in comes out, once, and stops when told."""

from collections.abc import Callable

from agent.login import LoginUser
from protocol import messages
from tests.agent.conftest import StartAgent

UseShell = Callable[[str], LoginUser]


async def test_a_shell_echoes_what_it_is_told(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/bin/sh")
    link = await start_agent()
    channel = await link.open()
    await channel.type("echo $((6*7))-$FAIRLEAD_USER-$FAIRLEAD_SESSION-$TERM-$PWD\n")
    output = await channel.wait_output(b"42-ada-s1-xterm-256color-/")
    assert b"PYTHON" not in output


async def test_a_shell_that_ends_says_its_code_after_its_output(start_agent: StartAgent, use_shell: UseShell) -> None:
    use_shell("/bin/sh")
    link = await start_agent()
    channel = await link.open()
    await channel.type("seq 1 20000; echo last words; exit 3\n")
    exited = await channel.wait_for(messages.Exited)
    assert exited.code == 3
    assert channel.output.rstrip().endswith(b"last words")
    assert b"\r\n20000\r\n" in channel.output
