"""Signed checkpoints: the relay's word that entry `seq` of an organization had this hash at this time.

A hash chain alone proves that nothing in it was changed by somebody who could not write the rest anew; whoever can
write to the database could. A checkpoint kept elsewhere binds everything up to its entry.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from relay.domain.audit_chain import Fault, Head, Kind, canonical

CONTEXT = b"fairlead audit checkpoint v1\0"
"""Before the signed bytes, so that no other signature of this key can pass for a checkpoint."""
SIGNED = ("hash", "kid", "seq", "tenant_id", "time")

Verify = Callable[[str, str, bytes], bool]
"""(key id, signature as base64url, message) → whether that key of the relay made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`time` is RFC 3339 in UTC; `signature` is base64url without padding over CONTEXT and the canonical rest."""

    tenant_id: str
    seq: int
    hash: str
    time: str
    kid: str
    signature: str = ""

    @property
    def message(self) -> bytes:
        """What is signed."""
        return CONTEXT + canonical({name: getattr(self, name) for name in SIGNED})

    def shown(self) -> dict[str, Any]:
        """As it stands in exports, in the file and on the wire."""
        return asdict(self)


def read_checkpoint(value: object) -> Checkpoint:
    """A checkpoint from parsed JSON or a document. Raises ValueError when it is none."""
    names = (*SIGNED, "signature")
    if not isinstance(value, Mapping) or not all(isinstance(value.get(name), int | str) for name in names):
        raise ValueError("no checkpoint")
    found = {name: value[name] for name in names}
    if type(found.pop("seq")) is not int or not all(isinstance(each, str) for each in found.values()):
        raise ValueError("no checkpoint")
    return Checkpoint(seq=value["seq"], **found)


class CheckpointCheck:
    """Holds checkpoints against the entries they sign. Feed them in the order of `seq`; `sound` counts the good ones.

    `last` is the entry up to which everything is known to be what was signed.
    """

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self.sound = 0
        self.last = 0

    def compare(self, checkpoint: Checkpoint, head: Head) -> Fault | None:
        """`head` is the entry of that number, its hash recomputed."""
        if not self._verify(checkpoint.kid, checkpoint.signature, checkpoint.message):
            text = f"The checkpoint at entry {checkpoint.seq} is not signed by this relay's key"
            return Fault(position=checkpoint.seq, kind=Kind.EDITED, text=text)
        if checkpoint.hash != head.hash:
            return self._rewritten(checkpoint)
        self.sound += 1
        self.last = max(self.last, checkpoint.seq)
        return None

    def _rewritten(self, checkpoint: Checkpoint) -> Fault:
        first = self.last + 1
        which = f"Entry {first} is" if first == checkpoint.seq else f"Entries {first} to {checkpoint.seq} are"
        text = f"{which} not what was signed at {checkpoint.time}: rewritten, or an older state was restored"
        return Fault(position=first, kind=Kind.EDITED, text=text)

    def beyond(self, checkpoints: Iterable[Checkpoint], head: Head) -> Fault | None:
        """Checkpoints of entries that are not there: the end was cut off, or an old state restored."""
        for checkpoint in checkpoints:
            if self._verify(checkpoint.kid, checkpoint.signature, checkpoint.message):
                text = (
                    f"The trail ends at entry {head.seq}, but entry {checkpoint.seq} was signed at {checkpoint.time}: "
                    "its end was cut off, or an older state was restored"
                )
                return Fault(position=head.seq + 1, kind=Kind.CUT, text=text)
        return None
