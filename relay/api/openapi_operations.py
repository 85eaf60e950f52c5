"""One route as an OpenAPI operation: its parameters, its body, all it may answer."""

import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from relay.api.dialect import STATUSES
from relay.api.routing import Route
from relay.domain.access import Permission
from relay.domain.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated

DESCRIPTIONS: Mapping[int, str] = {
    200: "Done.",
    201: "Created.",
    202: "Accepted; it happens later.",
    302: "Go on there.",
    400: "A field is missing or malformed; the text names the first one.",
    401: "No valid token.",
    403: "The caller may not do this.",
    404: "It does not exist, or lies in another organization.",
    409: "It clashes with what is there.",
    413: "The body is too large.",
    414: "The query string is too long.",
    429: "Too often; Retry-After says when to come back.",
    500: "A defect of the relay; the answer's x-correlation-id finds it in the log.",
    501: "This relay is not set up for it.",
    503: "It cannot be reached just now.",
    504: "It did not end in the time given.",
}
PATH_PATTERNS: Mapping[str, str] = {
    "agent_id": "^[0-9a-f]{12}$",
    "session_id": "^[A-Za-z0-9_-]{1,64}$",
    "provider": "^[a-z]{1,32}$",
}
OBJECT_ID_PATTERN = "^[0-9a-f]{24}$"
"""Every other id."""
_PARAMETER = re.compile(r"\{(\w+)\}")
_JSON = "application/json"


def operation_of(route: Route, schema_of: Mapping[Any, Any], *, refused: Any) -> dict[str, Any]:
    """The operation; `schema_of` holds the schemas of all bodies and answers."""
    operation: dict[str, Any] = {
        "operationId": route.view.__name__,
        "summary": route.summary,
        "tags": [route.tag or route.view.__module__.rpartition(".")[2]],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, schema_of, schema_of[refused]),
        "x-permission": str(route.permission),
    }
    if route.permission is Permission.PUBLIC:
        operation["security"] = []
    elif not route.by_key:
        operation["security"] = [{"bearer": []}]
    content = _request_content(route, schema_of)
    if content:
        needed = route.body is None or any(each.required for each in msgspec.structs.fields(route.body))
        operation["requestBody"] = {"required": needed, "content": content}
    return operation


def _request_content(route: Route, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if route.body is not None:
        content[_JSON] = {"schema": schema_of[route.body]}
    if route.upload is not None:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        fields = {name: file for name in route.upload.fields}
        content["multipart/form-data"] = {"schema": {"type": "object", "properties": fields}}
    return content


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(route, name)}
        for name in _PARAMETER.findall(route.path)
    ]


def _path_schema(route: Route, name: str) -> dict[str, str]:
    pattern = route.path_patterns.get(name) or PATH_PATTERNS.get(name, OBJECT_ID_PATTERN)
    return {"type": "string", "pattern": pattern}


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    """What stands behind the question mark; an empty value counts as absent (fields.read_query), and may be sent."""
    if route.query is None:
        return []
    hints = get_type_hints(route.query, include_extras=True)
    return [
        {"name": each.encode_name, "in": "query", "required": each.required, "schema": _inline(hints[each.name])}
        | ({} if each.required else {"allowEmptyValue": True})
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


def _responses(route: Route, schema_of: Mapping[Any, Any], refused: Any) -> dict[str, Any]:
    responses = {str(route.status): _response(route.status, _contents(route, schema_of))}
    for status, kind in route.answers.items():
        responses[str(status)] = _response(status, {_JSON: {"schema": schema_of[kind]}})
    for status in sorted(_refusal_statuses(route)):
        responses[str(status)] = _response(status, {_JSON: {"schema": refused}})
    return responses


def _contents(route: Route, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    answer = schema_of[route.answer] if route.answer is not None else _any_answer(route)
    other = {each: {"schema": {"type": "string"}} for each in route.other_media_types}
    return {route.media_type: {"schema": answer}, **other}


def _any_answer(route: Route) -> dict[str, str]:
    return {"type": "object"} if route.media_type == _JSON else {"type": "string"}


def _response(status: int, contents: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": DESCRIPTIONS.get(status, "Refused."),
        "headers": _headers(status, is_export=len(contents) > 1),
        "content": contents,
    }


def _headers(status: int, *, is_export: bool) -> dict[str, Any]:
    headers = {"x-correlation-id": _header("Finds this answer in the relay's log.", required=True)}
    if status == STATUSES[TooMany]:
        headers["retry-after"] = _header("Seconds to wait.", required=True, kind="integer")
    if status == STATUSES[Unauthenticated]:
        headers["www-authenticate"] = _header("Bearer.", required=True)
    if status == 302:
        headers["location"] = _header("Where to go on.", required=True)
    if is_export:
        headers["content-disposition"] = _header("The file's name, where the answer is a file.", required=False)
    return headers


def _header(description: str, *, required: bool, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "required": required, "schema": {"type": kind}}


def _refusal_statuses(route: Route) -> set[int]:
    """What every such route may answer, beside what its row adds."""
    found = {*route.refusals, 414, 500}
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
