"""The listening socket and its connections: Hypercorn's protocol code under our own accept loop.

Ours, because Hypercorn's worker names its own TCPServer (see cure.py), because the real port must be known before
anybody connects, and because an end must be bounded: connections that do not finish are cut off.
"""

import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import structlog
import trio
from hypercorn import protocol
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as ServerConfig
from hypercorn.protocol import ws_stream
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState

from relay.api.cure import ShieldedServer
from relay.api.sockets_pings import use_live_streams

log = structlog.get_logger(__name__)

BACKLOG = 512
MAX_CONNECTIONS = 16_000
"""Open connections; above, new ones are closed at once and the listening queue holds the rest."""
MAX_SOCKET_MESSAGE_BYTES = 1024 * 1024
PING_INTERVAL_S = 30.0
KEEP_ALIVE_S = 75.0
SILENCE_S = 400
"""Nothing received for this long ends a connection: above the longest waited command, and every ping interval."""
DEAD_PEER_MS = 120_000
"""Unacknowledged for this long, the peer is gone (also one that never reads while we have something to say)."""
_PROBE_IDLE_S, _PROBE_INTERVAL_S, _PROBES = 30, 10, 3


def listen_on(host: str, port: int) -> list[socket.socket]:
    """Bound and listening sockets, one for each address of `host`, all on the same port. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, *_, address in dict.fromkeys(found):
            sockets.append(_listen(family, (address[0], sockets[0].getsockname()[1] if sockets else port)))
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


def _listen(family: int, address: tuple[Any, int]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


class Server:
    """Serves one ASGI application on listening sockets until told to stop."""

    def __init__(self, app: ASGIFramework) -> None:
        self._app = ASGIWrapper(app)
        self._config = _server_config()
        self._context = WorkerContext(None)
        self._connections: set[trio.SocketStream] = set()
        self._empty = trio.Event()
        _refuse_compression()
        _refuse_http2()
        use_live_streams()

    async def run(self, sockets: list[socket.socket], *, draining: trio.Event, drain_s: float) -> None:
        """Accept until `draining` is set; then let requests finish for `drain_s` seconds, then cut them off."""
        listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(each)) for each in sockets]
        async with trio.open_nursery() as connections:
            try:
                await self._accept_until(draining, listeners, connections)
                await self._context.terminated.set()
                with trio.move_on_after(drain_s):
                    await self._wait_until_empty()
            finally:
                # Also when cancelled: a send to a peer that does not read is shielded, only a closed socket ends it.
                for stream in self._connections:
                    _abort(stream)
                connections.cancel_scope.cancel()

    async def _accept_until(
        self, draining: trio.Event, listeners: list[trio.SocketListener], connections: trio.Nursery
    ) -> None:
        async with trio.open_nursery() as accepting:
            accepting.start_soon(partial(trio.serve_listeners, self._serve_one, listeners, handler_nursery=connections))
            await draining.wait()
            accepting.cancel_scope.cancel()

    @property
    def connection_count(self) -> int:
        """Connections open now."""
        return len(self._connections)

    async def _serve_one(self, stream: trio.SocketStream) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            await trio.aclose_forcefully(stream)
            return
        _watch_peer(stream)
        self._connections.add(stream)
        try:
            state = ConnectionState({"abort": partial(_abort, stream)})
            await ShieldedServer(self._app, self._config, self._context, state, cast(Any, stream))
        except Exception:  # a bug beneath us must end this connection only, never the relay; logged here, once
            log.exception("connection failed")
        finally:
            self._connections.discard(stream)
            if not self._connections:
                self._empty.set()

    async def _wait_until_empty(self) -> None:
        while self._connections:
            self._empty = trio.Event()
            await self._empty.wait()


def abort_of(scope: Any) -> Callable[[], None]:
    """For a view: how to cut off the connection of this ASGI scope when its peer does not read any more."""
    found: Callable[[], None] = scope["state"]["abort"]
    return found


def _abort(stream: trio.SocketStream) -> None:
    """Close without waiting for anything; tasks that use the stream wake up with ClosedResourceError."""
    stream.socket.close()


def _watch_peer(stream: trio.SocketStream) -> None:
    """Half-open connections end by TCP's own means; WebSockets also by their pings (sockets_pings.py)."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_IDLE_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBE_INTERVAL_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)


def _server_config() -> ServerConfig:
    config = ServerConfig()
    config.accesslog = None  # relay/api/correlation.py writes it, without query strings
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    config.include_date_header = True
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.h11_max_incomplete_size = 32 * 1024
    config.websocket_max_message_size = MAX_SOCKET_MESSAGE_BYTES
    config.websocket_ping_interval = PING_INTERVAL_S
    config.read_timeout = SILENCE_S
    return config


def _refuse_compression() -> None:
    """No permessage-deflate: 64 KiB of it may become 64 MiB before Hypercorn counts, and terminals gain little."""
    vars(ws_stream)["server_extensions_handshake"] = _no_extensions


def _refuse_http2() -> None:
    """HTTP/1.1 only: the cures of cure.py and sockets_pings.py know no other, and a WebSocket over h2 would pass by."""
    vars(protocol)["H11Protocol"] = _Http1


class _Http1(H11Protocol):
    """An h2c upgrade is answered in HTTP/1.1, as RFC 9110 section 7.8 allows; the h2 preface is an odd request line."""

    async def _check_protocol(self, event: Any) -> None:
        return None


def _no_extensions(requested: Any, supported: Any) -> None:
    return None
