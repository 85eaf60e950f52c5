"""Which web pages may open a socket here. Pure.

A browser always says which page asks; other programs say nothing, and need a token all the same (there are no cookies
to steal a ride on).
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from relay.api.peer import is_loopback_host

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_welcome(origin: str | None, *, base_url: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of `origin` may connect.

    `base_url` is where this relay is reached; `host` the Host header, which counts beside it on this machine's own
    loopback; `allowed` are the configured origins.
    """
    if origin is None:
        return True
    asked = _normal(origin)
    if asked is None:
        return False
    homes = {_normal(base_url), *map(_normal, allowed)}
    if is_loopback_host(host):
        homes.add(_normal(f"http://{host}"))
    return asked in homes


def _normal(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for anything that is no web origin, as `null`."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    if parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port
