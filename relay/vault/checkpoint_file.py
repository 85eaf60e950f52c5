"""DATA/audit-checkpoints.jsonl: every signed checkpoint once more, outside the database, one JSON object a line.

Appended and synced before the database hears of it. Whoever changes the database alone is found out by this file;
whoever can change both must be found out by a copy elsewhere (docs/audit.md).
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from relay.domain.audit_chain import canonical
from relay.domain.audit_checkpoints import Checkpoint, read_checkpoint

NAME = "audit-checkpoints.jsonl"
COMPACT_BYTES = 8 * 1024 * 1024
"""Beyond it, at a start, only what proves the most is kept."""
KEPT_OF_EACH = 1000
"""Newest checkpoints of each organization that compaction keeps, beside the one of the highest entry."""
LINE_BYTES = 4096


class CheckpointFile:
    """Appends and reads. Blocking: run it in a thread."""

    def __init__(self, data: Path) -> None:
        self._path = data / NAME

    def append(self, checkpoint: Checkpoint) -> None:
        """Write one durably. Raises OSError."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            line = (b"\n" if torn else b"") + canonical(checkpoint.shown()) + b"\n"
            if os.write(handle, line) != len(line):
                os.ftruncate(handle, size)
                raise OSError("the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)

    def of(self, tenant_id: str) -> list[Checkpoint]:
        """The checkpoints of one organization, by their entry's number. A line cut by a crash is passed over."""
        found = [each for each in self._all() if each.tenant_id == tenant_id]
        return sorted(found, key=lambda each: each.seq)

    def newest(self) -> dict[str, Checkpoint]:
        """For each organization the checkpoint of its highest entry."""
        highest: dict[str, Checkpoint] = {}
        for each in self._all():
            if each.tenant_id not in highest or highest[each.tenant_id].seq <= each.seq:
                highest[each.tenant_id] = each
        return highest

    def compact(self) -> None:
        """Drop old lines when the file has grown large."""
        if not self._path.exists() or self._path.stat().st_size < COMPACT_BYTES:
            return
        kept: dict[str, list[Checkpoint]] = {}
        highest = self.newest()
        for each in self._all():
            lines = kept.setdefault(each.tenant_id, [])
            lines.append(each)
            del lines[:-KEPT_OF_EACH]
        text = b""
        for tenant_id, lines in kept.items():
            first = [] if highest[tenant_id] in lines else [highest[tenant_id]]
            text += b"".join(canonical(each.shown()) + b"\n" for each in first + lines)
        self._replace(text)

    def _replace(self, text: bytes) -> None:
        unfinished = self._path.with_suffix(".new")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        unfinished.rename(self._path)

    def _all(self) -> Iterator[Checkpoint]:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(LINE_BYTES):
                try:
                    yield read_checkpoint(json.loads(line))
                except (ValueError, RecursionError):
                    continue
