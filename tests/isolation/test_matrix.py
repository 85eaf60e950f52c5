"""Every route answers each principal as the table says. The table is in `rows`, the way to add to it in `__init__`."""

import pytest

from relay.api.routing import Route
from relay.api.sockets import SOCKET_ROUTES, SocketRoute
from relay.app import routes_of
from relay.config import Config
from tests.isolation.asking import ask, expected
from tests.isolation.people import BLIND, COLUMNS, DEAD, KEYS
from tests.isolation.rows import gather
from tests.isolation.world import MARK, world_of
from tests.webxterm.house import relay

TABLE = gather()
ROUTES: dict[str, Route | SocketRoute] = {
    **{f"{route.method} {route.path}": route for route in routes_of(Config())},
    **{f"WS {route.path}": route for route in SOCKET_ROUTES},
}


def test_every_route_has_its_row():
    assert ROUTES.keys() - TABLE.keys() == set(), "routes without a row: tests/isolation says how to add one"
    assert TABLE.keys() - ROUTES.keys() == set(), "rows without a route"


@pytest.mark.parametrize("column", [*COLUMNS, *KEYS, *DEAD])
async def test_case_07_each_route_answers_each_person_as_the_table_says(tmp_path, column):
    (tmp_path / "agent.pyz").write_bytes(b"served where the build has left no agent")
    async with relay(tmp_path) as home, world_of(home) as world:
        wrong = {}
        for name, row in TABLE.items():
            status, text = await ask(world, name, row, column)
            wanted = expected(row, ROUTES[name], column)
            if status != wanted:
                wrong[name] = f"{status} instead of {wanted}: {text[:100]}"
            if column in BLIND and MARK in text:
                wrong[name] = f"shows another organization: {text[:200]}"
        assert wrong == {}
