"""A person's WebSocket to one shell: opens or takes up the session, then moves frames both ways. Rules of this file:

1. One task writes, one reads, one watches for the end; what the reader has to say goes through the writer.
2. The writer waits while the client does not read; the reader while the shell takes no input, unless the client types
   within credit: then it never waits, or the client's grants of output would be stuck behind its own typing.
3. Losing the socket detaches; only the shell's exit, a right that is gone, or the person's word ends a session.
"""

from collections.abc import Awaitable, Callable

import structlog
import trio

from protocol.window import WINDOW_BYTES
from relay.api import sockets_dialects as dialects
from relay.api.exchange import Door, wrong_keys_counted
from relay.api.sockets_request import SocketRequest, read_count
from relay.api.sockets_stream import MessageTooBig, SocketStream
from relay.domain.access import Permission, allows
from relay.domain.errors import Forbidden, Invalid, Refusal, Unauthenticated
from relay.domain.terminals import MAX_CELLS
from relay.ids import Ids
from relay.services.terminals import Opened
from relay.terminal.ending import PROTOCOL_ERROR, SHELL_EXITED, TOO_BIG, CloseReason
from relay.terminal.errors import InputOverrun, SocketClosed
from relay.terminal.viewer import Ended, Output, Viewer

DRAIN_S = 30.0
"""How long a client may take to read what a shell wrote before it exited."""
CUT_S = 0.5
"""How long the last frame may take when a session is cut: a lost right ends within a second."""

log = structlog.get_logger("relay.api")

_FORMATS: dict[str, Callable[[], dialects.Dialect]] = {
    "raw": dialects.Raw,
    "json": dialects.Json,
    "binary": dialects.Binary,
}


async def serve_terminal(door: Door, socket: SocketStream, request: SocketRequest) -> None:
    """From the handshake to the end. Raises refusals of the domain before anything is open, none after it."""
    dialect, is_settled = _choose_dialect(request)
    from_offset = read_count(request.query, "from", None, 2**63 - 1)
    subprotocol = request.handshake.choose(dialect.subprotocol)
    try:
        opened = await _open(door, request)
    except Refusal:
        if dialect.numbers_bytes:  # the console runs in a page, which cannot read the HTTP answer of a refused upgrade
            await socket.accept(subprotocol)
        raise
    await socket.accept(subprotocol)
    viewer = opened.session.attach(from_offset)
    try:
        conversation = Conversation(socket, viewer, dialect, opened, is_settled=is_settled, ids=door.ids)
        ending = await conversation.run(_size(request))
    finally:
        viewer.detach()
    if ending is not None:
        await socket.close(ending.code, ending.text)


async def _open(door: Door, request: SocketRequest) -> Opened:
    token = request.token()
    if not token:
        raise Unauthenticated("Authorization header required")
    facts = request.facts
    with wrong_keys_counted(door.limiter, facts.ip_address, token):
        actor = await door.services.auth.authenticate(
            token,
            ip_address=facts.ip_address,
            user_agent=facts.user_agent,
            source_hint=facts.source_hint,
            correlation_id=facts.correlation_id,
        )
    if not allows(actor.role, Permission.USE_MACHINES):
        raise Forbidden("Not authorized")
    cols, rows = _size(request) or (80, 24)
    return await door.services.terminals.open(
        actor,
        request.path["agent_id"],
        session_id=request.query.get("session_id", ""),
        source=request.query.get("source", ""),
        cols=cols,
        rows=rows,
        resume=request.query.get("resume", "") in {"1", "true"},
    )


def _size(request: SocketRequest) -> tuple[int, int] | None:
    """The size the client asks for; one of the two alone is completed from 80 by 24."""
    cols = read_count(request.query, "cols", None, MAX_CELLS)
    rows = read_count(request.query, "rows", None, MAX_CELLS)
    return None if cols is None and rows is None else (80 if cols is None else cols, 24 if rows is None else rows)


def _choose_dialect(request: SocketRequest) -> tuple[dialects.Dialect, bool]:
    """The dialect, and whether the client has said so itself. Raises Invalid."""
    offered = request.handshake.offered
    if dialects.FairleadV1.subprotocol in offered:
        return dialects.FairleadV1(), True
    if dialects.Json.subprotocol in offered:
        return dialects.Json(), True
    asked = request.query.get("format", "")
    if asked and asked not in _FORMATS:
        raise Invalid("format must be raw, json or binary")
    return _FORMATS[asked or "raw"](), bool(asked)


class Conversation:
    """One client and its viewer, until either is done."""

    def __init__(
        self,
        socket: SocketStream,
        viewer: Viewer,
        dialect: dialects.Dialect,
        opened: Opened,
        *,
        is_settled: bool,
        ids: Ids,
    ) -> None:
        self._ids = ids
        self._socket = socket
        self._viewer = viewer
        self._session = opened.session
        self._resumed = opened.resumed
        self._dialect = dialect
        self._is_settled = is_settled
        self._ending: CloseReason | None = None

    async def run(self, size: tuple[int, int] | None) -> CloseReason | None:
        """Talk; gives the reason to close with, None when the client has gone."""
        if self._resumed and size is not None:
            self._session.resize(*size)
        if self._dialect.numbers_bytes:
            self._viewer.grant(self._viewer.position + WINDOW_BYTES)
            self._viewer.limit_input()
        first = self._opening()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._guard, nursery, self._write, first)
            nursery.start_soon(self._guard, nursery, self._read)
            nursery.start_soon(self._watch, nursery)
        return self._ending

    async def _guard(self, nursery: trio.Nursery, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run the reader or the writer; when either ends, all ends."""
        try:
            await task(*arguments)
        except SocketClosed:
            pass
        except MessageTooBig:
            self._end(CloseReason(code=TOO_BIG, text=f"a message has at most {self._socket.most_bytes} bytes"))
        except dialects.Malformed as error:
            self._end(CloseReason(code=PROTOCOL_ERROR, text=str(error)))
        nursery.cancel_scope.cancel()

    def _end(self, reason: CloseReason) -> None:
        self._ending = self._ending or reason

    def _opening(self) -> str | None:
        """The first message, in the dialects that have one; taken now, where the streams stand."""
        if not self._dialect.speaks_json:
            return None
        return dialects.session_message(
            self._session,
            position=self._viewer.position,
            resumed=self._resumed,
            numbers_bytes=self._dialect.numbers_bytes,
        )

    # --- out

    async def _write(self, first: str | None) -> None:
        if first is not None:
            await self._socket.send(first)
        while True:
            item = await self._viewer.receive(dialects.OUTPUT_BYTES)
            for frame in self._dialect.shows(item):
                await self._socket.send(frame)
            if isinstance(item, Output):
                self._viewer.consumed(item.offset + len(item.payload))
            elif isinstance(item, Ended):
                self._end(item.reason)
                return

    async def _watch(self, nursery: trio.Nursery) -> None:
        """When the session is over the writer has a moment to say so; then the connection is cut."""
        session, viewer = self._session, self._viewer
        while session.reason is None and not viewer.taken_over:
            await session.changed.park()
        reason = session.reason
        is_drained = reason is not None and reason.drained and not viewer.taken_over
        await trio.sleep(DRAIN_S if is_drained else CUT_S)
        if reason is not None:
            self._end(reason)
        self._socket.abort()
        nursery.cancel_scope.cancel()

    # --- in

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive()
            if not self._is_settled:
                await self._settle(frame)
            await self._do(self._dialect.reads(frame))

    async def _settle(self, frame: dialects.Frame) -> None:
        """The first frame tells whether a client that did not say so speaks JSON."""
        self._is_settled = True
        if dialects.is_json_opening(frame):
            self._dialect = dialects.Json()
            await self._say(self._opening())

    async def _do(self, action: dialects.Action) -> None:
        match action:
            case dialects.Type():
                await self._type(action)
            case dialects.Resize():
                self._session.resize(action.cols, action.rows)
            case dialects.Grant():
                self._viewer.grant(action.limit)
            case dialects.Ping():
                await self._pong(action)
            case dialects.RunLine():
                await self._run_line(action)
            case dialects.EndShell():
                self._session.close("closed by its user", SHELL_EXITED)
            case dialects.Complain():
                await self._complain(action.text)

    async def _type(self, action: dialects.Type) -> None:
        if action.offset is None:
            await self._viewer.write(action.payload)
        else:
            self._type_numbered(self._unseen(action.offset, action.payload))

    def _type_numbered(self, payload: bytes) -> None:
        try:
            self._viewer.write_nowait(payload)
        except InputOverrun as error:
            raise dialects.Malformed("the machine takes no input at the moment") from error

    def _unseen(self, offset: int, payload: bytes) -> bytes:
        """What of numbered keystrokes has not been typed yet. Raises Malformed."""
        if offset > self._session.input_offset:
            raise dialects.Malformed(f"input jumps from byte {self._session.input_offset} to {offset}")
        limit = self._viewer.input_limit or 0
        if offset + len(payload) > limit:
            raise dialects.Malformed(f"input passes its credit: byte {offset + len(payload)}, limit {limit}")
        return payload[self._session.input_offset - offset :]

    async def _pong(self, ping: dialects.Ping) -> None:
        answer: dict[str, object] = {"type": "pong"}
        if ping.t is not None:
            answer["t"] = ping.t
        if self._dialect.speaks_json:
            await self._say(dialects.encode(answer))

    async def _run_line(self, line: dialects.RunLine) -> None:
        if self._dialect.speaks_json:
            command_id = self._ids.object_id()
            message = {"type": "command_started", "command_id": command_id, "command": line.command}
            await self._say(dialects.encode(message))
        await self._viewer.write(line.command.encode("utf-8", "replace") + b"\r")

    async def _complain(self, text: str) -> None:
        if self._dialect.speaks_json:
            await self._say(dialects.encode({"type": "error", "error": text}))

    async def _say(self, message: str | None) -> None:
        if message is not None:
            await self._viewer.note(message)
