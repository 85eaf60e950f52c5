"""Who is at the other end of a connection: what the socket says, and what a trusted proxy may add to it."""

import ipaddress
import re
from collections.abc import Sequence

from relay.config import Network

MAX_PROXIES = 10
"""Hops of X-Forwarded-For looked at, from the right."""
FORWARDING_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOOPBACK_HOST = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The caller's address: the socket's peer, or, while the hop is a trusted proxy, what it says came before."""
    address = _plain(peer)
    for said in reversed(forwarded_for.split(",")[-MAX_PROXIES:]):
        if not _is_in(address, trusted) or not _is_address(said.strip()):
            return address
        address = _plain(said.strip())
    return address


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether the socket's peer is a proxy whose forwarding headers count."""
    return _is_in(_plain(peer), trusted)


def is_loopback(address: str) -> bool:
    """Whether the socket's peer is on this machine."""
    return _is_address(address) and ipaddress.ip_address(_plain(address)).is_loopback


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine's loopback."""
    return _LOOPBACK_HOST.fullmatch(host) is not None


def base_url(*, public_url: str, scheme: str, host: str, fallback: str) -> str:
    """`scheme://host[:port]` to put into answers: as configured, or as the caller said if that is a plain host."""
    if public_url:
        return public_url
    if _HOST.fullmatch(host) is None:
        return f"{scheme}://{fallback}"
    return f"{scheme}://{host}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _plain(address: str) -> str:
    """IPv4 written as IPv4, also when it came in through an IPv6 socket."""
    if not _is_address(address):
        return address
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    return _is_address(address) and any(ipaddress.ip_address(address) in network for network in networks)
