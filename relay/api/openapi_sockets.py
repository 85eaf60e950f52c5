"""One WebSocket as the document's extension `x-websockets` tells of it: OpenAPI itself has no words for sockets."""

from typing import TYPE_CHECKING, Any

from relay.api.dialect import STATUSES
from relay.domain.access import Permission
from relay.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated

if TYPE_CHECKING:
    from relay.api.sockets import SocketRoute

TOKEN_PLACES = [
    "Authorization: Bearer <token>",
    "Sec-WebSocket-Protocol: bearer, <token>",
    "?token=<token>",
]
"""Where a person's token may stand; the first that is there counts."""


def socket_of(route: "SocketRoute") -> dict[str, Any]:
    """What one says to be let in, and what is said to whom is not."""
    refusals = {STATUSES[Invalid], STATUSES[Forbidden], *route.refusals}
    if route.permission is not Permission.PUBLIC:
        refusals |= {STATUSES[Unauthenticated], STATUSES[NotFound]}
    return {
        "summary": route.summary,
        "x-permission": str(route.permission),
        "token": [] if route.permission is Permission.PUBLIC else TOKEN_PLACES,
        "subprotocols": list(route.subprotocols),
        "query": dict(route.query),
        "mostBytesOfAMessage": route.most_bytes,
        "refusals": sorted(refusals),
        "closeCodes": {str(code): text for code, text in route.close_codes.items()},
    }
