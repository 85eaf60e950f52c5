"""How the terminal's dialects say what a viewer is shown beside the output. Pure.

Text goes straight into an emulator, so its lines end as a terminal's do, and it begins on a line of its own.
"""

import re
from typing import Any

from relay.terminal.asides import Aside, AsidesDropped, CommandOutput, CommandStarted

_BARE_NEWLINE = re.compile(r"(?<!\r)\n")


def aside_text(aside: CommandOutput | AsidesDropped, *, at_line_start: bool) -> str:
    """For a dialect of plain output; empty for a command that wrote nothing."""
    text = aside.output if isinstance(aside, CommandOutput) else f"[fairlead: {_dropped(aside)}]"
    if not text:
        return ""
    lines = _BARE_NEWLINE.sub("\r\n", text if text.endswith("\n") else f"{text}\n")
    return lines if at_line_start else f"\r\n{lines}"


def started_message(aside: CommandStarted) -> dict[str, Any]:
    """For the JSON dialect."""
    return {"type": "command_started", "command_id": aside.command_id, "command": aside.command}


def v1_message(aside: Aside) -> dict[str, Any] | None:
    """For fairlead.v1, where a page shows it beside the screen; nothing for a command that only starts."""
    match aside:
        case CommandOutput():
            return {
                "type": "command_output",
                "command_id": aside.command_id,
                "command": aside.command,
                "output": aside.output,
                "exit_code": aside.exit_code,
            }
        case AsidesDropped():
            return {"type": "info", "message": _dropped(aside)}
        case CommandStarted():
            return None


def _dropped(aside: AsidesDropped) -> str:
    return f"{aside.count} messages about commands were left out: this terminal was not reading"
