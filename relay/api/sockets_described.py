"""What the API document says of the WebSockets: their queries, sub-protocols and close codes. Decides nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from relay.api.openapi_operations import PATH_PATTERNS
from relay.domain.accounts import Source
from relay.domain.terminals import MAX_CELLS
from relay.terminal import ending

_CELLS = {"type": "integer", "minimum": 0, "maximum": MAX_CELLS}
TERMINAL_SUBPROTOCOLS: Sequence[str] = ("fairlead.v1", "webxterm.json", "bearer")
TERMINAL_QUERY: Mapping[str, Any] = {
    "token": {"type": "string", "description": "The token, where neither header nor sub-protocol can carry it."},
    "session_id": {"type": "string", "pattern": PATH_PATTERNS["session_id"], "description": "New, or one to take up."},
    "source": {"type": "string", "enum": [str(each) for each in Source]},
    "cols": {**_CELLS, "description": "Columns; 80 when not said."},
    "rows": {**_CELLS, "description": "Rows; 24 when not said."},
    "format": {"type": "string", "enum": ["raw", "json", "binary"], "description": "Without a sub-protocol."},
    "resume": {"type": "boolean", "description": "Only take up, never open."},
    "from": {"type": "integer", "minimum": 0, "description": "The offset to show the output from."},
}
TERMINAL_CLOSE_CODES: Mapping[int, str] = {
    ending.SHELL_EXITED: "The shell exited.",
    ending.SHUTDOWN: "The relay is going down.",
    ending.TOO_BIG: "A message was too big.",
    ending.INTERNAL: "A defect of the relay.",
    ending.PROTOCOL_ERROR: "A message was not understood, or the query was wrong.",
    ending.NOT_PROVEN: "The token is not valid (any more).",
    ending.ACCESS_LOST: "The right has ended.",
    ending.MACHINE_GONE: "There is no such machine (any more).",
    ending.IDLE: "Nobody typed for too long.",
    ending.REPLACED: "Another connection has taken the session over.",
    ending.TERMINATED: "Somebody closed the session.",
    ending.TOO_MANY: "Too many open sessions.",
    ending.AGENT_LOST: "The machine cannot be reached.",
}
AGENT_CLOSE_CODES: Mapping[int, str] = {
    ending.SHUTDOWN: "The relay is going down.",
    ending.TOO_BIG: "A message was too big.",
    ending.PROTOCOL_ERROR: "A message broke the protocol.",
    ending.NOT_PROVEN: "The agent did not prove itself.",
    ending.MACHINE_GONE: "The machine was deleted.",
    ending.SILENT: "No sign of life for too long.",
    ending.REPLACED: "The same agent has connected anew.",
}
