"""Everything a test drives the relay with: the relay itself, a person at its API, a terminal, an agent."""

from tests.agent_double import AgentDouble, Answer
from tests.terminal_driver import Refused, TerminalDriver, connected_agent, open_socket, open_terminal
from tests.webxterm.house import Client as ApiClient
from tests.webxterm.house import relay as running_relay

__all__ = [
    "AgentDouble",
    "Answer",
    "ApiClient",
    "Refused",
    "TerminalDriver",
    "connected_agent",
    "open_socket",
    "open_terminal",
    "running_relay",
]
