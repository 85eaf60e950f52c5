"""The agent that `fairlead up` runs beside the relay, as a process of its own: enrolled once, ended with it.

The relay never imports the agent: it runs `python -m agent` as any machine would, and hands the token over on stdin.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import trio

from relay.config import Config, ConfigError, environment_names

END_S = 10.0
ENROL_LIMIT_S = 60.0
MAX_LOG_BYTES = 1024 * 1024
CONFIG_NAME = "config.json"


class AgentFailed(Exception):
    """The agent could not be enrolled; the text is its own."""


class LocalAgent:
    """One agent's directory and log, `agent/` and `agent.log` in the relay's data directory."""

    def __init__(self, data: Path, server: str) -> None:
        self.state = (data / "agent").absolute()
        self.log = (data / "agent.log").absolute()
        self._server = server

    @property
    def is_enrolled(self) -> bool:
        """Whether an earlier start enrolled it."""
        return (self.state / CONFIG_NAME).exists()

    async def enrol(self, token: str) -> str:
        """Enrol; returns what the agent said. Raises AgentFailed."""
        done = await trio.run_process(
            [*_command("enroll"), "--server", self._server, "--token", "-", "--state", str(self.state)],
            stdin=token.encode() + b"\n",
            capture_stdout=True,
            stderr=subprocess.STDOUT,
            check=False,
            env=_environment(os.environ),
        )
        said = done.stdout.decode(errors="replace").strip()
        if done.returncode != 0:
            raise AgentFailed(said)
        return said

    def follow_relay(self) -> None:
        """The relay may listen elsewhere than last time: this agent's server is always the relay beside it.

        Raises ConfigError when what enrolment settled is damaged.
        """
        path = self.state / CONFIG_NAME
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            is_right = known["server"] == self._server
        except (ValueError, TypeError, KeyError) as error:
            advice = f"remove {self.state} and start again to enrol this machine anew"
            raise ConfigError(f"{path} is damaged: {advice}") from error
        if is_right:
            return
        unfinished = path.with_suffix(".new")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump({**known, "server": self._server}, file, indent=2)
        unfinished.rename(path)

    async def end_leftover(self) -> bool:
        """End an agent of this directory that outlived its `up`: it would keep ours out. Whether there was one."""
        found = await trio.to_thread.run_sync(_processes_of, self._run)
        for process in found:
            await _end_stranger(process)
        return bool(found)

    @property
    def _run(self) -> list[str]:
        return [*_command("run"), "--state", str(self.state)]

    async def start(self) -> trio.Process:
        """Run it, away from the terminal's Ctrl-C: it is ended in its turn."""
        is_full = self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES
        mode = os.O_TRUNC if is_full else os.O_APPEND
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | mode, 0o600)
        try:
            return await trio.lowlevel.open_process(
                self._run,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=_environment(os.environ),
            )
        finally:
            os.close(log)


async def end(agent: trio.Process) -> None:
    """SIGTERM, and SIGKILL when patience ends."""
    if agent.poll() is not None:
        return
    agent.terminate()
    with trio.move_on_after(END_S):
        await agent.wait()
        return
    agent.kill()
    await agent.wait()


def _processes_of(command: list[str]) -> list[int]:
    """Processes of this command line, whatever the path of their interpreter; the state directory names just ours."""
    words = b"".join(os.fsencode(word) + b"\0" for word in command[1:])
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if entry.read_bytes().endswith(b"\0" + words):
                found.append(int(entry.parent.name))
    return found


async def _end_stranger(process: int) -> None:
    """As `end`, for a process that is not our child. One that has ended, or is not ours to end, is left alone."""
    with suppress(ProcessLookupError, PermissionError):
        handle = os.pidfd_open(process)
        try:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            with trio.move_on_after(END_S):
                await trio.lowlevel.wait_readable(handle)
                return
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            await trio.lowlevel.wait_readable(handle)
        finally:
            os.close(handle)


def _command(verb: str) -> list[str]:
    return [sys.executable, "-m", "agent", verb]


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours without the relay's settings: secrets of the relay are nothing for the agent or its shells."""
    ours = {name for each in fields(Config) for name in environment_names(each.name)}
    return {name: value for name, value in environment.items() if name not in ours}
