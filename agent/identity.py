"""Who this agent is: the key that never leaves the machine, and the facts it tells about the machine."""

import os
import platform
import pwd
import secrets
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from pathlib import Path

from agent import ed25519
from agent.config import KEY, StateDirectory
from agent.errors import StateUnusable
from protocol.errors import RemoteProtocolError
from protocol.handshake import decode_bytes, encode_bytes

MAX_ADDRESSES = 16
"""Addresses told to the relay: enough to find the machine, few enough on a container host."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The machine's Ed25519 key pair. `repr` shows the public half only."""

    _seed: bytes

    @property
    def public_key(self) -> bytes:
        """32 bytes, what the relay stores."""
        return ed25519.public_key(self._seed)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return ed25519.sign(self._seed, message)

    def __repr__(self) -> str:
        return f"Identity({encode_bytes(self.public_key)})"


def create_identity(state: StateDirectory) -> Identity:
    """Make a new key in the state directory. Raises StateUnusable."""
    seed = secrets.token_bytes(32)
    try:
        state.write(KEY, encode_bytes(seed).encode() + b"\n")
    except OSError as error:
        raise StateUnusable(f"cannot write {state.path / KEY}: {error.strerror}") from error
    return Identity(seed)


def load_identity(state: StateDirectory) -> Identity:
    """The key of the state directory. Raises StateUnusable when it is missing or damaged."""
    try:
        return Identity(decode_bytes(state.read(KEY).decode("ascii").strip(), size=32))
    except (UnicodeDecodeError, RemoteProtocolError) as error:
        raise StateUnusable(f"{state.path / KEY} is damaged: enrol again with --force") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What the relay shows about the machine; the relay never decides anything by it."""

    hostname: str
    os: str
    arch: str
    ip_addresses: tuple[str, ...]


def machine_facts() -> MachineFacts:
    """Read now: names and addresses change."""
    return MachineFacts(
        hostname=_text(socket.gethostname(), 255),
        os=_text(_os_name(), 100),
        arch=platform.machine(),
        ip_addresses=_ip_addresses(),
    )


def current_user() -> str:
    """The user this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _text(value: str, most: int) -> str:
    """What the file system or the kernel says may not be Unicode; what we send is."""
    return value[:most].encode("utf-8", "replace").decode()


def _os_name() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    return release.get("PRETTY_NAME", "Linux")


def _ip_addresses() -> tuple[str, ...]:
    """Addresses of this machine that others could reach, IPv4 first."""
    found = dict.fromkeys(_ipv4_addresses() + _ipv6_addresses())
    usable = [address for address in found if not (address.is_loopback or address.is_link_local)]
    return tuple(str(address) for address in usable[:MAX_ADDRESSES])


def _ipv4_addresses() -> list[IPv4Address | IPv6Address]:
    """/proc/net/fib_trie: an address of ours is followed by a `/32 host LOCAL` line."""
    found = []
    lines = _lines("/proc/net/fib_trie")
    for address, kind in pairwise(lines):
        if "/32 host LOCAL" in kind and "|-- " in address:
            found.append(ip_address(address.split("|-- ")[1].strip()))
    return found


def _ipv6_addresses() -> list[IPv4Address | IPv6Address]:
    """/proc/net/if_inet6: 32 hexadecimal digits, then index, prefix, scope, flags, name."""
    return [ip_address(bytes.fromhex(line.split()[0])) for line in _lines("/proc/net/if_inet6") if line.strip()]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
