"""What the frame does for every route: order of refusals, bodies, methods, headers, ids, limits."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
import trio

from relay.api.routing import Call, Nothing, Reply, Route
from relay.config import Config, read_config
from relay.domain.access import Permission
from tests.api.small_door import Answer, Search, facts, small_door

ADMIN = {"authorization": "Bearer admin"}


def error_of(answer: Answer) -> str:
    assert answer.headers["content-type"] == "application/json"
    body = json.loads(answer.body)
    assert list(body) == ["error"]
    return str(body["error"])


def test_a_route_cannot_be_written_without_its_permission() -> None:
    with pytest.raises(TypeError, match="permission"):
        Route("GET", "/api/x", view=facts, summary="x")  # type: ignore[call-arg]  # the point of this test
    with pytest.raises(TypeError, match="permission"):
        Route("GET", "/api/x", permission="public", view=facts, summary="x")  # type: ignore[arg-type]  # the same
    with pytest.raises(ValueError, match="is no route"):
        Route("FETCH", "/api/x", permission=Permission.PUBLIC, view=facts, summary="x")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Authorization header required"),
        ({"authorization": "Basic YTpi"}, "Invalid authorization format. Use: Bearer <token>"),
        ({"authorization": "Bearer"}, "Invalid authorization format. Use: Bearer <token>"),
        ({"authorization": "admin"}, "Invalid authorization format. Use: Bearer <token>"),
        ({"authorization": "Bearer nobody"}, "Invalid or expired token"),
    ],
)
async def test_who_asks(headers: dict[str, str], text: str) -> None:
    async with small_door() as small:
        answer = await small.ask("POST", "/api/things", b"{}", **headers)
    assert (answer.status, error_of(answer)) == (401, text)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_who_may_is_asked_before_what_they_say() -> None:
    async with small_door() as small:
        answer = await small.ask("POST", "/api/things", b"no json", authorization="Bearer user")
        assert (answer.status, error_of(answer)) == (403, "Admin access required")
        answer = await small.ask("POST", "/api/things", b"no json", **ADMIN)
        assert (answer.status, error_of(answer)) == (400, "Invalid request body")
        answer = await small.ask("POST", "/api/things", b"{}", **ADMIN)
        assert (answer.status, error_of(answer)) == (400, "name is required")
        answer = await small.ask("POST", "/api/things", b'{"name":"taken"}', **ADMIN)
        assert (answer.status, error_of(answer)) == (409, "Thing already exists")
        answer = await small.ask("POST", "/api/things", b'{"name":"new", "admin": true}', **ADMIN)
        assert (answer.status, json.loads(answer.body)) == (201, {"name": "new", "email": ""})


async def test_path_and_query_arrive() -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/things/a%20b?limit=3&limit=9&other=1", **ADMIN)
        assert json.loads(answer.body) == {"id": "a b", "limit": 3, "who": "admin"}
        answer = await small.ask("GET", "/api/things/7?limit=x", **ADMIN)
        assert (answer.status, error_of(answer)) == (400, "limit must be a whole number")
        answer = await small.ask("GET", f"/api/things/7?q={'x' * 9000}", **ADMIN)
        assert (answer.status, error_of(answer)) == (414, "Query string is too long")


async def test_head_is_get_without_a_body() -> None:
    async with small_door() as small:
        answer = await small.ask("HEAD", "/api/facts")
        assert (answer.status, answer.body) == (200, b"")


async def test_an_answer_may_have_its_own_status_headers_and_bytes() -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/plain")
    assert (answer.status, answer.body, answer.headers["x-own"]) == (203, b"text", "1")
    assert answer.headers["content-type"] == "text/plain"


async def until_heard(stream: trio.SocketStream, wanted: bytes) -> None:
    found = b""
    while wanted not in found:
        found += await stream.receive_some()


async def test_an_answer_may_come_in_parts_and_one_that_fails_is_cut() -> None:
    heard = trio.Event()

    async def parts(call: Call[Nothing]) -> Reply:
        async def made() -> AsyncIterator[bytes]:
            yield b"first,"
            await heard.wait()
            if call.query.limit == 0:
                raise ZeroDivisionError
            yield b"second"

        return Reply(content=made(), media_type="text/plain")

    route = Route("GET", "/api/parts", permission=Permission.PUBLIC, view=parts, query=Search, summary="Parts")
    async with small_door(routes=(route,)) as small:
        async with small.connect() as client:
            await client.send_head("GET", "/api/parts")
            await client.send_body()
            await until_heard(client.stream, b"first,")
            heard.set()
            await until_heard(client.stream, b"second")
        async with small.connect() as client:
            await client.send_head("GET", "/api/parts?limit=0")
            await client.send_body()
            everything = b"".join([part async for part in client.stream])
            assert everything.endswith(b"first,\r\n"), "no last chunk: the client knows that it is not whole"
        assert (await small.ask("HEAD", "/api/parts")).body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/api/nowhere",
        "/api",
        "/api//facts",
        "/API/facts",
        "/api/facts.json",
        "/api/things/a%2fb",
        "/api/..;/facts",
    ],
)
async def test_case_09_path_tricks_find_nothing(path: str) -> None:
    async with small_door() as small:
        answer = await small.ask("GET", path, **ADMIN)
    assert (answer.status, error_of(answer)) == (404, "Not found")


@pytest.mark.parametrize("path", ["/api/things/", "//api/things", "/api/thing%73"])
async def test_case_09_other_spellings_are_the_same_route_with_the_same_permission(path: str) -> None:
    async with small_door() as small:
        assert (await small.ask("POST", path, b"{}")).status == 401
        assert (await small.ask("POST", path, b"{}", authorization="Bearer user")).status == 403


async def test_case_09_other_methods_are_refused_with_allow() -> None:
    async with small_door() as small:
        for method in ("DELETE", "PUT", "PATCH", "GET"):
            answer = await small.ask(method, "/api/things", x_http_method_override="POST", **ADMIN)
            assert (answer.status, error_of(answer)) == (405, "Method not allowed")
            assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"POST", "OPTIONS"}
        assert (await small.ask("POST", "/api/nowhere", b"{}")).status == 404


async def test_a_body_over_the_limit_is_refused() -> None:
    async with small_door(Config(body_limit_bytes=1024)) as small:
        answer = await small.ask("POST", "/api/echo", b" " * 1025)
        assert (answer.status, error_of(answer)) == (413, "Request body is too large")
        answer = await small.ask("POST", "/api/echo", b'{"name":"x"}' + b" " * 1012)
        assert answer.status == 200


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"name":' * 100_000, b'{"name":"\xff"}', b'"x"', b"null", b"\x00"])
async def test_case_41_bodies_that_are_no_object(body: bytes) -> None:
    async with small_door() as small:
        answer = await small.ask("POST", "/api/echo", body)
    assert (answer.status, error_of(answer)) == (400, "Invalid request body")


async def test_a_defect_says_nothing_and_is_logged_once() -> None:
    with structlog.testing.capture_logs() as logs:
        async with small_door() as small:
            answer = await small.ask("GET", "/api/defect", x_correlation_id="my-correlation-1")
    assert (answer.status, error_of(answer)) == (500, "Internal server error")
    assert answer.headers["x-correlation-id"] == "my-correlation-1"
    defects = [each for each in logs if each["event"] == "defect"]
    assert len(defects) == 1
    assert defects[0]["path"] == "/api/defect"


async def test_a_full_disk_is_said_plainly() -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/full")
    assert (answer.status, error_of(answer)) == (503, "The relay's disk is full: nothing was changed")


@pytest.mark.parametrize(
    ("said", "kept"),
    [("good-id_1.2", True), ("short", False), ("x" * 65, False), ("bad id here", False), ("ok\tnot-okay", False)],
)
async def test_correlation_ids_are_echoed_only_when_sane(said: str, kept: bool) -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/facts", x_correlation_id=said)
    assert (answer.headers["x-correlation-id"] == said) is kept
    assert len(answer.headers["x-correlation-id"]) >= 8


async def test_tokens_and_queries_stay_out_of_the_log() -> None:
    with structlog.testing.capture_logs() as logs:
        async with small_door() as small:
            await small.ask("GET", "/api/things/1?token=hunter2", authorization="Bearer hunter2")
    (line,) = [each for each in logs if each["event"] == "request"]
    assert line["path"] == "/api/things/1"
    assert line["status"] == 401
    assert "hunter2" not in str(logs)


async def test_headers_of_every_answer() -> None:
    async with small_door(Config(public_url="https://relay.example")) as small:
        for path in ("/api/facts", "/api/nowhere", "/api/defect"):
            headers = (await small.ask("GET", path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["strict-transport-security"] == "max-age=31536000"
            assert "server" not in headers
            assert "access-control-allow-origin" not in headers


async def test_case_32_only_configured_origins_may_read() -> None:
    async with small_door(Config(allowed_origins=("https://console.example",))) as small:
        asked = {"access_control_request_method": "POST"}
        good = await small.ask("OPTIONS", "/api/things", origin="https://console.example", **asked)
        assert good.headers["access-control-allow-origin"] == "https://console.example"
        assert "authorization" in good.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in good.headers
        for stranger in (
            "https://evil.example",
            "null",
            "https://console.example.evil.example",
            "http://console.example",
        ):
            bad = await small.ask("OPTIONS", "/api/things", origin=stranger, **asked)
            assert "access-control-allow-origin" not in bad.headers
            assert bad.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "seen"),
    [
        ("", "203.0.113.9", "127.0.0.1"),
        ("10.0.0.0/8", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.0/8", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8,203.0.113.0/24", "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        ("127.0.0.0/8", "nonsense", "127.0.0.1"),
        ("127.0.0.0/8", "", "127.0.0.1"),
        ("127.0.0.0/8", "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
async def test_case_15_forwarded_addresses_count_only_from_trusted_proxies(
    trusted: str, forwarded: str, seen: str
) -> None:
    config = read_config({"FAIRLEAD_TRUSTED_PROXIES": trusted})
    async with small_door(config) as small:
        answer = await small.ask(
            "GET", "/api/facts", x_forwarded_for=forwarded, x_real_ip="192.0.2.1", forwarded="for=192.0.2.1"
        )
    assert json.loads(answer.body)["ip"] == seen


@pytest.mark.parametrize("host", ['evil"; rm -rf /;"', "a b", "$(id)", "x/../y", "", "host:port", "a'b"])
async def test_case_34_a_strange_host_is_not_repeated(host: str) -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/facts", host=host)
        assert json.loads(answer.body)["base_url"] == f"http://127.0.0.1:{small.port}"


async def test_the_base_url_is_the_public_one_or_what_the_caller_used() -> None:
    async with small_door() as small:
        answer = await small.ask("GET", "/api/facts", host="relay.example:8443", x_forwarded_proto="https")
        assert json.loads(answer.body)["base_url"] == "http://relay.example:8443"
    async with small_door(read_config({"FAIRLEAD_TRUSTED_PROXIES": "127.0.0.1"})) as small:
        answer = await small.ask("GET", "/api/facts", host="relay.example", x_forwarded_proto="https")
        assert json.loads(answer.body)["base_url"] == "https://relay.example"
    async with small_door(Config(public_url="https://relay.example")) as small:
        answer = await small.ask("GET", "/api/facts", host="evil.example")
        assert json.loads(answer.body)["base_url"] == "https://relay.example"


async def _log_in(small: Any, name: str, email: str = "a@x.y") -> Answer:
    body = json.dumps({"name": name, "email": email}).encode()
    answer: Answer = await small.ask("POST", "/api/login", body)
    return answer


async def test_case_18_ten_wrong_passwords_then_wait() -> None:
    async with small_door() as small:
        for _ in range(10):
            assert (await _log_in(small, "wrong")).status == 401
        refused = await _log_in(small, "right", "A@X.Y")
        assert (refused.status, error_of(refused)) == (429, "Too many attempts, try again later")
        assert refused.headers["retry-after"] == "900"
        assert (await _log_in(small, "right", "other@x.y")).status == 200
        small.clock.advance(901)
        assert (await _log_in(small, "right")).status == 200


async def test_right_passwords_are_not_counted() -> None:
    async with small_door() as small:
        for _ in range(15):
            assert (await _log_in(small, "right")).status == 200


async def test_ten_sign_ups_an_hour() -> None:
    async with small_door() as small:
        statuses = [(await small.ask("POST", "/api/signup", b'{"name":"x"}')).status for _ in range(12)]
        assert statuses == [200] * 10 + [429] * 2
        small.clock.advance(3601)
        assert (await small.ask("POST", "/api/signup", b'{"name":"x"}')).status == 200


def test_the_servers_own_complaints_have_somewhere_to_go() -> None:
    from relay.api.server import _server_config

    assert _server_config().errorlog is logging.getLogger("hypercorn.error")
