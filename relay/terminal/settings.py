"""The bounds of the data plane. relay/config.py says where their values come from; these defaults are the tests'."""

from dataclasses import dataclass

from protocol.window import WINDOW_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Times in seconds, sizes in bytes. idle_s 0 means that idle sessions stay."""

    heartbeat_interval_s: int = 30
    handshake_s: float = 10.0
    silence_s: float = 75.0
    open_s: float = 15.0
    grace_s: float = 60.0
    detach_s: float = 300.0
    idle_s: float = 0.0
    longest_s: float = 12 * 3600.0
    scrollback_bytes: int = WINDOW_BYTES
    max_sessions_per_user: int = 20
    max_commands_per_agent: int = 32
