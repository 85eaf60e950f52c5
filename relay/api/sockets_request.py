"""What a WebSocket handshake says: headers, query, sub-protocols, and the token that must not be logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from relay.api.routing import RequestFacts
from relay.domain.errors import Invalid
from relay.domain.tokens import is_api_key

MAX_QUERY_BYTES = 8192
MAX_FIELDS = 32
BEARER = "bearer"
"""The sub-protocol that announces a token as the next one."""


class Handshake:
    """An ASGI WebSocket scope, read the way `read_facts` reads a request."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope
        self.scheme: str = scope.get("scheme", "ws")
        self.path: str = scope["path"]
        self.headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            text = value.decode("latin-1")
            known = self.headers.get(name.decode("latin-1").lower())
            self.headers[name.decode("latin-1").lower()] = text if known is None else f"{known},{text}"
        self.offered: list[str] = list(scope.get("subprotocols", []))

    @property
    def origin(self) -> str | None:
        """The page that asks, when a browser does."""
        return self.headers.get("origin")

    def query(self) -> dict[str, str]:
        """The query's fields; the first of several counts. Raises Invalid."""
        raw: bytes = self.scope.get("query_string", b"")
        if len(raw) > MAX_QUERY_BYTES:
            raise Invalid("Query string is too long")
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise Invalid("Invalid query string") from error
        return dict(reversed(pairs))

    def offered_token(self) -> str:
        """The token of `Sec-WebSocket-Protocol: …, bearer, <token>`, or nothing."""
        if BEARER in self.offered:
            rest = self.offered[self.offered.index(BEARER) + 1 :]
            return rest[0] if rest else ""
        return ""

    def choose(self, *wanted: str | None) -> str | None:
        """The sub-protocol to answer with: the first wanted one that was offered, else `bearer` where that was."""
        return next((each for each in (*wanted, BEARER) if each is not None and each in self.offered), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketRequest:
    """A handshake that may go on: its facts, path values and query."""

    handshake: Handshake
    facts: RequestFacts
    path: Mapping[str, str]
    query: Mapping[str, str] = field(repr=False)

    def token(self) -> str:
        """Where a token may stand, the safest place first; empty when there is none.

        An account key never ends by itself, so it is not read from the query, which others write down.
        """
        in_query = self.query.get("token", "")
        return (
            self.facts.bearer
            or self.handshake.offered_token()
            or self.facts.api_key
            or ("" if is_api_key(in_query) else in_query)
        )


def read_count(query: Mapping[str, str], name: str, default: int | None, most: int) -> int | None:
    """A whole number of the query. Raises Invalid."""
    text = query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > most:
        raise Invalid(f"{name} must be a whole number up to {most}")
    return int(text)
