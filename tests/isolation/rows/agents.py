"""The agents' door: who enrols proves it with the body, who connects after the upgrade; no bearer changes anything."""

from protocol.handshake import SUBPROTOCOL
from tests.isolation.patterns import same
from tests.isolation.row import Row

ROWS = {
    "POST /api/agent/register": Row(same(401), body=lambda world: {"token": "x", "public_key": "A" * 43}),
    "WS /api/agent/ws": Row(same(101), headers={"sec-websocket-protocol": SUBPROTOCOL}),
}
