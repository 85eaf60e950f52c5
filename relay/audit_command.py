"""`fairlead audit verify FILE`: whether an export is what the relay wrote, with no relay and no network.

Exit codes: 0 intact · 1 not, and one sentence says where · 2 it cannot be read as an export.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from relay.domain.audit_checkpoints import Checkpoint, Verify, read_checkpoint
from relay.domain.audit_export import MAX_LINE_BYTES, ExportReport, NoExport, check_export
from relay.vault.audit_key import PublicKeys

INTACT, BROKEN, UNREADABLE = 0, 1, 2
MAX_KEYS_BYTES = 1024 * 1024


def verify_export(file: Path, jwks: Path | None, checkpoints: Path | None) -> tuple[int, str]:
    """Exit code and sentence."""
    try:
        trusted = None if jwks is None else _read_keys(jwks)
        known = [] if checkpoints is None else _read_checkpoints(checkpoints)
        with file.open("rb") as export:
            report = check_export(_lines(export), lambda header: _verifier(trusted, header), known)
    except OSError as error:
        return UNREADABLE, f"cannot read {error.filename}: {error.strerror}"
    except NoExport as error:
        return UNREADABLE, f"{file}: {error}"
    except _Unusable as error:
        return UNREADABLE, str(error)
    return _sentence(report, is_trusted=trusted is not None)


class _Unusable(Exception):
    """A file beside the export cannot be used; the text names it."""


def _sentence(report: ExportReport, *, is_trusted: bool) -> tuple[int, str]:
    fault = report.fault
    if fault is not None:
        place = f"line {report.line}, " if report.line else ""
        return BROKEN, f"not intact: {place}entry {fault.position} ({fault.kind}): {fault.text}"
    chosen = "chosen entries" if report.is_filtered else "entries"
    text = (
        f"intact: {report.rows} {chosen} of {report.tenant_id} up to number {report.last_seq}, "
        f"{report.checkpoints} checkpoints, signed by key {report.kid}"
    )
    if not is_trusted:
        text += " (which the export itself names: give the relay's keys with --jwks to know that it is the relay's)"
    return INTACT, text


def _verifier(trusted: PublicKeys | None, header: Mapping[str, Any]) -> Verify:
    keys = PublicKeys(header["keys"]) if trusted is None else trusted
    return keys.verify


def _lines(export: BinaryIO) -> Iterator[bytes]:
    while line := export.readline(MAX_LINE_BYTES):
        yield line


def _read_keys(path: Path) -> PublicKeys:
    try:
        with path.open("rb") as file:
            return PublicKeys(json.loads(file.read(MAX_KEYS_BYTES))["keys"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _Unusable(f"{path} holds no keys: save it from the relay's /.well-known/jwks.json") from error


def _read_checkpoints(path: Path) -> Sequence[Checkpoint]:
    found = []
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            try:
                parsed = json.loads(line)
                found.append(read_checkpoint(parsed.get("checkpoint", parsed) if isinstance(parsed, dict) else parsed))
            except (ValueError, RecursionError) as error:
                raise _Unusable(f"{path}, line {number}: no checkpoint") from error
    return found
