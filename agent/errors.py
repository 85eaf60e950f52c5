"""Every way the agent can fail that a person can do something about: a text that says what to do, and an exit code."""


class AgentFailure(Exception):
    """Ends the command with its text on stderr. 1 is kept for bugs, 2 for wrong arguments."""

    exit_code = 1


class UsageMistake(AgentFailure):
    """The arguments cannot mean anything."""

    exit_code = 2


class RelayRefused(AgentFailure):
    """The relay answered, and said no: a wrong or used token, a bad field."""

    exit_code = 3


class RelayUnreachable(AgentFailure):
    """No answer, no TLS, or not a Fairlead relay."""

    exit_code = 4


class StateUnusable(AgentFailure):
    """The state directory: not writable, not enrolled, enrolled already, or in use."""

    exit_code = 5


class MachineDeleted(AgentFailure):
    """The relay no longer knows this machine. systemd does not restart after this code."""

    exit_code = 6


class RelayMismatch(AgentFailure):
    """Whoever answered does not hold the key that was pinned at enrolment."""

    exit_code = 7


class NotConnected(AgentFailure):
    """`status`: the agent is not running, or runs without a link."""

    exit_code = 8


class LinkLost(Exception):
    """The connection ended while something was to be sent on it. Never leaves the agent."""


class ShellFailure(Exception):
    """The shell or command could not be started; the text goes to the relay as the refusal's reason."""
