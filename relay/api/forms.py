"""Large bodies: uploads. They are not read before it is known who sends them, and only so many at once.

Every other route's body is taken from the socket as it comes and bounded by FAIRLEAD_BODY_LIMIT_BYTES. A route with an
`Upload` takes more; so nothing of its body is asked for until the person is known and has a place. What is refused
before that is read and thrown away, for as long as the cure of an early answer waits (relay/api/cure.py).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers import TrioRequest
from quart_trio.wrappers.request import TrioBody
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from relay.domain.errors import Invalid, TooMany

MULTIPART = "multipart/form-data"
FORM_OVERHEAD_BYTES = 16 * 1024
"""What a form may need beside its file."""
MAX_PARTS = 8
MAX_BOUNDARY_CHARS = 70
"""RFC 2046, 5.1.1."""
UPLOADS_AT_ONCE = 8
"""Of all people together; each holds its file in memory."""
UNREADABLE_FORM = "Invalid request body"


class UploadBody(TrioBody):
    """A body that can be thrown away as it comes."""

    thrown_away = False

    def append(self, data: bytes) -> None:
        """More of it."""
        if not self.thrown_away:
            super().append(data)


def request_class(limits: Mapping[tuple[str, str], int]) -> type["PatientRequest"]:
    """The application's requests, given the most bytes of each upload route by method and path."""

    class Patient(PatientRequest):
        upload_limits = limits

    return Patient


class PatientRequest(TrioRequest):
    """A request that says when its body is wanted: at once, unless its route takes uploads."""

    body_class = UploadBody
    upload_limits: Mapping[tuple[str, str], int] = {}

    def __init__(self, method: str, scheme: str, path: str, *more: Any, **options: Any) -> None:
        most_bytes = self.upload_limits.get((method, path))
        if most_bytes is not None:
            options["max_content_length"] = most_bytes + FORM_OVERHEAD_BYTES
        super().__init__(method, scheme, path, *more, **options)
        self.wanted = trio.Event()
        if most_bytes is None:
            self.wanted.set()

    def want_body(self) -> None:
        """Let it come."""
        self.wanted.set()

    def throw_body_away(self) -> None:
        """Nobody will ask for what has not been taken yet."""
        cast(UploadBody, self.body).thrown_away = True
        self.wanted.set()


class PatientConnection(TrioASGIHTTPConnection):
    """Takes nothing from the socket until the request wants its body."""

    async def handle_messages(self, nursery: trio.Nursery, request: Any, receive: Any) -> None:  # type: ignore[override]  # as quart-trio itself does
        await request.wanted.wait()
        await super().handle_messages(nursery, request, receive)


@dataclass(slots=True)
class UploadPlaces:
    """Who is sending a large body just now: one a person, and a bounded number in all."""

    people: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def place(self, user_id: str) -> AsyncIterator[None]:
        """Raises TooMany."""
        if user_id in self.people or len(self.people) >= UPLOADS_AT_ONCE:
            raise TooMany("Too many uploads at once, try again in a moment", retry_after_s=5)
        self.people.add(user_id)
        try:
            yield
        finally:
            self.people.discard(user_id)


async def read_file(request: PatientRequest, fields: tuple[str, ...]) -> bytes | None:
    """The bytes of the first file under one of these field names, or None. Raises Invalid, RequestEntityTooLarge."""
    boundary = request.mimetype_params.get("boundary", "")
    if not boundary.isascii() or not 0 < len(boundary) <= MAX_BOUNDARY_CHARS:
        raise Invalid(UNREADABLE_FORM)
    body = cast(bytes, await request.get_data(cache=False))
    try:
        return await trio.to_thread.run_sync(_find_file, body, boundary.encode(), fields)
    except (ValueError, RequestEntityTooLarge) as error:
        raise Invalid(UNREADABLE_FORM) from error


def _find_file(body: bytes, boundary: bytes, fields: tuple[str, ...]) -> bytes | None:
    """In a worker thread: taking a form apart costs time in proportion to its size."""
    decoder = MultipartDecoder(boundary, max_form_memory_size=len(body), max_parts=MAX_PARTS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    wanted, found = False, bytearray()
    event: Event = decoder.next_event()
    while not isinstance(event, Epilogue | NeedData):
        if isinstance(event, File | Field):
            wanted = isinstance(event, File) and event.name in fields
        elif isinstance(event, Data) and wanted:
            found += event.data
            if not event.more_data:
                return bytes(found) or None
        event = decoder.next_event()
    return None
