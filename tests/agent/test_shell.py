"""What every shell promises, the real one and its double alike; and what only root can show."""

import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from agent import workload
from agent.login import LoginUser
from agent.shell import EchoShell, Shell, open_shell
from protocol import messages
from tests.agent.conftest import StartAgent
from tests.agent.test_shell_hooks import find_shell


@pytest.fixture(params=["real", "double"])
async def shell(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[Shell]:
    """A shell that says what it hears, and ends at 0x04."""
    if request.param == "double":
        opened: Shell = EchoShell()
    else:
        entry = pwd.getpwuid(os.geteuid())
        login = LoginUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=str(home), shell="/bin/cat")
        opened = await open_shell(
            login, username="ada", session_id="s", cols=80, rows=24, no_new_privs=False, hooks=RawCat()
        )
    async with aclosing(opened):
        yield opened


class RawCat:
    """Stands for Hooks: starts `cat` by that name, without the dash of a login shell."""

    argv = ("cat",)
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed


async def receive_all(shell: Shell, end: bytes) -> bytes:
    data = b""
    with trio.fail_after(10):
        while end not in data:
            data += await shell.receive(1000)
    return data


async def test_what_is_typed_comes_back(shell: Shell) -> None:
    assert shell.send_nowait(b"one\n") == 4
    await receive_all(shell, b"one")
    await shell.send(b"two\n")
    assert b"two" in await receive_all(shell, b"two")


async def test_no_more_comes_than_was_asked_for(shell: Shell) -> None:
    await shell.send(b"abcdefgh\n")
    parts = [await shell.receive(3) for _ in range(2)]
    assert all(1 <= len(part) <= 3 for part in parts)


async def test_after_the_last_output_comes_nothing_and_a_code(shell: Shell) -> None:
    await shell.send(b"last\n")
    await receive_all(shell, b"last")
    await shell.send(b"\x04")
    with trio.fail_after(10):
        while await shell.receive(1000):
            pass
        assert await shell.receive(1000) == b""
        assert await shell.exit_code() == 0


async def test_a_hang_up_ends_it(shell: Shell) -> None:
    await shell.send(b"up\n")
    await receive_all(shell, b"up")
    shell.hang_up()
    with trio.fail_after(10):
        assert await shell.exit_code() == 129


async def test_a_kill_ends_it(shell: Shell) -> None:
    await shell.send(b"up\n")
    await receive_all(shell, b"up")
    shell.hang_up(is_final=True)
    with trio.fail_after(10):
        assert await shell.exit_code() == 137


async def test_an_ended_shell_takes_input_and_drops_it(shell: Shell) -> None:
    await shell.send(b"up\n")
    await receive_all(shell, b"up")
    shell.hang_up(is_final=True)
    await shell.exit_code()
    with trio.fail_after(10):
        while await shell.receive(1000):
            pass
        await shell.send(b"into the void\n")
    shell.resize(10, 10)
    await shell.aclose()
    await shell.aclose()


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """Below /tmp, because other users cannot pass through pytest's own directories."""
    directory = Path(tempfile.mkdtemp(prefix="fairlead-test-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT can start shells as another user: NOT TESTED here")
async def test_root_becomes_the_configured_user_for_good(
    start_agent: StartAgent, public_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.getpwnam("nobody")
    home = public_directory / "home"
    home.mkdir()
    os.chown(home, entry.pw_uid, entry.pw_gid)
    (home / ".profile").write_text("PS1='ready> '\n")
    login = LoginUser(name="nobody", uid=entry.pw_uid, gid=entry.pw_gid, home=str(home), shell=find_shell("bash"))
    monkeypatch.setattr(workload, "find_login", lambda name: login)
    link = await start_agent(runtime=public_directory / "run", linux_user="nobody")
    assert link.proof.linux_user == "nobody"
    channel = await link.open(sudo=False)
    await channel.wait_output("ready> ")
    await channel.type(
        "id -un; id -Gn; stat -c %U $(tty); grep -E 'NoNewPrivs|^Uid' /proc/self/status | tr '\\t' ' '\r"
    )
    await channel.until(lambda: channel.rows, "for the row: the pipe of the hooks belongs to the user")
    output = (await channel.wait_output("NoNewPrivs: 1")).decode()
    assert "\rnobody\r\nnogroup\r\nnobody\r\n" in output
    uid = entry.pw_uid
    assert f"Uid: {uid} {uid} {uid} {uid}\r\nNoNewPrivs: 1" in output
    assert channel.rows[0].exit_code == 0
    command = await link.run("id -u; cat /proc/self/status | grep NoNewPrivs")
    assert command.output.split() == [str(uid).encode(), b"NoNewPrivs:", b"1"]
    await channel.type("exit\r")
    await channel.wait_for(messages.Exited)
