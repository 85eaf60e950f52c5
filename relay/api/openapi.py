"""The OpenAPI 3.1 document, made from the route tables and the structs the routes name. Nothing is written twice."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from relay.api.fields import struct_in
from relay.api.openapi_operations import operation_of
from relay.api.openapi_sockets import socket_of
from relay.api.routing import Route

if TYPE_CHECKING:
    from relay.api.sockets import SocketRoute

REF = "#/components/schemas/{name}"
ABOUT = """\
A remote terminal and machine-agent relay. Every route but the public ones wants `Authorization: Bearer <token>`; the \
token comes from `/api/auth/login`. There are no cookies. Every answer carries `x-correlation-id`, which finds it in \
the relay's log. The WebSockets stand under `x-websockets`."""
SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token of a login. It stands for one account of one organization, until logout or expiry. "
        "An account API key may stand in its place.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An account API key: acts as its owner, but for changing credentials.",
    },
}


class Refused(Struct):
    """Every refusal: a sentence for the person who asked."""

    error: str


def describe(routes: Sequence[Route], *, version: str, sockets: "Sequence[SocketRoute]" = ()) -> dict[str, Any]:
    """The document for these routes."""
    kinds = _kinds(routes)
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    _say_that_null_is_absent(components, [route.body for route in routes if route.body is not None])
    schema_of = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation_of(route, schema_of, refused=Refused)
    _check_unique(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fairlead",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": _tags(paths),
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(SECURITY_SCHEMES)},
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "x-websockets": {each.path: socket_of(each) for each in sockets},
    }


def _kinds(routes: Sequence[Route]) -> tuple[Any, ...]:
    found: dict[Any, None] = {Refused: None}
    for route in routes:
        for kind in (route.body, route.answer, *route.answers.values()):
            if kind is not None:
                found[kind] = None
    return tuple(found)


def _say_that_null_is_absent(components: Mapping[str, Any], bodies: Sequence[type[Struct]]) -> None:
    """A body's field that may be left out may be null as well (see fields.py)."""
    inner = [struct_in(each.type) for body in bodies for each in msgspec.structs.fields(body)]
    for name in {kind.__name__ for kind in (*bodies, *inner) if kind is not None}:
        schema = components[name]
        for field in schema["properties"].keys() - set(schema.get("required", ())):
            plain = schema["properties"][field]
            if {"type": "null"} not in plain.get("anyOf", ()):
                default = {"default": plain.pop("default")} if "default" in plain else {}
                schema["properties"][field] = {"anyOf": [plain, {"type": "null"}], **default}


def _tags(paths: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    names = {tag for path in paths.values() for operation in path.values() for tag in operation["tags"]}
    return [{"name": name, "description": re.sub("_", " ", name).capitalize()} for name in sorted(names)]


def _check_unique(paths: Mapping[str, Mapping[str, Any]]) -> None:
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two views have the same name, and so would their operations: {', '.join(twice)}")
