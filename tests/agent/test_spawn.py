"""The last steps before a program starts, when one of them fails: a word on stderr, and the code shells would use."""

import json
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent import spawn
from tests.agent.dispositions import signals_in


def run(**changes: Any) -> subprocess.CompletedProcess[bytes]:
    entry = pwd.getpwuid(os.geteuid())
    plan = {
        "argv": ["sh", "-c", "pwd; umask; echo $A; grep -E 'SigIgn|NoNewPrivs' /proc/self/status"],
        "executable": "/bin/sh",
        "environment": {"A": "clean", "PATH": "/usr/bin:/bin"},
        "directory": "/",
        "uid": entry.pw_uid,
        "gid": entry.pw_gid,
        "user": entry.pw_name,
        "has_tty": False,
        "no_new_privs": False,
        **changes,
    }
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run([sys.executable, spawn.__file__, json.dumps(plan)], capture_output=True, check=False)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_program_starts_clean() -> None:
    done = run(no_new_privs=True)
    shown = done.stdout.decode()
    assert [word for word in shown.split() if len(word) < 16] == ["/", "0022", "clean", "SigIgn:", "NoNewPrivs:", "1"]
    assert signals_in(shown, "SigIgn") == 0
    assert done.stderr == b""


def test_a_missing_home_is_the_root(tmp_path: Path) -> None:
    assert run(directory=str(tmp_path / "gone")).stdout.startswith(b"/\n")


def test_a_missing_program_is_127() -> None:
    done = run(executable="/nonexistent")
    assert (done.returncode, done.stdout) == (127, b"")
    assert b"cannot start /nonexistent: No such file" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT can try to become another user: NOT TESTED here")
def test_a_user_that_cannot_be_had_is_126() -> None:
    done = run(uid=2**32 - 2, gid=2**32 - 1)
    assert done.returncode == 126
    assert b"cannot become user" in done.stderr
