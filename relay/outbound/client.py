"""The relay's own HTTP client for addresses that others name (issuers, and whatever else is told to call somewhere).

1. A name is resolved once, every address it has must be public, and the connection goes to the address that was looked
   at: no second look-up that could answer differently.
2. https only. 3. No redirect is followed. 4. Nothing of the environment (proxies, netrc) counts.
5. The answer is bounded in bytes and time, and comes uncompressed.

The operator may name origins (`private_origins`) for which 1 and 2 are lifted: an issuer of the own network.
"""

import json
import socket
import ssl
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
import trio

from relay.outbound.addresses import is_public
from relay.outbound.errors import OutboundFailed

TIMEOUT_S = 10.0
"""For a whole exchange."""
MAX_ANSWER_BYTES = 512 * 1024
"""More than any discovery document, key set or token; less than hurts."""
MAX_ADDRESSES = 20
_PORTS = {"http": 80, "https": 443}

Place = tuple[str, str, int]


def place_of(url: str) -> Place:
    """Scheme, host and port. Raises OutboundFailed."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise OutboundFailed("not an http address") from error
    if not parts.hostname or parts.username is not None:
        raise OutboundFailed("not an http address")
    return parts.scheme, parts.hostname.lower(), port


class OutboundClient:
    """Fetches; makes transports for clients that speak a protocol of their own."""

    def __init__(self, *, private_origins: Collection[str] = ()) -> None:
        self._private = frozenset(place_of(each) for each in private_origins)
        self._tls: ssl.SSLContext | None = None

    def settings(self) -> dict[str, Any]:
        """What to build an httpx2.AsyncClient with."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return {
            "transport": _Transport(self._tls, self._private),
            "trust_env": False,
            "follow_redirects": False,
            "timeout": TIMEOUT_S,
        }

    async def get_json(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON value at `url`. Raises OutboundFailed."""
        with bounded_time():
            async with httpx2.AsyncClient(**self.settings()) as client:
                answer = await client.get(url, headers={"accept": "application/json", **(headers or {})})
        if answer.status_code != 200:
            raise OutboundFailed(f"status {answer.status_code}")
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise OutboundFailed("no JSON") from error


@contextmanager
def bounded_time() -> Iterator[None]:
    """Around one exchange: its time is bounded, and every way it can fail is an OutboundFailed."""
    try:
        with trio.fail_after(TIMEOUT_S):
            yield
    except trio.TooSlowError as error:
        raise OutboundFailed("no answer in time") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise OutboundFailed(type(error).__name__) from error


class _Transport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over connections that are looked at first."""

    def __init__(self, tls: ssl.SSLContext, private: frozenset[Place]) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._allowed = private
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls, max_connections=4, max_keepalive_connections=0, network_backend=_Network(private)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange. Raises OutboundFailed for what rule 2 and 5 forbid."""
        if request.url.scheme != "https" and place_of(str(request.url)) not in self._allowed:
            raise OutboundFailed("https only")
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise OutboundFailed("compressed answer")
        return response


class _Bounded(httpcore2.AsyncNetworkStream):
    """A connection that carries one answer, of bounded size, headers included.

    Counted here and not where the body is read, because only from below does the refusal pass through all that is
    in between and closes it on its way.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._taken = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes. Raises OutboundFailed beyond the limit."""
        part = await self._stream.read(max_bytes, timeout)
        self._taken += len(part)
        if self._taken > MAX_ANSWER_BYTES:
            raise OutboundFailed("answer too large")
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of them."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """End the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """The same over TLS, for the name that was asked for."""
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Facts about the connection."""
        return self._stream.get_extra_info(info)


class _Network(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were looked at, and to nothing else."""

    def __init__(self, private: frozenset[Place]) -> None:
        self._private = {(host, port) for _, host, port in private}
        self._trio = httpcore2.TrioBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to one of the host's addresses. Raises OutboundFailed when one of them is not public."""
        addresses = await _resolve(host, port)
        if (host.lower(), port) not in self._private and not all(is_public(each) for each in addresses):
            raise OutboundFailed("a private address")
        return _Bounded(await self._trio.connect_tcp(addresses[0], port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        """As the pool asks."""
        await trio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutboundFailed("no such host") from error
    addresses = [str(each[4][0]) for each in found][:MAX_ADDRESSES]
    if not addresses:
        raise OutboundFailed("no such host")
    return addresses
