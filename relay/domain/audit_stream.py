"""Audit entries as other programs receive them: a JSON object in ASCII, and that object in a syslog message (RFC 5424).

Every character that could move a cursor, end a line or change a direction of reading is escaped: what reaches a log
file elsewhere is one line of printable ASCII for each entry, whatever somebody wrote into a name.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from relay.domain.audit_chain import entry_of
from relay.domain.audit_checkpoints import Checkpoint

FACILITY = 13
"""`log audit` of RFC 5424."""
LEVELS = {"info": 6, "warning": 4, "critical": 2}
"""Our severities as RFC 5424 numbers them."""
LONGEST_BYTES = 60_000
"""What fits into one datagram; an entry whose details make it longer goes without them, and says so."""

_PRINTABLE = re.compile(r"[^\x21-\x7e]")
Message = Callable[[Mapping[str, Any] | Checkpoint], bytes]
"""An entry's document, or a checkpoint → what is sent, unframed."""


def json_message(what: Mapping[str, Any] | Checkpoint) -> bytes:
    """One JSON object: an entry with its hash, or `{"checkpoint": …}`."""
    return _json(_content(what))


def syslog_message(host: str) -> Message:
    """Messages of the relay on this host: the entry's time and severity, its action as MSGID, the JSON as MSG."""
    name = _PRINTABLE.sub("", host)[:255] or "-"

    def message(what: Mapping[str, Any] | Checkpoint) -> bytes:
        content = _content(what)
        if isinstance(what, Checkpoint):
            level, at, kind = LEVELS["info"], what.time, "audit_checkpoint"
        else:
            level = LEVELS.get(str(content.get("severity")), LEVELS["critical"])
            at, kind = str(content.get("timestamp", "-")), str(content.get("action", "damaged"))
        kind = _PRINTABLE.sub("", kind)[:32] or "-"
        return f"<{FACILITY * 8 + level}>1 {at} {name} fairlead - {kind} - ".encode() + _json(content)

    return message


def octet_counted(message: bytes) -> bytes:
    """RFC 6587 §3.4.1, RFC 5425: the length, a space, the message."""
    return b"%d %s" % (len(message), message)


def line(message: bytes) -> bytes:
    """JSON lines."""
    return message + b"\n"


def _content(what: Mapping[str, Any] | Checkpoint) -> dict[str, Any]:
    if isinstance(what, Checkpoint):
        return {"checkpoint": what.shown()}
    try:
        return {**entry_of(what), "hash": what["hash"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        # Somebody has been at the database: that is news for whoever receives this.
        return {"damaged": {"id": str(what.get("_id")), "seq": what.get("seq")}}


def _json(content: dict[str, Any]) -> bytes:
    text = _ascii(content)
    return text if len(text) <= LONGEST_BYTES else _ascii({**content, "details": {"left_out": True}})


def _ascii(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode("ascii")
