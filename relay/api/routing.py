"""Routes as data. A route cannot be written without its permission: `permission` is a required argument.

A dialect's module of one noun ends with its table, and the dialect's package gathers them in one `ROUTES`:

    async def create_machine(call: Call[CreateMachine]) -> MachineAnswer: ...

    ROUTES = (
        Route("POST", "/api/machines", permission=Permission.MANAGE_MACHINES, view=create_machine,
              body=CreateMachine, answer=MachineAnswer, status=201, summary="Add a machine", refusals=(409,)),
    )

A view parses nothing: body and query arrive typed. It makes one service call and returns the answer's struct, or a
`Reply` where status, headers or bytes differ. Refusals of relay/domain/errors.py pass through it. Segments of the
path are written `{agent_id}` and arrive in `call.path`.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from relay.api.limits import Limit
from relay.domain.access import Permission
from relay.domain.accounts import Unfinished

if TYPE_CHECKING:
    from relay.domain.access import Actor
    from relay.services.all import Services


class Nothing(Struct):
    """The body or the query of a route that reads none."""


B = TypeVar("B")
Q = TypeVar("Q", bound=Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What the connection and the headers say; everything but `ip_address` is the caller's claim."""

    ip_address: str
    user_agent: str
    correlation_id: str
    base_url: str  # scheme://host[:port] under which the caller reaches this relay
    source_hint: str = ""
    authorization: str = field(default="", repr=False)
    wants_page: bool = False  # a browser that shows what comes, rather than a program that reads it
    api_key: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer <token>`, or nothing."""
        scheme, _, token = self.authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def credential(self) -> str:
        """What is to say who asks: the bearer, or without any Authorization header the X-API-Key."""
        return self.bearer if self.authorization else self.api_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[B]):
    """One request, read and admitted."""

    services: "Services"
    facts: RequestFacts
    body: B
    query: Any
    path: Mapping[str, str]
    upload: bytes | None = field(default=None, repr=False)
    known_actor: "Actor | None" = None

    @property
    def actor(self) -> "Actor":
        """Who asks. Only routes that are not PUBLIC have one."""
        if self.known_actor is None:
            raise AssertionError("a public route has no actor")
        return self.known_actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with its own status, headers or bytes.

    `content` is a struct (JSON), finished bytes, or an asynchronous iterator of bytes, sent as they come: what fails
    after its first part cuts the connection, so a format that is streamed says where it ends.
    """

    content: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


View = Callable[[Call[Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a route takes as `multipart/form-data`: one file, under the first of these field names that is there."""

    fields: tuple[str, ...]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Route:
    """One row of a dialect's table. `refusals` are statuses beyond those every such route has (see openapi.py).

    `answers` are further successes, by status, for views that may `Reply` otherwise. `other_media_types` are those in
    which the same answer can be asked for (exports). `path_patterns` are the patterns of path segments that are no
    plain ids.
    `by_key` says whether an account key may stand in for a login: not where credentials are changed.
    `upload` lets a file be sent in the body's place, larger than other bodies (relay/api/forms.py).
    `may_lack` opens it also to somebody who still has to do these things; every other route refuses them.
    """

    method: str
    path: str
    _: KW_ONLY
    permission: Permission
    view: View
    summary: str
    answer: Any = None
    body: type[Struct] | None = None
    query: type[Struct] | None = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()
    media_type: str = "application/json"
    other_media_types: tuple[str, ...] = ()
    answers: Mapping[int, Any] = field(default_factory=dict)
    path_patterns: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""
    may_lack: Collection[Unfinished] = ()
    by_key: bool = True
    upload: Upload | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.permission, Permission):
            raise TypeError(f"{self.method} {self.path}: permission must be a Permission")
        if self.method not in {"GET", "POST", "PUT", "PATCH", "DELETE"} or not self.path.startswith("/"):
            raise ValueError(f"{self.method} {self.path} is no route")
        if self.upload is not None and (self.permission is Permission.PUBLIC or "{" in self.path):
            raise ValueError(f"{self.method} {self.path}: uploads have a fixed path and a known sender")
