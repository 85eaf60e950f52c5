"""Routes: those of the original documents are mounted once their issue is done; none exists without a permission."""

import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from relay.api.app import create_app
from relay.api.exchange import Door
from relay.api.limits import RateLimiter
from relay.api.metrics import Metrics
from relay.api.routing import Route
from relay.api.sockets import SOCKET_ROUTES, SocketRoute
from relay.app import document, routes_of
from relay.clock import Clock
from relay.config import Config
from relay.domain.access import Permission
from relay.ids import Ids
from tests.architecture.tree import ROOT, SEEDS

BUILT = {"1", "2"}
"""Issues that are done."""
PUBLIC = {
    "GET /health", "GET /api/health", "GET /ready", "GET /metrics", "GET /api/openapi.json",
    "GET /install.sh", "GET /agent.pyz", "GET /agent.pyz.sha256", "POST /api/agent/register",
    "GET /.well-known/jwks.json",
    "GET /uploads/{name}",
    "POST /api/auth/signup", "POST /api/auth/login", "POST /api/auth/select-tenant", "POST /api/auth/refresh",
    "GET /api/auth/oidc/providers", "GET /api/auth/oidc/microsoft", "GET /api/auth/oidc/github",
    "GET /api/auth/oidc/{provider}", "GET /api/auth/oidc/{provider}/callback",
    "POST /api/auth/verify-otp", "POST /api/auth/second-factor", "POST /api/auth/second-factor/passkey-options",
    "GET /api/auth/verify-email", "POST /api/auth/verify-email",
}  # fmt: skip
"""What anybody may ask. A route that belongs here is added here, in the same change, for all to see."""
BY_KEY = {"POST /api/profile/upload-avatar"}
"""What an account key may change of its owner."""
METHODS = "GET|POST|PUT|PATCH|DELETE|WS"
MENTION = re.compile(rf"({METHODS})\s?(/[^\s?]*?)(?=(?:{METHODS})\s?/|[\s?]|:\s|$)")
PARAMETER = re.compile(r":\w+|\{\w+\}(?:\.\{\w+\})?|<[^>]+>")


class SeedRoute(NamedTuple):
    """A line of seed_routes.txt; `issue` is the one that builds it."""

    seed: str
    issue: str
    method: str
    path: str

    @property
    def shape(self) -> str:
        """Method and path, whatever the parameters are called."""
        return shape(self.method, self.path)


def shape(method: str, path: str) -> str:
    return f"{method} {PARAMETER.sub('*', path)}"


def listed() -> list[SeedRoute]:
    lines = (ROOT / "tests/architecture/seed_routes.txt").read_text().splitlines()
    return [SeedRoute(*line.split()) for line in lines if line and not line.startswith("#")]


LISTED = listed()


def mounted() -> set[str]:
    """What the relay serves: the HTTP tables, as its own document names them, and the WebSocket table."""
    paths = document(Config())["paths"]
    http = {shape(method.upper(), path) for path, operations in paths.items() for method in operations}
    return http | {shape("WS", route.path) for route in SOCKET_ROUTES}


def test_what_is_built_is_mounted() -> None:
    assert {route.shape for route in LISTED if route.issue in BUILT} <= mounted()


def test_what_is_mounted_is_not_marked_unbuilt() -> None:
    assert not {route.shape for route in LISTED if route.issue not in BUILT} & mounted()


def test_the_list_is_whole() -> None:
    counts = {seed: sum(route.seed == seed for route in LISTED) for seed in ("000", "001", "002", "003", "004")}
    assert counts == {"000": 9, "001": 76, "002": 2, "003": 69, "004": 11}
    assert len({(route.seed, route.shape) for route in LISTED}) == len(LISTED)


def test_the_list_is_that_of_the_documents() -> None:
    """Every mention in the documents begins with a listed route; where the documents are not at hand, nothing to do."""
    for seed_text in sorted(SEEDS.glob("00[013]_*.txt")):
        seed = seed_text.name[:3]
        routes = [route for route in LISTED if route.seed == seed]
        for method, path in MENTION.findall(seed_text.read_text()):
            mention = shape(method, path.rstrip("."))
            assert any(begins(mention, route.shape) for route in routes), f"{seed}: {mention} is not listed"


def begins(mention: str, listed_shape: str) -> bool:
    """The mention is this route, perhaps with its description glued to it (which never begins with a slash)."""
    return mention.startswith(listed_shape) and not mention[len(listed_shape) :].startswith("/")


def test_nothing_is_mounted_beside_the_tables() -> None:
    """An application made of no table serves nothing, so nothing gets round the permissions."""
    door = Door(
        config=Config(), clock=Clock(), ids=Ids(), services=None, metrics=Metrics(), limiter=RateLimiter(Clock()),
        address="127.0.0.1:0",
    )  # fmt: skip
    assert not list(create_app(door, ()).url_map.iter_rules())


def test_what_anybody_may_ask_is_listed_here() -> None:
    operations = document(Config())["paths"].items()
    asked_freely = {
        f"{method.upper()} {path}" for path, methods in operations for method, row in methods.items()
        if row.get("security") == []
    }  # fmt: skip
    assert asked_freely == PUBLIC
    assert {route.path for route in SOCKET_ROUTES if route.permission is Permission.PUBLIC} == {"/api/agent/ws"}


def test_an_account_key_changes_no_credentials() -> None:
    """Whoever holds a key must not get from it to a password, a second factor, another key or a login."""
    for route in routes_of(Config()):
        own = route.path.startswith(("/api/profile", "/api/auth/")) or "second-factor" in route.path
        if own and route.method != "GET" and route.permission is not Permission.PUBLIC:
            name = f"{route.method} {route.path}"
            assert route.by_key == (name in BY_KEY), f"{name}: a route of credentials says by_key=False"


def test_a_route_without_permission_does_not_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = 'from relay.api.routing import Route\nROUTE = Route("GET", "/open", view=print, summary="Forgot")\n'
    (tmp_path / "forgetful.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TypeError, match="permission"):
        importlib.import_module("forgetful")


@pytest.mark.parametrize("permission", [None, "public", True])
def test_a_permission_is_a_permission(permission: object) -> None:
    with pytest.raises(TypeError, match="permission must be a Permission"):
        Route("GET", "/open", permission=permission, view=print, summary="x")  # type: ignore[arg-type]  # the point


def test_a_route_with_permission_is_one() -> None:
    assert Route("GET", "/open", permission=Permission.PUBLIC, view=print, summary="x").permission is Permission.PUBLIC


def test_a_socket_without_permission_is_none() -> None:
    with pytest.raises(TypeError, match="permission"):
        SocketRoute("/open", serve=print, most_bytes=1, summary="Forgot")  # type: ignore[call-arg]  # the point
