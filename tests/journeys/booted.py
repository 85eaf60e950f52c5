"""A real systemd as process 1 of namespaces of its own, on a copy-on-write view of this machine's files.

It shares the network and nothing else: files are written to memory, other processes are not seen, the kernel's switches
are read-only. It ends with the test, or with the process that runs it; boot.sh says how the inside is made.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.waiting import until

BOOT = Path(__file__).with_name("boot.sh")
SYSTEMD = Path("/lib/systemd/systemd")
TOOLS = ("unshare", "nsenter", "setpriv", "systemctl")
NAMESPACES = ("--pid", "--mount", "--uts", "--ipc", "--cgroup")
COMMAND_LIMIT_S = 60.0
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Machine:
    """The booted machine; `pid` is its process 1 as seen from outside."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(self, *command: str, check: bool = True) -> str:
        """What a command prints in there, without a terminal, a stdin or our environment. Raises CalledProcessError."""
        inside = ["nsenter", f"--target={self.pid}", "-m", "-u", "-i", "-p", "-C", "-r", "-w", "--"]
        # Any Python that is new enough will do, and on some machines ours is the only one.
        environment = {"PATH": f"{_SYSTEM_PATH}:{Path(sys.executable).resolve().parent}", "HOME": "/root"}
        done = subprocess.run(
            [*inside, *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=COMMAND_LIMIT_S, check=False,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip()

    def unit(self, name: str, fact: str) -> str:
        """One property of a unit, as `systemctl show` names it."""
        return self.run("systemctl", "show", "--property", fact, "--value", name)

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        return self.run("sh", "-c", 'test ! -e "$1" || echo yes', "sh", path) == "yes"


def why_not() -> str | None:
    """Why no systemd can be booted here, or None."""
    if os.geteuid() != 0:
        return "it takes root"
    if not SYSTEMD.exists():
        return "systemd is not installed"
    if missing := [each for each in TOOLS if shutil.which(each) is None]:
        return f"{missing[0]} is not installed"
    if _cgroups() is None:
        return "no cgroup2 file system is mounted"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        return "the kernel has no overlayfs"
    tried = subprocess.run(
        ["unshare", *NAMESPACES, "--fork", "sh", "-c", "mount -t tmpfs tmpfs /mnt && mount -t cgroup2 cgroup2 /mnt"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return None if tried.returncode == 0 else f"namespaces are not allowed here: {tried.stderr.strip()}"


def _cgroups() -> Path | None:
    """Where the unified hierarchy is mounted."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    return next((Path(mount[1]) for mount in mounts if mount[2] == "cgroup2" and os.access(mount[1], os.W_OK)), None)


@contextmanager
def booted() -> Iterator[Machine]:
    """A machine that has booted; gone with all that ran in it on the way out."""
    with _cgroup() as group, tempfile.TemporaryDirectory() as room:
        # The death of whoever runs the test is the end of all of it: test → unshare → process 1 → everything else.
        enter = 'echo $$ > "$1/cgroup.procs" && shift && exec setpriv --pdeathsig KILL "$@"'
        command = ["unshare", *NAMESPACES, "--fork", "--kill-child", "sh", str(BOOT), room]
        with open(f"{room}.log", "w+", encoding="utf-8") as log, subprocess.Popen(
            ["sh", "-c", enter, "sh", str(group), *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": _SYSTEM_PATH},
        ) as outer:  # fmt: skip
            try:
                yield _wait_for_boot(outer, Path(log.name))
            finally:
                _end(outer)
                until(lambda: "populated 0" in (group / "cgroup.events").read_text(encoding="ascii"))
        Path(log.name).unlink()


def _wait_for_boot(outer: "subprocess.Popen[bytes]", log: Path) -> Machine:
    def is_up() -> bool:
        if outer.poll() is not None:
            raise AssertionError(f"it did not boot: {log.read_text(encoding='utf-8')}")
        first = _first_process(outer)
        return first is not None and Path(f"/proc/{first}/comm").read_text(encoding="ascii") == "systemd\n"

    until(is_up)
    first = _first_process(outer)
    assert first is not None
    machine = Machine(first)
    until(lambda: machine.run("systemctl", "is-system-running", check=False) == "running")
    return machine


def _first_process(outer: "subprocess.Popen[bytes]") -> int | None:
    """The process 1 of the inside: the only child that `unshare` has."""
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text(encoding="ascii").split()
    return int(children[0]) if children else None


def _end(outer: "subprocess.Popen[bytes]") -> None:
    """The kernel ends all of a process namespace with its process 1, and `unshare` collects that one."""
    if outer.poll() is None and (first := _first_process(outer)) is not None:
        os.kill(first, signal.SIGKILL)
    else:
        outer.kill()
    outer.wait()


@contextmanager
def _cgroup() -> Iterator[Path]:
    """A cgroup of our own, removed with all that systemd has made below it."""
    hierarchy = _cgroups()
    assert hierarchy is not None
    group = hierarchy / f"fairlead-test-{os.getpid()}"
    group.mkdir()
    try:
        yield group
    finally:
        for directory, _, _ in os.walk(group, topdown=False):
            os.rmdir(directory)
