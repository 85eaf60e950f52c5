"""The relay's address as a person writes it, checked and taken apart. Decides where plain http is allowed."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from agent.errors import UsageMistake

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._:-]+")
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayAddress:
    """`prefix` is the path below which the relay lives, without a slash at its end ("" most of the time)."""

    is_tls: bool
    host: str
    port: int
    prefix: str

    @property
    def url(self) -> str:
        """As it is kept in the configuration and shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.is_tls else "http"
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}{self.prefix}"


def parse_address(url: str) -> RelayAddress:
    """`https://relay.example` → its parts. Raises UsageMistake with what is wrong about it."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise UsageMistake(f"--server {url!r} is not a URL: {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageMistake(f"--server {url!r} must look like https://relay.example")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageMistake("--server takes no user name, query or fragment")
    if not _HOST.fullmatch(parts.hostname) or not _PATH.fullmatch(parts.path):
        raise UsageMistake(f"--server {url!r} has characters in it that no address of a relay has")
    return RelayAddress(
        is_tls=parts.scheme == "https",
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        prefix=parts.path.rstrip("/"),
    )


def check_plain_http(address: RelayAddress, *, is_allowed: bool) -> None:
    """Plain http is for this machine itself. Raises UsageMistake otherwise, unless it was asked for by name."""
    if address.is_tls or is_allowed or _is_loopback(address.host):
        return
    raise UsageMistake(f"{address.url} is not encrypted: use https, or add --insecure-http if you accept that")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
