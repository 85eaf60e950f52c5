"""What people typed into one session: accepted once, sent within the agent's credit, kept until it cannot be lost.

The agent's credit never runs more than a window ahead of what it has, so the last window of what was sent is all a
returning agent can be missing.
"""

from protocol.frames import MAX_PAYLOAD_BYTES
from protocol.window import WINDOW_BYTES
from relay.terminal.scrollback import Scrollback

UNSENT_BYTES = MAX_PAYLOAD_BYTES
"""How much may wait for the agent's credit; then the viewer's socket is not read."""
QUANTUM_BYTES = 16 * 1024
"""One turn of the link's writer: a keystroke beside a paste waits for this at most."""


class Keystrokes:
    """One input stream; `sent` and `accepted` are offsets from its first byte."""

    __slots__ = ("_kept", "sent")

    def __init__(self) -> None:
        self._kept = Scrollback(size_bytes=WINDOW_BYTES + UNSENT_BYTES, slack_bytes=0)
        self.sent = 0

    @property
    def accepted(self) -> int:
        """The offset of the next byte a viewer may give."""
        return self._kept.end

    def room_bytes(self) -> int:
        """How much may be accepted now."""
        return UNSENT_BYTES - (self._kept.end - self.sent)

    def accept(self, payload: bytes) -> None:
        """Take bytes, no more than there is room for."""
        assert len(payload) <= self.room_bytes()
        self._kept.append(payload, unread_from=self.sent)

    def take(self, credit_bytes: int) -> bytes:
        """The next bytes to send: within the credit, at most one quantum."""
        payload = self._kept.read(self.sent, min(credit_bytes, QUANTUM_BYTES))
        self.sent += len(payload)
        return payload

    def can_rewind(self, offset: int) -> bool:
        """Whether an agent that has everything before `offset` can be served."""
        return self._kept.start <= offset <= self._kept.end

    def rewind(self, offset: int) -> None:
        """Send again from `offset` on: all the agent has is what comes before."""
        self.sent = offset
