"""The folder of uploaded images: files for their owner only, under names that are given, never taken from outside."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import trio

from relay.store.errors import StoreFull, StoreReadOnly

FOLDER_MODE, FILE_MODE = 0o700, 0o600


class UploadFolder:
    """Writes, reads and deletes whole files. The folder is made with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, name: str, content: bytes) -> None:
        """A new file, on the disk when this returns. Raises StoreFull, StoreReadOnly."""
        await trio.to_thread.run_sync(partial(self._write, name, content))

    async def read(self, name: str) -> bytes | None:
        """The file's bytes; None where there is no plain file of this name."""
        return await trio.to_thread.run_sync(self._read, name)

    async def delete(self, names: Iterable[str]) -> None:
        """Take files away; those that are gone already are no mistake."""
        await trio.to_thread.run_sync(self._delete, list(names))

    def _path(self, name: str) -> Path:
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise ValueError("not a file name of ours")
        return self._folder / name

    def _write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        try:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
            try:
                with os.fdopen(file, "wb") as opened:
                    opened.write(content)
                    opened.flush()
                    os.fsync(opened.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (StoreFull if full else StoreReadOnly)(f"the upload cannot be kept: {error.strerror}") from error

    def _read(self, name: str) -> bytes | None:
        try:
            file = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            return None
        with os.fdopen(file, "rb") as opened:
            return opened.read()

    def _delete(self, names: list[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                self._path(name).unlink()
