"""The HTTP application: route tables → Quart, and what surrounds every answer (ids, headers, log line, figures).

An exception that reaches this file is a bug: logged once with its correlation id, answered 500.
"""

from collections.abc import Sequence

from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from relay.api import console, correlation, headers
from relay.api.dialect import WEBXTERM, Dialect, dialect_of_path
from relay.api.exchange import Door, read_facts, refusal, view_of
from relay.api.forms import PatientConnection, request_class
from relay.api.routing import RequestFacts, Route

BODY_TIMEOUT_S = 30
"""A body that takes longer to arrive is not sent in earnest."""
MAX_QUERY_BYTES = 8192

HTTP_TEXTS = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    408: "The request took too long to arrive",
    413: "Request body is too large",
    414: "Query string is too long",
}


def create_app(door: Door, routes: Sequence[Route], dialect: Dialect = WEBXTERM) -> QuartTrio:
    """An application that serves `routes`; sockets and files are mounted on it by their own modules."""
    app = QuartTrio("relay", static_folder=None)
    uploads = {(route.method, route.path): route.upload.most_bytes for route in routes if route.upload}
    app.request_class = request_class(uploads)
    app.asgi_http_class = PatientConnection
    app.config["MAX_CONTENT_LENGTH"] = door.config.body_limit_bytes
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    app.config["RESPONSE_TIMEOUT"] = None
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for route in routes:
        app.add_url_rule(
            _pattern(route.path),
            endpoint=f"{route.method} {route.path}",
            view_func=view_of(door, route, dialect),
            methods=[route.method],
        )
    _mount_frame(app, door)
    return app


def _pattern(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")


def _mount_frame(app: QuartTrio, door: Door) -> None:
    async def begin() -> Response | None:
        return _begin(door)

    async def finish(response: Response) -> Response:
        return _finish(door, response)

    async def refuse_http(error: HTTPException) -> Response:
        page = await console.answer_unknown() if error.code == 404 else None
        return page or _refuse_http(error)

    async def refuse_defect(error: Exception) -> Response:
        correlation.log_defect(request.method, request.path)
        return refusal(dialect_of_path(request.path), 500, "Internal server error")

    app.before_request(begin)
    app.after_request(finish)
    app.register_error_handler(HTTPException, refuse_http)
    app.register_error_handler(Exception, refuse_defect)


def _begin(door: Door) -> Response | None:
    g.started = door.clock.monotonic()
    g.facts = read_facts(door, request)
    correlation.begin(g.facts.correlation_id)
    if len(request.query_string) > MAX_QUERY_BYTES:
        return refusal(dialect_of_path(request.path), 414, HTTP_TEXTS[414])
    return None


def _finish(door: Door, response: Response) -> Response:
    facts: RequestFacts | None = g.get("facts")
    headers.harden(response.headers, is_https=door.config.public_url.startswith("https://"))
    if request.method == "OPTIONS" and response.status_code == 200:
        response.headers.pop("content-type", None)
    origin = request.headers.get("origin", "")
    if door.config.allowed_origins:
        headers.share(
            response.headers,
            origin=origin,
            allowed=door.config.allowed_origins,
            is_preflight=request.method == "OPTIONS",
        )
    if facts is not None:
        response.headers[correlation.HEADER] = facts.correlation_id
        _observe(door, facts, response.status_code)
    return response


def _observe(door: Door, facts: RequestFacts, status: int) -> None:
    seconds = door.clock.monotonic() - g.started
    pattern = request.url_rule.rule if request.url_rule else "unknown"
    method = request.method if request.method in headers.KNOWN_METHODS else "other"
    door.metrics.observe(method=method, route=pattern, status=status, seconds=seconds)
    correlation.log_answer(
        method=method, path=request.path, status=status, seconds=seconds, ip_address=facts.ip_address
    )


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    response = refusal(dialect_of_path(request.path), status, HTTP_TEXTS.get(status, error.name))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "location"}:
            response.headers[name] = value
    return response
