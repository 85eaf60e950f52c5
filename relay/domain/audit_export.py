"""An audit export as JSON lines: what its lines are, and reading one back to see whether it is still what was written.

    {"fairlead_audit": 1, "tenant_id", "first_seq", "prev_hash", "filters", "exported_at", "keys"}
    entries, each with its `hash`; {"checkpoint": …} after the entry it signs; {"earlier": …} from before the chain
    {"end": {"rows", "last_seq", "last_hash", "sha256", "kid"}, "signature"}

`sha256` is that of all bytes before the end line; the signature covers the end line's object. An export without filters
holds one unbroken stretch of the chain and is checked as such; a filtered one entry by entry.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relay.domain.audit_chain import FIRST, ChainCheck, Fault, Head, Kind, canonical, hash_of
from relay.domain.audit_checkpoints import Checkpoint, CheckpointCheck, Verify, read_checkpoint

FORM = 1
END_CONTEXT = b"fairlead audit export v1\0"
MAX_LINE_BYTES = 256 * 1024
"""Longer than any line of ours."""


STRANGE = (TypeError, ValueError, RecursionError)
"""What canonical JSON raises for values that no line of ours holds."""


class NoExport(Exception):
    """The file is none of ours, or cannot be read as one; the text says why."""


class ExportLines:
    """Makes the lines of one export, and counts what its end line says."""

    def __init__(self, header: Mapping[str, Any], kid: str) -> None:
        self._digest = hashlib.sha256()
        self._kid = kid
        self._head = Head(0, FIRST)
        self._rows = 0
        self._header = {"fairlead_audit": FORM, **header}

    def begin(self) -> bytes:
        """The header line."""
        return self._line(self._header)

    def entry(self, entry: Mapping[str, Any], stated: str) -> bytes:
        """An entry of the chain."""
        self._head = Head(entry["seq"], stated)
        self._rows += 1
        return self._line({**entry, "hash": stated})

    def aside(self, name: str, value: Mapping[str, Any]) -> bytes:
        """A checkpoint, or an entry that is no link of the chain."""
        return self._line({name: value})

    def end(self) -> dict[str, Any]:
        """What the end line says of everything before it."""
        head, digest = self._head, self._digest.hexdigest()
        return {"rows": self._rows, "last_seq": head.seq, "last_hash": head.hash, "sha256": digest, "kid": self._kid}

    def _line(self, value: Mapping[str, Any]) -> bytes:
        line = canonical(value) + b"\n"
        self._digest.update(line)
        return line


def end_message(end: Mapping[str, Any]) -> bytes:
    """What the end line's signature covers."""
    return END_CONTEXT + canonical(end)


def end_line(end: Mapping[str, Any], signature: str) -> bytes:
    """The last line."""
    return canonical({"end": end, "signature": signature}) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was found; `line` is where in the file the fault is, from 1."""

    tenant_id: str
    rows: int
    last_seq: int
    checkpoints: int
    kid: str
    is_filtered: bool
    fault: Fault | None = None
    line: int = 0


def check_export(
    lines: Iterable[bytes], verify: Callable[[Mapping[str, Any]], Verify], known: Sequence[Checkpoint] = ()
) -> ExportReport:
    """Read an export to its first fault. `verify` gives the check of signatures for this header.

    `known` are checkpoints from elsewhere. Raises NoExport. Holds one line at a time.
    """
    numbered = enumerate(lines, 1)
    header = _parsed(next(numbered, (1, b""))[1])
    if header is None or header.get("fairlead_audit") != FORM:
        raise NoExport("this is no audit export of Fairlead: the first line does not say so")
    try:
        export = _Export(header, verify(header), known)
    except (*STRANGE, KeyError, AttributeError) as error:
        raise NoExport(f"the first line is damaged: {error}") from error
    return export.read(numbered)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class _Export:
    """One reading under way."""

    def __init__(self, header: Mapping[str, Any], verify: Verify, known: Sequence[Checkpoint]) -> None:
        self._verify = verify
        self._tenant_id = str(header["tenant_id"])
        self._is_filtered = bool(header["filters"])
        self._chain = ChainCheck(Head(int(header["first_seq"]) - 1, str(header["prev_hash"])))
        self._signed = CheckpointCheck(verify)
        self._signed.last = self._chain.head.seq
        self._known = {each.seq: each for each in known if each.tenant_id == self._tenant_id}
        self._digest = hashlib.sha256(canonical(header) + b"\n")
        self._rows = 0
        self._kid = ""
        self._is_over = False
        self._fault: Fault | None = None
        self._line = 0

    def read(self, numbered: Iterable[tuple[int, bytes]]) -> ExportReport:
        for number, line in numbered:
            self._line = number
            self._take(line)
            if self._fault is not None:
                self._look_ahead(numbered)
                return self._report()
        if not self._is_over:
            text = f"The export breaks off after entry {self._chain.head.seq}: its end line is missing"
            self._fault = self._place(Kind.CUT, text, self._chain.head.seq + 1)
        return self._report()

    def _take(self, line: bytes) -> None:
        value = _parsed(line)
        if self._is_over:
            self._fault = self._place(Kind.EDITED, "Something was added after the end line")
        elif value is None:
            self._fault = self._place(Kind.EDITED, "A line is damaged: it is no JSON object")
        elif "end" in value:
            self._take_end(value)
        else:
            self._take_row(value)
            self._digest.update(line)

    def _take_row(self, value: dict[str, Any]) -> None:
        if "hash" in value:
            self._take_entry(value)
        elif "checkpoint" in value:
            self._take_checkpoint(value["checkpoint"])
        elif "earlier" not in value:
            self._fault = self._place(Kind.EDITED, "A line is neither an entry nor a checkpoint")

    def _take_entry(self, value: dict[str, Any]) -> None:
        stated, seq = value.pop("hash"), value.get("seq")
        if type(seq) is not int or value.get("tenant_id") != self._tenant_id:
            self._fault = self._place(Kind.EDITED, "An entry has no number, or is another organization's")
            return
        if self._is_filtered and seq > self._chain.head.seq:
            self._chain.head = Head(seq - 1, str(value.get("prev_hash")))
        entry_id, prev_hash = str(value.get("id")), value.get("prev_hash")
        self._chain.link(seq=seq, entry_id=entry_id, prev_hash=prev_hash, stated=stated, found=_hash_of(value))
        self._fault = self._chain.fault
        self._rows += 1
        if self._fault is None and seq in self._known:
            self._fault = self._signed.compare(self._known[seq], self._chain.head)

    def _take_checkpoint(self, value: object) -> None:
        try:
            checkpoint = read_checkpoint(value)
        except ValueError:
            self._fault = self._place(Kind.EDITED, "A checkpoint is damaged")
            return
        if checkpoint.seq == self._chain.head.seq:
            self._fault = self._signed.compare(checkpoint, self._chain.head)
        elif not self._is_filtered:
            self._fault = self._place(Kind.REORDERED, f"The checkpoint of entry {checkpoint.seq} stands elsewhere")

    def _take_end(self, value: dict[str, Any]) -> None:
        self._is_over = True
        end, head = value["end"], self._chain.head
        if not self._is_signed(end, value.get("signature")):
            self._fault = self._place(Kind.EDITED, "The end line is not signed by this relay's key")
        elif end["rows"] > self._rows and not self._is_filtered:
            text = f"Entries {head.seq + 1} to {end['last_seq']} are missing at the end"
            self._fault = self._place(Kind.CUT, text, head.seq + 1)
        elif end["rows"] != self._rows:
            text = f"{end['rows']} entries were exported, {self._rows} are here"
            self._fault = self._place(Kind.DELETED, text)
        elif end["sha256"] != self._digest.hexdigest():
            self._fault = self._place(Kind.EDITED, "The lines are not those that were exported")
        else:
            self._fault = self._beyond(head)

    def _is_signed(self, end: object, signature: object) -> bool:
        """Whether the end line is one, and the relay's; sets which key signed it."""
        if not isinstance(end, dict) or type(end.get("rows")) is not int:
            return False
        self._kid = str(end.get("kid"))
        try:
            return self._verify(self._kid, str(signature), end_message(end)) and {"last_seq", "sha256"} <= end.keys()
        except STRANGE:
            return False

    def _beyond(self, head: Head) -> Fault | None:
        """Checkpoints from elsewhere of entries that a whole trail would hold."""
        later = sorted((seq for seq in self._known if seq > head.seq), reverse=True)
        return self._signed.beyond([self._known[seq] for seq in later], head)

    def _look_ahead(self, numbered: Iterable[tuple[int, bytes]]) -> None:
        """An entry that seems to be missing may only stand further on."""
        fault = self._fault
        if fault is None or fault.kind is not Kind.DELETED or self._is_over:
            return
        for number, line in numbered:
            value = _parsed(line)
            if value is not None and value.get("seq") == fault.position:
                text = f"Entry {fault.position} stands further on, in line {number}: the order was changed"
                self._fault = replace(fault, kind=Kind.REORDERED, text=text)
                return

    def _place(self, kind: Kind, text: str, position: int | None = None) -> Fault:
        return Fault(position=self._chain.head.seq if position is None else position, kind=kind, text=text)

    def _report(self) -> ExportReport:
        return ExportReport(
            tenant_id=self._tenant_id,
            rows=self._rows,
            last_seq=self._chain.head.seq,
            checkpoints=self._signed.sound,
            kid=self._kid,
            is_filtered=self._is_filtered,
            fault=self._fault,
            line=self._line if self._fault is not None else 0,
        )


def _hash_of(entry: Mapping[str, Any]) -> str:
    """The hash of an entry, of none where it is no entry."""
    try:
        return hash_of(entry)
    except STRANGE:
        return ""
