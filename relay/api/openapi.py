"""The OpenAPI 3.1 document, made from the route tables and the structs the routes name. Nothing is written twice."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from relay.api.dialect import STATUSES
from relay.api.routing import Route
from relay.domain.access import Permission
from relay.domain.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated

REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_JSON = "application/json"

DESCRIPTIONS: Mapping[int, str] = {
    200: "Done.",
    201: "Created.",
    400: "A field is missing or malformed; the text names the first one.",
    401: "No valid token.",
    403: "The caller may not do this.",
    404: "It does not exist, or lies in another organization.",
    409: "It clashes with what is there.",
    413: "The body is too large.",
    429: "Too often; Retry-After says when to come back.",
    500: "A defect of the relay; the answer's x-correlation-id finds it in the log.",
    503: "It cannot be reached just now.",
    504: "It did not end in the time given.",
}


class Refused(Struct):
    """Every refusal."""

    error: str


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """The document for these routes."""
    kinds = _kinds(routes)
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    schema_of = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    _check_unique(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fairlead",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"bearer": []}],
    }


def _kinds(routes: Sequence[Route]) -> tuple[Any, ...]:
    found: dict[Any, None] = {Refused: None}
    for route in routes:
        for kind in (route.body, route.answer):
            if kind is not None:
                found[kind] = None
    return tuple(found)


def _operation(route: Route, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag or route.view.__module__.rpartition(".")[2]],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, schema_of),
        "x-permission": str(route.permission),
    }
    if route.permission is Permission.PUBLIC:
        operation["security"] = []
    if route.body is not None:
        needed = any(each.required for each in msgspec.structs.fields(route.body))
        operation["requestBody"] = {"required": needed, "content": {_JSON: {"schema": schema_of[route.body]}}}
    return operation


def _operation_id(route: Route) -> str:
    return f"{route.view.__name__}"


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = _PARAMETER.findall(route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    hints = get_type_hints(route.query, include_extras=True)
    return [
        {"name": each.encode_name, "in": "query", "required": each.required, "schema": _inline(hints[each.name])}
        for each in msgspec.structs.fields(route.query)
    ]


def _inline(hint: Any) -> Any:
    """A parameter's schema; absent means the default, so null is not one of its values."""
    schema = msgspec.json.schema(hint)
    variants = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    plain = variants[0] if len(variants) == 1 else schema
    return _resolved(plain, schema.get("$defs", {}))


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return definitions[schema["$ref"].rpartition("/")[2]]
    return {name: value for name, value in schema.items() if name != "$defs"}


def _responses(route: Route, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    answer = schema_of[route.answer] if route.answer is not None else _any_answer(route)
    responses = {str(route.status): _response(route.status, route.media_type, answer)}
    for status in sorted(_refusal_statuses(route)):
        responses[str(status)] = _response(status, _JSON, schema_of[Refused])
    return responses


def _any_answer(route: Route) -> dict[str, str]:
    return {"type": "object"} if route.media_type == _JSON else {"type": "string"}


def _response(status: int, media_type: str, schema: Any) -> dict[str, Any]:
    return {"description": DESCRIPTIONS.get(status, "Refused."), "content": {media_type: {"schema": schema}}}


def _refusal_statuses(route: Route) -> set[int]:
    """What every such route may answer, beside what its row adds."""
    found = {*route.refusals, 500}
    if route.permission is not Permission.PUBLIC:
        found |= {STATUSES[Unauthenticated], STATUSES[Forbidden]}
    if route.body is not None:
        found |= {STATUSES[Invalid], 413}
    if route.query is not None:
        found.add(STATUSES[Invalid])
    if "{" in route.path:
        found |= {STATUSES[Invalid], STATUSES[NotFound]}
    if route.limits:
        found.add(STATUSES[TooMany])
    return found


def _check_unique(paths: Mapping[str, Mapping[str, Any]]) -> None:
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two views have the same name, and so would their operations: {', '.join(twice)}")
