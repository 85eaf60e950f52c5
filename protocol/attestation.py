"""What an agent signs about the commands it reports, as bytes. Pure: makes texts and digests, holds no key.

Each shell's log is a chain of digests that begins with the agent and the session, so that a signature over the last
digest speaks for every row before it and for no other shell or machine. JSON here is compact, its names in ascending
order, everything beyond ASCII escaped (`\\u00e9`).
"""

import hashlib
import json
from typing import Any

from protocol.messages import CommandDone, CommandLogged, RunCommand

_LOG = b"fairlead command log v1\0"
_ROW = b"fairlead command row v1\0"
_END = b"fairlead command log end v1\0"
_DONE = b"fairlead command done v1\0"


def log_start(agent_id: str, session_id: str) -> bytes:
    """The digest before the first row of a shell's log."""
    return hashlib.sha256(_LOG + agent_id.encode() + b"\0" + session_id.encode()).digest()


def row_digest(previous: bytes, row: CommandLogged) -> bytes:
    """The digest of the log up to and with `row`; `previous` is that of the row before it."""
    return hashlib.sha256(
        previous
        + _json(
            {
                "confidence": row.confidence,
                "cwd": row.cwd,
                "duration_ms": row.duration_ms,
                "exit_code": row.exit_code,
                "line": row.line,
                "method": row.method,
                "seq": row.seq,
                "started_at_ms": row.started_at_ms,
            }
        )
    ).digest()


def row_statement(digest: bytes) -> bytes:
    """What is signed with a row: the log up to it."""
    return _ROW + digest


def end_statement(seq: int, digest: bytes) -> bytes:
    """What is signed with a shell's end: its log has `seq` rows, and no more."""
    return _END + seq.to_bytes(8, "big") + digest


def done_statement(agent_id: str, run: RunCommand, done: CommandDone) -> bytes:
    """What is signed with a command's end."""
    return _DONE + _json(
        {
            "agent_id": agent_id,
            "command": run.command,
            "command_id": run.command_id,
            "duration_ms": done.duration_ms,
            "exit_code": done.exit_code,
            "started_at_ms": done.started_at_ms,
            "timed_out": done.timed_out,
            "truncated": done.truncated,
            "username": run.username,
        }
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
