"""What people typed into one session: accepted once, sent within the agent's credit, kept until it cannot be lost.

The agent's credit never runs more than a window ahead of what it has, so the last window of what was sent is all a
returning agent can be missing.
"""

from protocol.window import WINDOW_BYTES
from relay.terminal.scrollback import Scrollback

UNSENT_BYTES = WINDOW_BYTES
"""How much may wait for the agent's credit: all that a viewer with credit of its own may have under way, so that its
socket is always read. Behind it, a viewer without credit waits."""
KEPT_BYTES = 3 * WINDOW_BYTES
"""What a returning agent may be missing, what waits for its credit, and what a returning viewer may add meanwhile."""
QUANTUM_BYTES = 16 * 1024
"""One turn of the link's writer: a keystroke beside a paste waits for this at most."""


class Keystrokes:
    """One input stream; `sent` and `accepted` are offsets from its first byte."""

    __slots__ = ("_kept", "sent")

    def __init__(self) -> None:
        self._kept = Scrollback(size_bytes=KEPT_BYTES, slack_bytes=0)
        self.sent = 0

    @property
    def accepted(self) -> int:
        """The offset of the next byte a viewer may give."""
        return self._kept.end

    def room_bytes(self) -> int:
        """How much may be accepted now."""
        return UNSENT_BYTES - (self._kept.end - self.sent)

    def would_lose(self, count: int) -> bool:
        """Whether `count` bytes more would push out what has not been sent: credit was given and never used up."""
        return self._kept.end + count - self.sent > KEPT_BYTES

    def accept(self, payload: bytes) -> None:
        """Take bytes: what there is room for, or what credit was given for."""
        assert not self.would_lose(len(payload))
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
