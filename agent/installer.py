"""The systemd unit: what is in it and why, putting it in place, taking it away again with everything that is ours."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.config import CONFIG, Config, StateDirectory
from agent.errors import AgentFailure, MachineDeleted, StateUnusable

UNIT = "fairlead-agent.service"
REMOVAL = "fairlead-removal.service"
"""What systemd calls the rest of a removal that began in one of the service's own shells."""
SYSTEM_UNITS = Path("/etc/systemd/system")

_TEMPLATE = """\
[Unit]
Description=Fairlead agent: holds this machine's shells for its relay
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={command}
Restart=always
RestartSec=5
# The relay deleted this machine: starting again would change nothing.
RestartPreventExitStatus={deleted}
# Shells are children of this service and see what it sees. A private /tmp, a read-only /usr or a system call filter
# would make them strange places, so only what shells do not notice is taken away.
{privileges}
RuntimeDirectory=fairlead-agent
RuntimeDirectoryMode=0711
OOMPolicy=continue
KillMode=control-group
TimeoutStopSec=15

[Install]
WantedBy=multi-user.target
"""


def unit_text(config: Config, state: StateDirectory, program: list[str]) -> str:
    """The unit file. `program` is the command that starts this agent."""
    command = " ".join(_quote(word) for word in [*program, "run", "--state", str(state.path)])
    privileges = "# sudo was allowed at enrolment." if config.allow_sudo else "NoNewPrivileges=yes"
    return _TEMPLATE.format(command=command, privileges=privileges, deleted=MachineDeleted.exit_code)


def own_command() -> list[str]:
    """How this very program was started: a zipapp, an installed script, or a module."""
    started = Path(sys.argv[0]).absolute()
    if started.suffix == ".pyz":
        return [sys.executable, str(started)]
    if started.name == "fairlead-agent":
        return [str(started)]
    return [sys.executable, "-m", "agent"]


def install(state: StateDirectory, *, is_dry_run: bool, units: Path = SYSTEM_UNITS) -> None:
    """Write the unit, enable and start it. Raises AgentFailure."""
    config = state.load_config()
    text = unit_text(config, state, own_command())
    path = units / UNIT
    if is_dry_run:
        _say(f"would write {path}:\n\n{text}\nwould run: systemctl daemon-reload; systemctl enable --now {UNIT}")
        return
    _check_systemd()
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StateUnusable(f"cannot write {path}: {error.strerror} (run as root)") from error
    _systemctl("daemon-reload")
    _systemctl("enable", UNIT)
    _systemctl("restart", UNIT)
    _say(f"installed and started {UNIT}; see: systemctl status {UNIT}")


def uninstall(
    state: StateDirectory, *, is_dry_run: bool, keeps_state: bool = False, units: Path = SYSTEM_UNITS
) -> None:
    """Stop and remove the unit, then the state directory, if it is one. Raises AgentFailure."""
    path = units / UNIT
    if not is_dry_run and path.exists() and _is_held_by_the_service():
        _uninstall_from_outside(state, keeps_state=keeps_state)
        return
    steps: list[tuple[str, Callable[[], object]]] = []
    if path.exists():
        steps.append((f"systemctl disable --now {UNIT}", lambda: _systemctl("disable", "--now", UNIT)))
        steps.append((f"remove {path}", lambda: path.unlink(missing_ok=True)))
        steps.append(("systemctl daemon-reload", lambda: _systemctl("daemon-reload")))
        steps.append((f"systemctl reset-failed {UNIT}", _forget_failure))
    # Only a directory that is recognisably ours is removed as a whole: --state may have been a slip of the finger.
    if not keeps_state and state.has(CONFIG):
        steps.append((f"remove {state.path}", lambda: shutil.rmtree(state.path)))
    for text, step in steps:
        _say(f"would {text}" if is_dry_run else text)
        if not is_dry_run:
            _try(step)
    if not steps:
        _say("nothing of the agent is installed here")


def _is_held_by_the_service() -> bool:
    """Whether a shell of the agent started us: stopping the service would end us halfway."""
    try:
        return f"/{UNIT}" in Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return False


def _uninstall_from_outside(state: StateDirectory, *, keeps_state: bool) -> None:
    kept = ["--keep-state"] if keeps_state else []
    words = [*own_command(), "uninstall", "--state", str(state.path), *kept]
    _say(f"this shell is one of the agent's and ends with it; see: journalctl -u {REMOVAL}")
    sys.stdout.flush()
    # $ would start a variable of systemd's.
    escaped = [word.replace("$", "$$") for word in words]
    _run("systemd-run", "--quiet", "--collect", f"--unit={REMOVAL}", *escaped)


def _forget_failure() -> None:
    """A service that had failed is listed as failed even when its unit is gone; one that had not is unknown by now."""
    with suppress(AgentFailure):
        _systemctl("reset-failed", UNIT)


def _try(step: Callable[[], object]) -> None:
    try:
        step()
    except OSError as error:
        raise StateUnusable(f"{error.filename}: {error.strerror} (run as root)") from error


def _check_systemd() -> None:
    if not Path("/run/systemd/system").is_dir():
        raise AgentFailure("this machine does not run systemd: start `fairlead-agent run` from your own init system")
    if os.geteuid() != 0:
        raise AgentFailure("installing the service needs root")


def _systemctl(*arguments: str) -> None:
    _run("systemctl", *arguments)


def _run(*words: str) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, our own words
    except OSError as error:
        raise AgentFailure(f"cannot start {words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise AgentFailure(f"{shlex.join(words)} failed: {done.stderr.strip()[:500]}")


def _quote(word: str) -> str:
    """systemd's own quoting: % starts a specifier, $ a variable, and there is no line break to have."""
    if not word.isprintable():
        raise StateUnusable(f"a path with control characters cannot stand in a unit file: {word!r}")
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
