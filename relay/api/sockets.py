"""The WebSocket doors: finds the door of a path, checks who may knock, and says refusals before the upgrade.

Plain ASGI around the HTTP application, because Quart's own WebSocket puts a queue of ten messages between the wire and
whoever reads, and hides the end of the connection behind a cancellation.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import structlog
from hypercorn.typing import ASGIFramework

from protocol.frames import MAX_MESSAGE_BYTES
from protocol.handshake import SUBPROTOCOL
from relay.api import correlation
from relay.api.dialect import refusal_of_store, status_of
from relay.api.exchange import Door, read_facts
from relay.api.server import MAX_SOCKET_MESSAGE_BYTES, abort_of
from relay.api.sockets_agent import serve_agent
from relay.api.sockets_described import AGENT_CLOSE_CODES, TERMINAL_CLOSE_CODES, TERMINAL_QUERY, TERMINAL_SUBPROTOCOLS
from relay.api.sockets_origin import is_welcome
from relay.api.sockets_request import Handshake, SocketRequest
from relay.api.sockets_stream import SocketStream
from relay.api.sockets_terminal import serve_terminal
from relay.domain.access import Permission
from relay.domain.errors import (
    Forbidden,
    Invalid,
    MachinePending,
    NotFound,
    Refusal,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from relay.store.errors import StoreError
from relay.terminal.ending import (
    ACCESS_LOST,
    AGENT_LOST,
    INTERNAL,
    MACHINE_GONE,
    NOT_PROVEN,
    PENDING,
    PROTOCOL_ERROR,
    TOO_MANY,
)
from relay.terminal.errors import SocketClosed

log = structlog.get_logger("relay.api")


@dataclass(frozen=True, slots=True)
class SocketRoute:
    """One door. PUBLIC means that the door itself finds out who knocks, after the upgrade.

    `subprotocols`, `query` (JSON schemas by name), `refusals` (beyond those of every such door) and `close_codes` are
    for the document.
    """

    path: str
    _: KW_ONLY
    permission: Permission
    serve: Callable[[Door, SocketStream, SocketRequest], Awaitable[None]]
    most_bytes: int
    summary: str
    subprotocols: Sequence[str] = ()
    query: Mapping[str, Any] = field(default_factory=dict)
    refusals: Sequence[int] = ()
    close_codes: Mapping[int, str] = field(default_factory=dict)

    def match(self, path: str) -> dict[str, str] | None:
        """The path's values, when it is this door's."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()


CLOSE_CODES: Sequence[tuple[type[Refusal], int]] = (
    (Invalid, PROTOCOL_ERROR),
    (Unauthenticated, NOT_PROVEN),
    (Forbidden, ACCESS_LOST),
    (NotFound, MACHINE_GONE),
    (MachinePending, PENDING),
    (TooMany, TOO_MANY),
    (Unavailable, AGENT_LOST),
)
"""The first that fits counts."""

SOCKET_ROUTES: Sequence[SocketRoute] = (
    SocketRoute(
        "/api/agent/ws",
        permission=Permission.PUBLIC,
        serve=serve_agent,
        most_bytes=MAX_MESSAGE_BYTES,
        summary="An agent's link",
        subprotocols=(SUBPROTOCOL,),
        close_codes=AGENT_CLOSE_CODES,
    ),
    SocketRoute(
        "/api/terminal/{agent_id}/ws",
        permission=Permission.USE_MACHINES,
        serve=serve_terminal,
        most_bytes=MAX_SOCKET_MESSAGE_BYTES,
        summary="A shell on a machine",
        subprotocols=TERMINAL_SUBPROTOCOLS,
        query=TERMINAL_QUERY,
        refusals=(409, 429, 503),
        close_codes=TERMINAL_CLOSE_CODES,
    ),
)


class Sockets:
    """ASGI: WebSockets to their doors, everything else to `app`."""

    def __init__(self, app: ASGIFramework, door: Door, routes: Sequence[SocketRoute] = SOCKET_ROUTES) -> None:
        self._app = app
        self._door = door
        self._routes = routes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        handshake = Handshake(scope)
        route, path = self._find(handshake.path)
        most_bytes = route.most_bytes if route is not None else 0
        socket = SocketStream(scope, receive, send, abort=abort_of(scope), most_bytes=most_bytes)
        facts = read_facts(self._door, handshake)
        correlation.begin(facts.correlation_id)
        try:
            if route is None:
                raise NotFound("Not found")
            self._check_origin(handshake, facts.base_url)
            request = SocketRequest(handshake=handshake, facts=facts, path=path, query=handshake.query())
            await route.serve(self._door, socket, request)
        except SocketClosed:
            pass
        except Refusal as refused:
            await self._refuse(socket, handshake, refused)
        except StoreError as error:
            await self._refuse_for_store(socket, handshake, error)
        except Exception:  # noqa: BLE001  a bug of ours ends this socket only; log_defect logs it, once
            correlation.log_defect("WEBSOCKET", handshake.path)
            await self._fail(socket)

    def _find(self, path: str) -> tuple[SocketRoute | None, dict[str, str]]:
        for route in self._routes:
            found = route.match(path)
            if found is not None:
                return route, found
        return None, {}

    def _check_origin(self, handshake: Handshake, base_url: str) -> None:
        allowed = self._door.config.allowed_origins
        host = handshake.headers.get("host", "")
        if not is_welcome(handshake.origin, base_url=base_url, host=host, allowed=allowed):
            log.warning("origin refused", origin=(handshake.origin or "")[:200], expected=base_url)
            raise Forbidden("Origin not allowed")

    async def _refuse(self, socket: SocketStream, handshake: Handshake, refused: Refusal) -> None:
        status = status_of(refused)
        log.info("socket refused", path=handshake.path[:512], status=status, reason=refused.text)
        headers = {"retry-after": str(refused.retry_after_s)} if isinstance(refused, TooMany) else {}
        if status == 401:
            headers["www-authenticate"] = "Bearer"
        await socket.refuse(status, refused.text, headers, code=_close_code(refused))

    async def _refuse_for_store(self, socket: SocketStream, handshake: Handshake, error: StoreError) -> None:
        correlation.log_defect("WEBSOCKET", handshake.path)
        known = refusal_of_store(error)
        if known is not None and not socket.is_accepted:
            await self._refuse(socket, handshake, known)
        else:
            await self._fail(socket)

    async def _fail(self, socket: SocketStream) -> None:
        if socket.is_accepted:
            await socket.close(INTERNAL, "internal error")
        else:
            await socket.refuse(500, "Internal server error", {}, code=INTERNAL)


def _close_code(refused: Refusal) -> int:
    """What a refusal is called where only a close code can say it."""
    return next((code for kind, code in CLOSE_CODES if isinstance(refused, kind)), INTERNAL)
