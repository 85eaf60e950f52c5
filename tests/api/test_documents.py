"""The documents the frame serves: OpenAPI, console, installer, figures."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from relay.api import console
from relay.api.installer import Installer
from relay.api.metrics import Metrics, may_read_metrics
from relay.api.openapi import describe
from relay.api.operations import Operations
from relay.api.routing import Route
from relay.api.sockets import SOCKET_ROUTES
from relay.app import document
from relay.config import Config
from relay.domain.access import Permission
from relay.domain.errors import Unavailable
from relay.store.errors import StoreUnavailable
from tests.api.small_door import ROUTES, small_door

PAGE = {"accept": "text/html,application/xhtml+xml"}


# --- OpenAPI


def test_the_document_is_valid_openapi() -> None:
    validate(document(Config()))


def test_the_document_describes_every_route_with_schemas_errors_and_security() -> None:
    found = document(Config())
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            is_public = operation["x-permission"] == "public"
            assert (operation.get("security") == []) is is_public, where
            assert ("401" in operation["responses"]) or is_public, where
            given = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "path"}
            assert set(given) == set(re.findall(r"\{(\w+)\}", path)), where
            assert all(re.compile(schema["pattern"]) for schema in given.values()), where
            assert operation["summary"], where
            for status, answer in operation["responses"].items():
                assert answer["headers"]["x-correlation-id"]["required"], where
                if int(status) >= 400:
                    (content,) = answer["content"].values()
                    assert content["schema"] == {"$ref": "#/components/schemas/Refused"}, where
            if path.startswith("/api/") and path != "/api/openapi.json" and is_public is False:
                success = next(value for status, value in operation["responses"].items() if status.startswith("2"))
                assert "$ref" in success["content"]["application/json"]["schema"], f"{where} names no answer"
    assert found["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {tag["name"] for tag in found["tags"]} == {
        tag for methods in found["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }


def test_the_document_tells_of_every_socket() -> None:
    found = document(Config())["x-websockets"]
    assert set(found) == {route.path for route in SOCKET_ROUTES}
    terminal = found["/api/terminal/{agent_id}/ws"]
    assert len(terminal["token"]) == 3
    assert {400, 401, 403, 404} <= set(terminal["refusals"])
    assert "4403" in terminal["closeCodes"]
    for each in found.values():
        assert each["subprotocols"]
        assert each["closeCodes"]


def test_refusals_name_the_headers_they_come_with() -> None:
    answers = document(Config())["paths"]["/api/profile/reset-password"]["post"]["responses"]
    assert "retry-after" in answers["429"]["headers"]
    assert "www-authenticate" in answers["401"]["headers"]


def test_a_rows_rules_are_in_the_document() -> None:
    found = describe([each for each in ROUTES if each.path not in {"/api/echo", "/api/signup"}], version="1")
    name = found["components"]["schemas"]["Thing"]["properties"]["name"]
    pattern = name.pop("pattern")
    assert name == {"type": "string", "minLength": 1, "maxLength": 20}
    for text, fits in {"a": True, " a b ": True, "ab\n": True, "": False, " \n": False, "a\x00b": False}.items():
        assert (re.search(pattern, text) is not None) is fits, text
    show = found["paths"]["/api/things/{thing_id}"]["get"]
    limit = {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer"}, "allowEmptyValue": True}
    assert limit in show["parameters"], "an empty value counts as absent: the document says that it may be sent"
    assert "429" in found["paths"]["/api/login"]["post"]["responses"]


def test_two_views_of_one_name_are_a_mistake() -> None:
    twice = [
        Route("GET", path, permission=Permission.PUBLIC, view=ROUTES[0].view, summary="x") for path in ("/a", "/b")
    ]
    with pytest.raises(ValueError, match="two views have the same name"):
        describe(twice, version="1")


# --- the console


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A console as the build leaves it, with a secret beside it."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text('<script nonce="__CSP_NONCE__" src="/assets/a-1.js"></script>__CSP_NONCE__')
    (static / "assets" / "a-1.js").write_text("let a = 1")
    (static / "assets" / "f.woff2").write_bytes(b"font")
    (static / "favicon.svg").write_text("<svg/>")
    (static / "agent.pyz").write_bytes(b"zip")
    (static / ".hidden.js").write_text("hidden")
    (tmp_path / "secret.js").write_text("secret")
    (static / "assets" / "link.js").symlink_to(tmp_path / "secret.js")
    monkeypatch.setattr(console.answer_unknown, "__defaults__", (static,))
    return static


async def test_the_page_has_a_fresh_nonce_and_a_strict_policy(built: Path) -> None:
    async with small_door() as small:
        answers = [await small.ask("GET", path, **PAGE) for path in ("/", "/machines/abc", "/terminals?open=1")]
    nonces = set()
    for answer in answers:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"'nonce-([\w-]{22})'", policy)[1]  # type: ignore[index]  # a failing test says so
        assert answer.body.decode().count(nonce) == 2
        assert b"__CSP_NONCE__" not in answer.body
        nonces.add(nonce)
        rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"
        assert "unsafe-inline" not in policy
    assert len(nonces) == 3


async def test_assets_never_change_and_have_their_type(built: Path) -> None:
    async with small_door() as small:
        script = await small.ask("GET", "/assets/a-1.js")
        assert (script.status, script.body) == (200, b"let a = 1")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await small.ask("GET", "/assets/f.woff2")).headers["content-type"] == "font/woff2"
        assert (await small.ask("GET", "/favicon.svg")).headers["cache-control"] == "public, max-age=300"
        assert (await small.ask("HEAD", "/assets/a-1.js")).body == b""


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip, deflate", "gzip", b"gzipped"),
        ("br;q=0, gzip", "gzip", b"gzipped"),
        ("*", "br", b"brotli"),
        ("identity", None, b"let a = 1"),
        ("", None, b"let a = 1"),
    ],
)
async def test_what_the_build_compressed_is_sent_to_who_takes_it(
    built: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    (built / "assets" / "a-1.js.br").write_bytes(b"brotli")
    (built / "assets" / "a-1.js.gz").write_bytes(b"gzipped")
    async with small_door() as small:
        answer = await small.ask("GET", "/assets/a-1.js", accept_encoding=accepted)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await small.ask("GET", "/assets/a-1.js.br")).status == 404
        assert "vary" not in (await small.ask("GET", "/assets/f.woff2", accept_encoding=accepted)).headers
    async with small_door(Config(allowed_origins=("https://console.example",))) as small:
        shared = await small.ask("GET", "/assets/a-1.js", accept_encoding=accepted)
    assert shared.headers["vary"] == "Accept-Encoding, Origin"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/missing.js",
        "/../secret.js",
        "/assets/../../secret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/link.js",
        "/.hidden.js",
        "/assets/a-1.js%00",
        "/assets//a-1.js",
        "/assets",
        "/index.html",
    ],
)
async def test_case_26_nothing_else_is_served(built: Path, path: str) -> None:
    async with small_door() as small:
        answer = await small.ask("GET", path)
    assert answer.status == 404
    assert b"secret" not in answer.body


async def test_the_page_is_for_browsers_that_navigate(built: Path) -> None:
    async with small_door() as small:
        for path in ("/api/nowhere", "/v1/x", "/metrics/x"):
            assert (await small.ask("GET", path, **PAGE)).status == 404
        assert (await small.ask("GET", "/machines")).status == 404
        assert (await small.ask("POST", "/machines", b"{}", **PAGE)).status == 404
        assert (await small.ask("GET", "/gone.js", **PAGE)).status == 404


async def test_a_console_that_is_not_built_says_what_to_run(built: Path) -> None:
    (built / "index.html").unlink()
    async with small_door() as small:
        answer = await small.ask("GET", "/", **PAGE)
    assert answer.status == 503
    assert b"python hatch_build.py" in answer.body


# --- installer, health, figures


async def pong() -> None:
    """The database is well."""


async def silence() -> None:
    """The database is away."""
    raise StoreUnavailable("away")


def operations(tmp_path: Path, config: Config | None = None, ping: Any = pong) -> Operations:
    """The frame's routes over an archive and a script of our own."""
    (tmp_path / "agent.pyz").write_bytes(b"the agent")
    (tmp_path / "install.sh").write_text("SERVER='@@SERVER@@'\nSHA256='@@SHA256@@'\necho \"$SERVER $SHA256\"\n")
    installer = Installer((tmp_path / "nowhere", tmp_path), (tmp_path,))
    return Operations(config=config or Config(), metrics=Metrics(), installer=installer, ping=ping)


async def test_the_installer_names_this_relay_and_the_agents_checksum(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"the agent").hexdigest()
    async with small_door(routes=operations(tmp_path).routes()) as small:
        script = await small.ask("GET", "/install.sh", host="relay.example:8443")
        ran = subprocess.run(["sh"], input=script.body, capture_output=True, check=True)
        assert ran.stdout.decode() == f"http://relay.example:8443 {sha256}\n"
        assert script.headers["vary"] == "Host"
        assert (await small.ask("GET", "/agent.pyz")).body == b"the agent"
        assert (await small.ask("GET", "/agent.pyz.sha256")).body == f"{sha256}  agent.pyz\n".encode()


@pytest.mark.parametrize("host", ["x'; touch /tmp/pwned; '", "$(id)", "`id`", "a\tb", "x|y", 'x"y', "x\\y", "[::1]x"])
async def test_case_34_a_host_cannot_write_into_the_script(tmp_path: Path, host: str) -> None:
    async with small_door(routes=operations(tmp_path).routes()) as small:
        script = await small.ask("GET", "/install.sh", host=host)
        assert script.body.decode().startswith(f"SERVER='http://127.0.0.1:{small.port}'\n")


async def test_case_34_an_unsafe_url_is_refused_even_if_it_came_so_far(tmp_path: Path) -> None:
    operations(tmp_path)
    installer = Installer((tmp_path,), (tmp_path,))
    for url in ("http://a'b", "http://a b", "ftp://a", "http://a/b", "http://a\n", "http://a:b", ""):
        with pytest.raises(Unavailable):
            await installer.script(url)


async def test_a_new_archive_is_noticed(tmp_path: Path) -> None:
    operations(tmp_path)
    installer = Installer((tmp_path,), (tmp_path,))
    first = await installer.archive()
    assert await installer.archive() is first
    (tmp_path / "agent.pyz").write_bytes(b"a newer agent")
    assert (await installer.archive()).content == b"a newer agent"


async def test_a_relay_without_an_agent_says_so(tmp_path: Path) -> None:
    frame = Operations(config=Config(), metrics=Metrics(), installer=Installer((tmp_path,), (tmp_path,)), ping=pong)
    async with small_door(routes=frame.routes()) as small:
        for path in ("/install.sh", "/agent.pyz", "/agent.pyz.sha256"):
            answer = await small.ask("GET", path)
            assert answer.status == 503
            assert "python hatch_build.py" in json.loads(answer.body)["error"]
    (tmp_path / "agent.pyz").write_bytes(b"x")
    with pytest.raises(Unavailable, match="no install script"):
        await Installer((tmp_path,), (tmp_path,)).script("http://a")


async def test_health_needs_no_database_readiness_does(tmp_path: Path) -> None:
    async with small_door(routes=operations(tmp_path, ping=silence).routes()) as small:
        assert json.loads((await small.ask("GET", "/health")).body) == {"status": "ok"}
        assert json.loads((await small.ask("GET", "/api/health")).body) == {"status": "ok"}
        answer = await small.ask("GET", "/ready")
        assert (answer.status, json.loads(answer.body)) == (503, {"error": "The database is not available"})
    async with small_door(routes=operations(tmp_path).routes()) as small:
        assert (await small.ask("GET", "/ready")).status == 200


async def test_figures_are_counted_by_pattern(tmp_path: Path) -> None:
    frame = operations(tmp_path)
    frame.metrics.watch("things", "Things.", lambda: 7)
    async with small_door(routes=(*frame.routes(), *ROUTES), metrics=frame.metrics) as small:
        await small.ask("GET", "/api/things/secret-id")
        await small.ask("BREW", "/api/things/secret-id")
        await small.ask("GET", "/api/nowhere/secret-id")
        answer = await small.ask("GET", "/metrics")
    text = answer.body.decode()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'fairlead_http_requests_total{method="GET",route="/api/things/<thing_id>",status="401"} 1.0' in text
    assert 'route="unknown",status="404"' in text
    assert "fairlead_things 7.0" in text
    assert "secret-id" not in text
    assert "BREW" not in text


async def test_figures_are_hidden_from_strangers(tmp_path: Path) -> None:
    async with small_door(routes=operations(tmp_path).routes()) as small:
        assert (await small.ask("GET", "/metrics", x_forwarded_for="127.0.0.1")).status == 404
        assert (await small.ask("GET", "/metrics", host="relay.example")).status == 404
        assert (await small.ask("GET", "/metrics")).status == 200
    config = Config(metrics_token="m" * 20)
    async with small_door(config, routes=operations(tmp_path, config).routes()) as small:
        assert (await small.ask("GET", "/metrics")).status == 404
        assert (await small.ask("GET", "/metrics", authorization="Bearer wrong")).status == 404
        assert (await small.ask("GET", "/metrics", authorization=f"Bearer {'m' * 20}")).status == 200


@pytest.mark.parametrize(
    ("peer", "headers", "public_url", "allowed"),
    [
        ("127.0.0.1", {"host": "localhost:8080"}, "", True),
        ("::1", {"host": "[::1]:8080"}, "", True),
        ("::ffff:127.0.0.1", {"host": "127.0.0.1"}, "", True),
        ("192.0.2.1", {"host": "localhost"}, "", False),
        ("127.0.0.1", {"host": "localhost"}, "https://relay.example", False),
        ("127.0.0.1", {"host": "localhost", "via": "1.1 proxy"}, "", False),
        ("127.0.0.1", {"host": "127.0.0.1.evil.example"}, "", False),
        ("127.0.0.1", {}, "", False),
        ("", {"host": "localhost"}, "", False),
    ],
)
def test_case_16_loopback_is_no_proof_behind_a_proxy(
    peer: str, headers: dict[str, str], public_url: str, allowed: bool
) -> None:
    assert may_read_metrics(token="", bearer="", peer=peer, headers=headers, public_url=public_url) is allowed
