"""The hash chain over an organization's audit entries: how an entry becomes bytes, and what is wrong with a chain.

docs/audit.md says the same for somebody who has neither this program nor its database. An entry's hash is the SHA-256
of its canonical JSON (RFC 8785) without the field `hash`; `prev_hash` is the hash of the entry before it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

CHAIN = 1
"""The form of the entries, itself a field of each: another one would get another number."""
FIRST = "0" * 64
"""What stands in the place of the hash before the first entry."""
STORED = (
    "tenant_id", "user_id", "username", "action", "category", "severity", "resource", "resource_id", "ip_address",
    "user_agent", "source", "status", "details", "chain", "seq", "prev_hash",
)  # fmt: skip
"""Fields of an entry that stand in its document under the same name; beside them `id` (`_id`) and `timestamp`."""
FIELDS = frozenset({*STORED, "id", "timestamp", "hash"})

_encode: Callable[[Any], str] = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


class Kind(StrEnum):
    """What was done to a trail."""

    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first place where a trail is not what was written; `position` is the entry's number (`seq`)."""

    position: int
    kind: Kind
    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain, or of what was seen of it."""

    seq: int = 0
    hash: str = FIRST


def canonical(value: Any) -> bytes:
    """RFC 8785 for what entries hold: texts, integers, true, false, null, lists, and objects with ASCII names."""
    return _encode(value).encode()


def moment(at: datetime) -> str:
    """As entries write a time: UTC, milliseconds, Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def entry_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored document as the entry it is, without its hash. Raises KeyError, TypeError, ValueError for another."""
    entry = {name: document[name] for name in STORED}
    entry["id"] = document["_id"]
    entry["timestamp"] = moment(document["timestamp"])
    return entry


def hash_of(entry: Mapping[str, Any]) -> str:
    """The hash of an entry that does not hold it. Raises TypeError, ValueError, UnicodeError for what is none."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def seal(document: Mapping[str, Any], head: Head) -> tuple[dict[str, Any], Head]:
    """The document as the next link behind `head`, and the new head."""
    linked = {**document, "chain": CHAIN, "seq": head.seq + 1, "prev_hash": head.hash}
    linked["hash"] = hash_of(entry_of(linked))
    return linked, head_of(linked)


def head_of(document: Mapping[str, Any]) -> Head:
    """The head that a linked document is."""
    return Head(document["seq"], document["hash"])


class ChainCheck:
    """Follows a chain entry by entry; stops at the first fault. `head` is the last entry that was right."""

    def __init__(self, head: Head | None = None) -> None:
        self.head = head or Head()
        self.fault: Fault | None = None
        self.rows = 0

    def documents(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Stored documents in the order of `seq`."""
        for document in documents:
            if self.fault is not None:
                return
            self._document(document)

    def _document(self, document: Mapping[str, Any]) -> None:
        try:
            found = hash_of(entry_of(document))
        except (KeyError, TypeError, ValueError, AttributeError):
            found = ""
        self.link(
            seq=document["seq"],
            entry_id=str(document["_id"]),
            prev_hash=document.get("prev_hash"),
            stated=document.get("hash"),
            found=found,
        )

    def link(self, *, seq: int, entry_id: str, prev_hash: object, stated: object, found: str) -> None:
        """One entry: what it says of itself, and the hash that it has."""
        expected = self.head.seq + 1
        is_whole, is_next = stated == found, prev_hash == self.head.hash
        if seq != expected:
            self.fault = _gap(expected, seq, entry_id)
        elif not is_whole and is_next:
            self.fault = _fault(
                seq, Kind.EDITED, f"Entry {seq} was edited: its hash is not that of its content", entry_id
            )
        elif not is_whole:
            text = f"Entry {seq} does not belong here: another one was put in its place, or their order was changed"
            self.fault = _fault(seq, Kind.REORDERED, text, entry_id)
        elif not is_next and self.rows:
            text = f"Entry {seq - 1} was edited and its hash made anew: entry {seq} was linked to another one"
            self.fault = _fault(seq - 1, Kind.EDITED, text)
        elif not is_next:
            text = f"Entry {seq} is not linked to what should stand before it"
            self.fault = _fault(seq, Kind.EDITED, text, entry_id)
        else:
            self.head = Head(seq, found)
            self.rows += 1


def _gap(expected: int, seq: int, entry_id: str) -> Fault:
    if seq < expected:
        return _fault(seq, Kind.REORDERED, f"Entry {seq} stands after entry {expected - 1}", entry_id)
    missing = f"Entry {expected} is" if seq == expected + 1 else f"Entries {expected} to {seq - 1} are"
    return _fault(expected, Kind.DELETED, f"{missing} missing")


def _fault(position: int, kind: Kind, text: str, entry_id: str = "") -> Fault:
    return Fault(position=position, kind=kind, text=text, id=entry_id)
