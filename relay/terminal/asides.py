"""What a viewer is shown beside the shell's own output: the commands its person sends over the API.

Never in the ring, whose offsets belong to the agent. Bounded, and whoever shows something never waits: what a viewer
that does not read has no room for is left out, and the viewer is told how much.
"""

from collections import deque
from dataclasses import dataclass

MAX_WAITING_CHARS = 256 * 1024
"""Text that may wait for one viewer: a few commands' output at its longest."""
OVERHEAD_CHARS = 256
"""What an aside counts beside its text, so that many empty ones are bounded too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStarted:
    """A command was sent to the machine."""

    command_id: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutput:
    """A command has ended: what it wrote, bounded by whoever shows it, and how. No exit code: it was cut off."""

    command_id: str
    command: str
    output: str
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsidesDropped:
    """So many asides were left out here."""

    count: int


Aside = CommandStarted | CommandOutput | AsidesDropped


class Asides:
    """Those that wait for one viewer, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Aside] = deque()
        self._chars = 0

    def add(self, aside: CommandStarted | CommandOutput) -> None:
        """Keep it, or count it as dropped."""
        if self._chars + _weight(aside) <= MAX_WAITING_CHARS:
            self._waiting.append(aside)
            self._chars += _weight(aside)
            return
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, AsidesDropped):
            self._waiting[-1] = AsidesDropped(count=last.count + 1)
        else:
            self._waiting.append(AsidesDropped(count=1))

    def take(self) -> Aside | None:
        """The oldest, if any waits."""
        if not self._waiting:
            return None
        aside = self._waiting.popleft()
        self._chars -= _weight(aside)
        return aside


def _weight(aside: Aside) -> int:
    match aside:
        case CommandOutput():
            return OVERHEAD_CHARS + len(aside.command) + len(aside.output)
        case CommandStarted():
            return OVERHEAD_CHARS + len(aside.command)
        case AsidesDropped():
            return 0
