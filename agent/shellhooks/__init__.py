"""Shell integration: how bash, zsh and fish tell the agent which commands a person ran, out of band.

Each session has a directory of its own (0700) with a FIFO and a start-up file. The shell writes marks into the FIFO
with its own builtins; not one byte of them goes through the terminal, which stays exact. The person's own files are
read as ever. This file prepares that directory; marks.py reads what comes.
"""

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from agent import log
from agent.login import LoginUser

SHELLS = {"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.fish"}
"""Shells with hooks, and the template of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """One session's integration: how to start the shell, and where its marks come from."""

    method: str
    directory: Path
    fifo: Path
    token: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def remove(self) -> None:
        """Take the session's directory away."""
        shutil.rmtree(self.directory, ignore_errors=True)


def prepare_hooks(login: LoginUser, runtime: Path) -> Hooks | None:
    """Write the session's directory below `runtime`; None when this shell has no hooks, or nothing can be written."""
    method = os.path.basename(login.shell)
    if method not in SHELLS:
        return None
    try:
        runtime.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix="session-", dir=runtime))
    except OSError as error:
        log.warning("hooks_unavailable", reason=error.strerror)
        return None
    try:
        return _write(method, directory, login)
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        log.warning("hooks_unavailable", reason=error.strerror)
        return None


def _write(method: str, directory: Path, login: LoginUser) -> Hooks:
    fifo, token = directory / "marks", secrets.token_hex(16)
    os.mkfifo(fifo, 0o600)
    # zsh looks for a file of exactly this name in $ZDOTDIR.
    script = directory / (".zshenv" if method == "zsh" else SHELLS[method])
    template = files("agent.shellhooks").joinpath(SHELLS[method]).read_text(encoding="utf-8")
    text = template.replace("@@FIFO@@", _quote(str(fifo))).replace("@@TOKEN@@", token)
    handle = os.open(script, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    if os.geteuid() == 0 and login.uid != 0:
        for path in (fifo, script, directory):
            os.chown(path, login.uid, login.gid)
    argv, environment = _start(method, directory, script)
    return Hooks(method=method, directory=directory, fifo=fifo, token=token, argv=argv, environment=environment)


def _start(method: str, directory: Path, script: Path) -> tuple[list[str], dict[str, str]]:
    match method:
        case "bash":
            return ["bash", "--init-file", str(script), "-i"], {}
        case "zsh":
            return ["-zsh"], {"ZDOTDIR": str(directory)}
        case _:
            return ["-fish", "--init-command", f"source {_quote(str(script))}"], {}


def _quote(text: str) -> str:
    """Single quotes, as all three shells read them (fish would also read a backslash: paths here have none)."""
    return "'" + text.replace("'", "'\\''") + "'"
