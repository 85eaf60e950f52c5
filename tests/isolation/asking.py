"""One request of the matrix, over HTTP or as a WebSocket handshake."""

from contextlib import nullcontext

import trio
from trio_websocket import ConnectionClosed

from relay.api.routing import Route
from relay.api.sockets import SocketRoute
from relay.domain.access import Permission
from tests.drivers import Refused, open_socket
from tests.isolation.people import COLUMNS, DEAD, KEYS
from tests.isolation.row import Form, Row
from tests.isolation.world import World
from tests.webxterm.house import Client


def expected(row: Row, route: Route | SocketRoute, column: str) -> int:
    """What the table says."""
    if column in row.others:
        return row.others[column]
    if column in KEYS and route.permission is not Permission.PUBLIC:
        return row.expected[COLUMNS.index(KEYS[column])] if getattr(route, "by_key", True) else 403
    if column in COLUMNS:
        return row.expected[COLUMNS.index(column)]
    return row.expected[0] if route.permission is Permission.PUBLIC else DEAD[column]


async def ask(world: World, name: str, row: Row, column: str) -> tuple[int, str]:
    """Status and text of the answer."""
    method, path = name.split(" ")
    values = await row.make(world)
    client = world.people[column]
    if row.ends_login and column in COLUMNS and client.actor is not None:
        client = await world.relay.client(client.actor.username)
    async with world.closed() if column == "disabled_organization" else nullcontext():
        if method == "WS":
            return await _knock(world, client, path.format(**values), row)
        return await _request(world, client, method, path.format(**values), row)


async def _request(world: World, client: Client, method: str, path: str, row: Row) -> tuple[int, str]:
    body = row.body(world) if method != "GET" else None
    sent = {"data": body.fields, "files": body.files} if isinstance(body, Form) else {"json": body}
    headers = {**row.headers, **({"authorization": f"Bearer {client.token}"} if client.token else {})}
    answer = await client.http.request(method, path, params=row.query, headers=headers, **sent)
    if answer.status_code >= 400:
        assert answer.json()["error"], (method, path, answer.text)
    return answer.status_code, answer.text + str(answer.headers)


async def _knock(world: World, client: Client, path: str, row: Row) -> tuple[int, str]:
    """101 and the first message, or the refusal."""
    headers = {"authorization": f"Bearer {client.token}"} if client.token else {}
    offered = row.headers.get("sec-websocket-protocol", "")
    try:
        async with open_socket(
            world.relay.running.url + path, subprotocols=[offered] if offered else [], headers=headers
        ) as socket:
            return 101, await _first_message(socket)
    except Refused as refused:
        return refused.status, str(refused.body)


async def _first_message(socket) -> str:
    """What comes unasked, if anything does."""
    with trio.move_on_after(0.02):
        try:
            return str(await socket.get_message())
        except ConnectionClosed as closed:
            return str(closed.reason)
    return ""
