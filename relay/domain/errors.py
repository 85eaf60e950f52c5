"""Refusals: the only exceptions a caller of a service may see.

Each carries a sentence fit for the person who asked. Codes and envelopes belong to the dialects.
"""


class Refusal(Exception):
    """The request was understood and is refused; `text` says why, without secrets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Invalid(Refusal):
    """A field is missing, malformed or out of range."""


class Unauthenticated(Refusal):
    """Nobody we know is asking."""


class Forbidden(Refusal):
    """We know who asks; that person has no right to this."""


class Denied(Forbidden):
    """The same, and whoever says so has written it to the audit log."""


class NotFound(Refusal):
    """It does not exist, or lies in another organization (nobody may tell the difference)."""


class Conflict(Refusal):
    """It clashes with what is there."""


class TooLarge(Refusal):
    """More bytes than this place takes."""


class TooMany(Refusal):
    """Too often, or too many at once; worth trying again after `retry_after_s` seconds."""

    def __init__(self, text: str, retry_after_s: int = 60) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Unavailable(Refusal):
    """It exists and cannot be reached just now."""


class TimedOut(Refusal):
    """It was started and did not end in the time given."""


class NotConfigured(Refusal):
    """This relay could do it, and its operator has not set it up."""


class MachinePending(Unavailable):
    """The machine was added, and no agent has enrolled for it yet."""
