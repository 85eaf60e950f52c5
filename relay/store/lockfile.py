"""The lock that keeps a second relay out of a data directory, and the modes that keep other users out."""

import fcntl
import os
from pathlib import Path

from relay.store.errors import StoreLocked

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


class LockFile:
    """An exclusive lock for the life of the process (or until release); the kernel lets go of it when we die."""

    def __init__(self, path: Path) -> None:
        """Take the lock at `path`. Raises StoreLocked when another process has it, OSError when it cannot be made."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            self._take(path)
        except BaseException:
            self.release()
            raise

    def _take(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            raise StoreLocked(f"another relay (process {holder}) uses {path.parent}") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let go; the file stays, because removing it would race with the next one to take it."""
        os.close(self._descriptor)


def prepare(path: Path) -> None:
    """Make the data directory and an empty file at `path`, readable by nobody else. Raises OSError."""
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    path.chmod(FILE_MODE)
