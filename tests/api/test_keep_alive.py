"""A connection stays usable, or says that it ends, also when the answer is ready before the body has arrived.

Without the two cures of relay/api/cure.py the second request on such a connection never gets an answer.
"""

import h11
import pytest
import trio

from relay.config import Config
from tests.api.small_door import small_door

ROUNDS = 30
PAUSE_S = 0.05
"""The pause is the point: head and body arrive in two parts, as from any client on a real network."""

EARLY_ANSWERS = [
    (401, "POST", "/api/things", b'{"name":"x"}'),
    (404, "POST", "/api/nowhere", b'{"name":"x"}'),
    (405, "DELETE", "/api/things", b'{"name":"x"}'),
    (413, "POST", "/api/echo", b"x" * 5000),
]


@pytest.mark.parametrize(("status", "method", "path", "body"), EARLY_ANSWERS)
async def test_the_next_request_is_answered(status: int, method: str, path: str, body: bytes) -> None:
    async with small_door(Config(body_limit_bytes=4096)) as small, small.connect() as client:
        for _ in range(ROUNDS):
            await client.send_head(method, path, content_length=str(len(body)))
            await trio.sleep(PAUSE_S)
            await client.send_body(body)
            assert (await client.read()).status == status
            client.connection.start_next_cycle()
            assert (await client.ask("GET", "/api/facts")).status == 200


async def test_a_body_that_never_comes_ends_the_connection_with_an_answer() -> None:
    async with small_door() as small, small.connect() as client:
        await client.send_head("POST", "/api/things", content_length="10")
        answer = await client.read()
        assert answer.status == 401
        assert answer.headers["connection"] == "close"
        assert await client.stream.receive_some() == b""


async def test_an_answer_after_the_body_keeps_the_connection() -> None:
    async with small_door() as small, small.connect() as client:
        answer = await client.ask("POST", "/api/echo", b'{"name":"x"}')
        assert "connection" not in answer.headers
        assert client.connection.our_state is h11.IDLE
