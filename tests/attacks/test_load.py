"""Attack case 41: requests and frames made to cost the relay more than they cost the caller."""

import re

import pytest
import trio
from trio_websocket import ConnectionClosed

from relay.api.routing import Nothing
from relay.app import routes_of
from relay.config import Config
from tests.drivers import open_socket, open_terminal, running_relay
from tests.terminal_driver import ended

DEEP = (
    b'{"name":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b"[" * 500_000,
    b'{"name":"' + b"\\u0041" * 100_000 + b'"}',
    b'{"name":' + b"9" * 100_000 + b"}",
    b'{"name":1e999999999}',
    b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}",
)  # fmt: skip


async def test_case_41_deep_and_wide_json_is_refused_by_every_route(tmp_path):
    written = [route for route in routes_of(Config()) if route.body is not None]
    async with running_relay(tmp_path) as here:
        root = await here.super_admin()
        headers = {"authorization": f"Bearer {root.token}", "content-type": "application/json"}
        for route in written:
            path = re.sub(r"\{\w+\}", "0" * 24, route.path)
            for body in DEEP:
                answer = await here.http.request(route.method, path, content=body, headers=headers)
                assert answer.status_code < 500, (route.path, answer.text, body[:20])
        assert (await root.get("/api/users/me")).status == 200


async def test_case_41_a_body_beyond_the_bound_is_cut_off(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        answer = await here.http.post(
            "/api/machines", content=b"x" * (3 * 1024 * 1024), headers={"authorization": f"Bearer {ada.token}"}
        )
        assert answer.status_code == 413
        assert (await ada.get("/api/machines")).status == 200


@pytest.mark.parametrize("path", ["/api/terminal/{}/ws", "/api/agent/ws"])
async def test_case_41_a_giant_frame_ends_its_own_socket_only(tmp_path, path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        async with here.agent(ada, "web-1") as agent:
            offered = ["fairlead.agent.v1"] if "agent/ws" in path else ["bearer", ada.token]
            address = here.running.url + path.format(agent.agent_id)
            async with (
                open_terminal(here.running.url, agent.agent_id, ada.token) as other,
                open_socket(address, subprotocols=offered, headers={}) as socket,
            ):
                with pytest.raises((ConnectionClosed, trio.BrokenResourceError)) as closed:
                    await _send_and_read(socket, b"x" * (20 * 1024 * 1024))
                if isinstance(closed.value, ConnectionClosed):
                    assert ended(closed.value)[0] in {1009, 1006, 4400}
                await other.type("alive")
                await other.until_text("alive")


async def _send_and_read(socket, message: bytes) -> None:
    await socket.send_message(message)
    with trio.fail_after(10):
        while True:
            await socket.get_message()


async def test_case_41_idle_sockets_cost_others_nothing(tmp_path):
    """Two hundred that say nothing, half of them before the end of their request."""
    async with running_relay(tmp_path) as here, trio.open_nursery() as nursery:
        ada = await here.organization("ada", "Acme")
        host, port = here.running.url.removeprefix("http://").split(":")

        async def idle(task_status=trio.TASK_STATUS_IGNORED) -> None:
            async with await trio.open_tcp_stream(host, int(port)) as stream:
                await stream.send_all(b"GET /api/machines HTTP/1.1\r\nhost: x\r\n")
                task_status.started()
                await trio.sleep_forever()

        for _ in range(200):
            await nursery.start(idle)
        with trio.fail_after(5):
            assert (await ada.get("/api/machines")).status == 200
        nursery.cancel_scope.cancel()


def test_case_41_every_field_that_is_read_has_a_bound():
    """A text or a list without a bound in its schema is as long as the body may be."""
    from relay.app import document

    schemas = document(Config())["components"]["schemas"]
    bodies = {route.body.__name__ for route in routes_of(Config()) if route.body not in {None, Nothing}}
    unbounded = [
        f"{name}.{field}"
        for name in bodies
        for field, schema in schemas[name]["properties"].items()
        for kind in schema.get("anyOf", [schema])
        if (kind.get("type") == "string" and not {"maxLength", "enum", "format"} & kind.keys())
        or (kind.get("type") == "array" and "maxItems" not in kind)
    ]
    assert unbounded == []
