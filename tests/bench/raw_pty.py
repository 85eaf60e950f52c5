"""The floor: the same shell on a PTY of our own, with no relay, no agent and no socket between."""

import os
import pty

READ_BYTES = 65536


class RawPty:
    """A shell on a PTY, with the face of wire.TerminalSocket."""

    def __init__(self) -> None:
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execvp("bash", ["bash", "--norc", "--noprofile"])

    def type(self, data: bytes) -> None:
        os.write(self._master, data)

    def read(self) -> bytes:
        return os.read(self._master, READ_BYTES)

    def read_until(self, mark: bytes) -> int:
        tail, count = b"", 0
        while mark not in tail:
            chunk = self.read()
            count += len(chunk)
            tail = (tail + chunk)[-(len(mark) + len(chunk)) :]
        return count

    def close(self) -> None:
        os.close(self._master)
        os.waitpid(self._pid, 0)
