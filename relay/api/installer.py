"""What a new machine downloads: the install script, the agent as one file, its checksum.

The script's template is data (agent/install.sh); the relay only puts in where it is reached and the file's checksum.
Both values are checked against a narrow alphabet before, so that nothing in them means anything to a shell.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import trio

from relay.api.console import STATIC
from relay.domain.errors import Unavailable

SERVER_MARK = "@@SERVER@@"
CHECKSUM_MARK = "@@SHA256@@"
ARCHIVE_NAME = "agent.pyz"
_ROOT = STATIC.parent.parent
_SAFE_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The agent as one file, and its SHA-256 in hex."""

    content: bytes
    sha256: str


class Installer:
    """Reads script and archive from where the build has put them. `places` are folders, the first one wins."""

    def __init__(self, places: tuple[Path, ...] = (STATIC,), script_places: tuple[Path, ...] = (_ROOT / "agent",)):
        self._places = places
        self._script_places = script_places
        self._read: tuple[tuple[Path, int, int], Archive] | None = None

    async def script(self, base_url: str) -> bytes:
        """The script for machines that reach the relay as `base_url`. Raises Unavailable."""
        if _SAFE_URL.fullmatch(base_url) is None:
            raise Unavailable("This relay cannot tell its own address: set FAIRLEAD_PUBLIC_URL")
        archive = await self.archive()
        return await trio.to_thread.run_sync(self._fill, base_url, archive.sha256)

    async def archive(self) -> Archive:
        """The agent. Raises Unavailable when this installation has none."""
        return await trio.to_thread.run_sync(self._load)

    def _fill(self, base_url: str, sha256: str) -> bytes:
        path = _first(self._script_places, "install.sh")
        if path is None:
            raise Unavailable("This relay has no install script: install Fairlead again")
        script = path.read_text(encoding="utf-8")
        return script.replace(SERVER_MARK, base_url).replace(CHECKSUM_MARK, sha256).encode()

    def _load(self) -> Archive:
        path = _first(self._places, ARCHIVE_NAME)
        if path is None:
            raise Unavailable("This relay has no agent to hand out: run `python hatch_build.py` in the checkout")
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        if self._read is None or self._read[0] != key:
            content = path.read_bytes()
            self._read = (key, Archive(content=content, sha256=hashlib.sha256(content).hexdigest()))
        return self._read[1]


def _first(folders: tuple[Path, ...], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
