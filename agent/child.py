"""Starting a program as the login user: shells and commands alike go through here, and through spawn.py."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import trio

from agent.errors import ShellFailure
from agent.login import LoginUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start. `executable` is a path; `argv[0]` is what the program sees as its name."""

    login: LoginUser
    executable: str
    argv: list[str]
    environment: dict[str, str]
    has_tty: bool
    no_new_privs: bool


async def start(program: Program, *, stdin: int, stdout: int, stderr: int) -> trio.Process:
    """Start it in a session of its own. Raises ShellFailure when not even the first step can be made."""
    login = program.login
    plan = {
        "argv": program.argv,
        "executable": program.executable,
        "environment": program.environment,
        "directory": login.home,
        "uid": login.uid,
        "gid": login.gid,
        "user": login.name,
        "has_tty": program.has_tty,
        "no_new_privs": program.no_new_privs,
    }
    command = [sys.executable, "-I", "-S", "-c", _spawn_source(), json.dumps(plan)]
    try:
        return await trio.lowlevel.open_process(
            command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True, env={"LC_ALL": "C.UTF-8"}
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ShellFailure(f"cannot start a process: {error}") from error


async def exit_code(process: trio.Process) -> int:
    """Wait for the end: the exit code, 128 plus the signal's number when a signal ended it (as shells count)."""
    code = await process.wait()
    return code if code >= 0 else 128 - code


def signal_group(process: trio.Process, number: signal.Signals) -> None:
    """Signal the process group that `process` leads, while it lives: its number cannot be another's before we wait."""
    if process.returncode is None:
        send_group(process.pid, number)


def send_group(group: int, number: signal.Signals) -> None:
    """Signal a process group; one that is gone, or is not ours, is passed over."""
    if group > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


@cache
def _spawn_source() -> str:
    """Text, because there is no path to it inside a zipapp."""
    return files("agent").joinpath("spawn.py").read_text(encoding="utf-8")
