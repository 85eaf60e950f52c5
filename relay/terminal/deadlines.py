"""When a session ends by itself, and why. Times are trio's clock, in seconds."""

import trio

from relay.terminal.ending import AGENT_LOST, IDLE, NOT_PROVEN, SHELL_EXITED, CloseReason
from relay.terminal.session import Session, SessionState
from relay.terminal.settings import HubSettings

FIRST_ATTACH_S = 30.0
"""An opened session nobody ever came to see: its socket died in between."""


async def keep_time(session: Session, settings: HubSettings) -> None:
    """End `session` when its first deadline passes; returns when it is over."""
    while session.reason is None:
        due_s, reason = first_deadline(session, settings)
        if trio.current_time() >= due_s:
            session.close(reason.text, reason.code)
            return
        with trio.move_on_at(due_s):
            await session.changed.park()


def first_deadline(session: Session, settings: HubSettings) -> tuple[float, CloseReason]:
    """The earliest moment at which something ends this session as it stands."""
    due = [
        (session.born_s + settings.longest_s, CloseReason(code=NOT_PROVEN, text="the session reached its longest time"))
    ]
    if session.state in {SessionState.LOST, SessionState.RESUMING}:
        due.append((session.lost_s + settings.grace_s, CloseReason(code=AGENT_LOST, text="agent lost")))
    if session.viewer is None:
        waits_s = settings.detach_s if session.was_attached else max(settings.detach_s, FIRST_ATTACH_S)
        due.append((session.detached_s + waits_s, CloseReason(code=SHELL_EXITED, text="nobody came back")))
    if settings.idle_s:
        due.append((session.typed_s + settings.idle_s, CloseReason(code=IDLE, text="idle timeout")))
    return min(due, key=lambda each: each[0])
