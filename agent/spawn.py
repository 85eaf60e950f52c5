"""The last steps of a child before it becomes the shell: terminal, signals, user, directory, exec.

Runs as a program of its own (`python -I -S -c <this file> <plan>`): forking in the agent's process, which has threads,
would be unsafe, and so is `preexec_fn`. Standard library only. A failure is written to the terminal (or stderr): exit
code 126 when the user cannot be had, 127 when the program cannot be started, as shells do.
"""

import fcntl
import json
import os
import signal
import sys
import termios

PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    """The plan is JSON: argv, executable, environment, directory, uid, gid, user, has_tty, no_new_privs."""
    plan = json.loads(sys.argv[1])
    if plan["has_tty"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.umask(0o022)
    try:
        # Before the user changes: they may not be able to read this Python's library.
        if plan["no_new_privs"]:
            forbid_new_privileges()
        become(plan["user"], plan["uid"], plan["gid"], has_tty=plan["has_tty"])
    except OSError as error:
        fail(126, f"cannot become user {plan['user']}: {error.strerror}")
    enter(plan["directory"])
    reset_signals()
    try:
        os.execve(plan["executable"], plan["argv"], plan["environment"])  # noqa: S606 - no shell is the point
    except OSError as error:
        fail(127, f"cannot start {plan['executable']}: {error.strerror}")


def become(user: str, uid: int, gid: int, *, has_tty: bool) -> None:
    """The user's groups, gid and uid, for good."""
    if os.geteuid() != 0 or uid == 0:
        return
    if has_tty:
        os.fchown(0, uid, -1)
    os.initgroups(user, gid)
    os.setgid(gid)
    os.setuid(uid)


def forbid_new_privileges() -> None:
    """From here on no setuid program raises anything: sudo and su refuse."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot set no_new_privs")


def enter(directory: str) -> None:
    """The home directory, or the root where there is none."""
    try:
        os.chdir(directory)
    except OSError:
        os.chdir("/")


def reset_signals() -> None:
    """Python ignores SIGPIPE, and a parent may ignore SIGINT: a shell that inherited that would be deaf to Ctrl-C."""
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                continue
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def fail(code: int, text: str) -> None:
    """Say why, and end without running anything of Python's own."""
    os.write(2, f"fairlead-agent: {text}\r\n".encode())
    os._exit(code)


if __name__ == "__main__":
    main()
