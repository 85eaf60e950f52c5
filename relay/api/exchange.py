"""One request through a route: who asks (401), may they (403), what do they say (400), how often (429), then the view.

Refusals of the domain are said in the route's dialect; every other exception passes through as the bug it is.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import msgspec
from quart import Response, g, request

from relay.api import correlation, peer
from relay.api.dialect import Dialect, refusal_of_store, status_of
from relay.api.fields import read_body, read_query
from relay.api.forms import MULTIPART, PatientRequest, UploadPlaces, read_file
from relay.api.limits import KEY_LIMITS, RateLimiter
from relay.api.metrics import Metrics
from relay.api.routing import Call, Nothing, Reply, RequestFacts, Route, Upload
from relay.clock import Clock
from relay.config import Config
from relay.domain.access import KEY_CHANGES_NOTHING, Permission, allows, refusal_text
from relay.domain.errors import Denied, Forbidden, Refusal, TooMany, Unauthenticated
from relay.domain.json_text import tamed
from relay.domain.tokens import is_api_key
from relay.ids import Ids
from relay.store.errors import StoreError

if TYPE_CHECKING:
    from relay.domain.access import Actor
    from relay.services.all import Services

MAX_USER_AGENT_CHARS = 512
_RESOURCES = {"terminal": "session", "roles": "user", "admin": "organization", "audit": "audit", "logs": "machine"}
MAX_KEY_CHARS = 256
MAX_COOKIE_CHARS = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What the HTTP door needs; `address` is where the relay listens, for URLs when nobody says better."""

    config: Config
    clock: Clock
    ids: Ids
    services: "Services"
    metrics: Metrics
    limiter: RateLimiter
    address: str
    places: UploadPlaces = field(default_factory=UploadPlaces)


def read_facts(door: Door, asked: Any) -> RequestFacts:
    """What connection and headers of a Quart request or websocket say."""
    said = asked.headers
    host = asked.scope.get("client") or ("", 0)
    behind_proxy = peer.is_trusted(host[0], door.config.trusted_proxies)
    scheme = said.get("x-forwarded-proto", "") if behind_proxy else ""
    return RequestFacts(
        ip_address=peer.client_address(host[0], said.get("x-forwarded-for", ""), door.config.trusted_proxies),
        user_agent=said.get("user-agent", "")[:MAX_USER_AGENT_CHARS],
        correlation_id=correlation.correlation_id(said.get(correlation.HEADER, ""), door.ids),
        base_url=peer.base_url(
            public_url=door.config.public_url,
            scheme="https" if scheme == "https" or asked.scheme in {"https", "wss"} else "http",
            host=said.get("host", ""),
            fallback=door.address,
        ),
        source_hint=said.get("x-source", "")[:32],
        authorization=said.get("authorization", ""),
        wants_page="text/html" in said.get("accept", ""),
        api_key=said.get("x-api-key", "")[:MAX_KEY_CHARS],
        cookie=said.get("cookie", "")[:MAX_COOKIE_CHARS],
    )


def refusal(dialect: Dialect, status: int, text: str, retry_after_s: int = 0) -> Response:
    """A refusal as the dialect says it."""
    response = _json(dialect.refuse(status, text), status)
    if retry_after_s:
        response.headers["retry-after"] = str(retry_after_s)
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _json(value: Any, status: int) -> Response:
    return Response(tamed(msgspec.json.encode(value)), status=status, content_type="application/json")


def view_of(door: Door, route: Route, dialect: Dialect) -> Callable[..., Awaitable[Response]]:
    """The function Quart calls for this route."""

    async def view(**path: str) -> Response:
        try:
            return _answer(route, dialect, await _ask(door, route, dialect, path))
        except Refusal as refused:
            return _say(dialect, refused)
        except StoreError as error:
            known = refusal_of_store(error)
            if known is None:
                raise
            correlation.log_defect(request.method, request.path)
            return _say(dialect, known)
        finally:
            cast(PatientRequest, request).throw_body_away()

    return view


async def _ask(door: Door, route: Route, dialect: Dialect, path: dict[str, str]) -> Any:
    try:
        return await _admitted(door, route, dialect, path)
    except Forbidden as refused:
        await _note_denial(door, route, path, refused)
        raise


async def _note_denial(door: Door, route: Route, path: dict[str, str], refused: Forbidden) -> None:
    """Who was known, and refused: an auditor will look for it."""
    actor: Actor | None = g.get("actor")
    if actor is None or isinstance(refused, Denied):
        return
    await door.services.denials.record(
        actor,
        asked=f"{route.method} {route.path}",
        resource=resource_of(route.path),
        resource_id=next(iter(path.values()), ""),
        reason=refused.text,
    )


def resource_of(path: str) -> str:
    """What the audit log calls the things of a path: `/api/machines/{agent_id}` → machine."""
    noun = path.removeprefix("/api/").partition("/")[0]
    return _RESOURCES.get(noun, noun.removesuffix("s"))


async def _admitted(door: Door, route: Route, dialect: Dialect, path: dict[str, str]) -> Any:
    facts: RequestFacts = g.facts
    actor = await _admit(door, route, dialect, facts)
    who = _who(route, facts, actor)
    if route.upload is None or actor is None:
        body = cast(bytes, await request.get_data(cache=False)) if route.body else b""
        call = _call(door, route, path, actor, (body, None))
        door.limiter.admit(route.limits, who, call.body)
        return await _see(door, route, call, who)
    door.limiter.admit(route.limits, who, None)
    async with door.places.place(actor.user_id):
        taken = await _take(cast(PatientRequest, request), route, route.upload)
        return await _see(door, route, _call(door, route, path, actor, taken), who)


async def _take(asked: PatientRequest, route: Route, upload: Upload) -> tuple[bytes, bytes | None]:
    """The body, and the file that came in its place."""
    is_form = asked.mimetype == MULTIPART
    if is_form or route.body:
        asked.want_body()
    if is_form:
        return b"", await read_file(asked, upload.fields)
    return cast(bytes, await asked.get_data(cache=False)) if route.body else b"", None


def _call(
    door: Door, route: Route, path: dict[str, str], actor: "Actor | None", taken: tuple[bytes, bytes | None]
) -> Call[Any]:
    body, upload = taken
    return Call(
        services=door.services,
        facts=g.facts,
        body=read_body(body, route.body) if route.body else Nothing(),
        query=read_query(request.args.to_dict(), route.query) if route.query else Nothing(),
        path=path,
        upload=upload,
        known_actor=actor,
    )


async def _see(door: Door, route: Route, call: Call[Any], who: str) -> Any:
    try:
        return await route.view(call)
    except Refusal as refused:
        door.limiter.settle(route.limits, who, call.body, refused)
        raise


def _who(route: Route, facts: RequestFacts, actor: "Actor | None") -> str:
    """Whose knocks a route's limits count: the person's where one is known, else the address's."""
    return facts.ip_address if actor is None or not route.limits else actor.user_id


async def _admit(door: Door, route: Route, dialect: Dialect, facts: RequestFacts) -> "Actor | None":
    if route.permission is Permission.PUBLIC:
        return None
    with wrong_keys_counted(door.limiter, facts.ip_address, facts.credential):
        actor = await dialect.identify(facts, door.services, route.may_lack)
    g.actor = actor
    if actor.by_key and not route.by_key:
        raise Forbidden(KEY_CHANGES_NOTHING)
    if not allows(actor.role, route.permission):
        raise Forbidden(refusal_text(route.permission))
    return actor


@contextmanager
def wrong_keys_counted(limiter: RateLimiter, address: str, credential: str) -> Iterator[None]:
    """Around the question whose account key this is. Raises TooMany after many wrong ones from one address."""
    if not is_api_key(credential):
        yield
        return
    limiter.admit(KEY_LIMITS, address, None)
    try:
        yield
    except Unauthenticated as refused:
        limiter.settle(KEY_LIMITS, address, None, refused)
        raise


def _answer(route: Route, dialect: Dialect, answer: Any) -> Response:
    if not isinstance(answer, Reply):
        return _json(dialect.wrap(answer), route.status)
    status = answer.status or route.status
    if isinstance(answer.content, bytes | AsyncIterator):
        response = Response(answer.content, status=status, content_type=answer.media_type)
    else:
        response = _json(dialect.wrap(answer.content), status)
    response.headers.update(answer.headers)
    return response


def _say(dialect: Dialect, refused: Refusal) -> Response:
    retry_after_s = refused.retry_after_s if isinstance(refused, TooMany) else 0
    return refusal(dialect, status_of(refused), refused.text, retry_after_s)
