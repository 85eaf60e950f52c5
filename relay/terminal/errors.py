"""What callers of the data plane may see. All are refusals of the domain, so that every dialect can say them."""

from relay.domain.errors import Conflict, Refusal, TooMany, Unavailable


class AgentOffline(Unavailable):
    """No agent of this machine is connected."""

    def __init__(self, text: str = "Machine is offline") -> None:
        super().__init__(text)


class AgentLost(Unavailable):
    """The agent was there and went away before it answered."""

    def __init__(self, text: str = "The connection to the machine was lost") -> None:
        super().__init__(text)


class TooManySessions(TooMany):
    """The person, or the machine, has as many shells open as the settings allow."""

    def __init__(self, text: str = "Too many open sessions") -> None:
        super().__init__(text, retry_after_s=5)


class OpenRefused(Unavailable):
    """The agent could not start what was asked for; `text` is its reason, made printable."""


class SessionTaken(Conflict):
    """The session id is in use."""

    def __init__(self, text: str = "Session id is in use") -> None:
        super().__init__(text)


class AgentRejected(Refusal):
    """The agent is unknown, not proven, or may not connect any more; `code` closes its socket."""

    def __init__(self, text: str, code: int = 4401) -> None:
        super().__init__(text)
        self.code = code


class SocketClosed(Exception):
    """The peer's socket has ended. Never leaves the data plane and its doors."""


class LinkEnded(Exception):
    """This link must end now, with this close code and reason. Never leaves the data plane."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class InputOverrun(Exception):
    """More was typed than can be kept until the agent takes it."""
