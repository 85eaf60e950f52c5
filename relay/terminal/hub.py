"""Where is this agent, and which sessions are live: the one place that knows. In memory, one per process.

The hub decides nothing about rights; it keeps bounds, and tells its listener what happens.
"""

import os
from collections import Counter

import structlog
import trio

from protocol.errors import RemoteProtocolError
from protocol.handshake import NONCE_BYTES
from protocol.link import Link, Role
from protocol.messages import Welcome
from relay.clock import Clock
from relay.terminal.agent_link import AgentLink
from relay.terminal.command_run import CommandOutcome, CommandRequest, CommandRun
from relay.terminal.deadlines import keep_time
from relay.terminal.ending import (
    AGENT_LOST,
    MACHINE_GONE,
    PROTOCOL_ERROR,
    REPLACED,
    SHELL_EXITED,
    SHUTDOWN,
    SILENT,
    TERMINATED,
    close_text,
    printable,
)
from relay.terminal.errors import (
    AgentLost,
    AgentOffline,
    AgentRejected,
    LinkEnded,
    OpenRefused,
    SessionTaken,
    SocketClosed,
    TooManySessions,
)  # fmt: skip
from relay.terminal.handshake import Nonce, prove_agent
from relay.terminal.ports import AgentFacts, AgentSocket, Credentials, HubListener
from relay.terminal.session import Session, SessionOpening, SessionState
from relay.terminal.settings import HubSettings

TELL_LIMIT_S = 5.0
"""How long the listener may take to hear that an agent has gone, when the relay itself is going."""

log = structlog.get_logger(__name__)


def system_nonce() -> bytes:
    """Fresh random bytes for a challenge."""
    return os.urandom(NONCE_BYTES)


class Hub:
    """Agents and sessions. `run` must be running; everything else may be called from any task."""

    def __init__(
        self, *, clock: Clock, listener: HubListener, settings: HubSettings | None = None, nonce: Nonce = system_nonce
    ) -> None:
        self.settings = settings or HubSettings()
        self._clock = clock
        self._listener = listener
        self._nonce = nonce
        self._links: dict[str, AgentLink] = {}
        self._sessions: dict[str, Session] = {}
        self._commands: Counter[str] = Counter()
        self._nursery: trio.Nursery | None = None
        self._stopping = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the sessions' time and records; returns when `shutdown` was called and every end is recorded."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            await self._stopping.wait()

    async def shutdown(self) -> None:
        """End every session and link with 1001 and take no more; `run` returns once that is recorded."""
        self._stopping.set()
        for session in self.sessions():
            session.close("the relay is shutting down", SHUTDOWN)
        for link in list(self._links.values()):
            link.cut(SHUTDOWN, "the relay is shutting down")
        await trio.lowlevel.checkpoint()

    # --- agents

    async def serve_agent(self, socket: AgentSocket, *, credentials: Credentials) -> None:
        """Run an agent's connection from its first byte to its last. Raises nothing; the socket learns the reason."""
        wire = Link(Role.RELAY)
        try:
            with trio.fail_after(self.settings.handshake_s):
                facts = await prove_agent(socket, wire, credentials, self._nonce)
        except trio.TooSlowError:
            await socket.close(SILENT, "the handshake took too long")
        except SocketClosed:
            await socket.close(PROTOCOL_ERROR, "")
        except RemoteProtocolError as error:
            await socket.close(PROTOCOL_ERROR, close_text(printable(str(error))))
        except LinkEnded as ending:
            await socket.close(ending.code, close_text(ending.reason))
        except AgentRejected as rejected:
            log.warning("agent rejected", reason=rejected.text, code=rejected.code)
            await socket.close(rejected.code, close_text(rejected.text))
        else:
            link = AgentLink(socket, wire, facts, listener=self._listener, silence_s=self.settings.silence_s)
            await self._serve_link(link)

    async def _serve_link(self, link: AgentLink) -> None:
        agent_id = link.agent_id
        self._admit(link)
        try:
            await self._tell_connected(link)
            await link.run()
        finally:
            link.cut(SHUTDOWN, "the relay is shutting down")
            await link.hang_up()
            log.info("agent link ended", agent_id=agent_id, code=link.ending and link.ending.code)
            if self._links.get(agent_id) is link:
                del self._links[agent_id]
                await self._tell_disconnected(agent_id)

    def _admit(self, link: AgentLink) -> None:
        """Take the place of an older link of the same agent, and take up the sessions this one still holds."""
        older = self._links.get(link.agent_id)
        if older is not None:
            older.cut(REPLACED, "replaced by a newer connection of this agent")
        self._links[link.agent_id] = link
        kept = self._resumable(link)
        names = tuple(session.session_id for session in kept)
        link.greet(Welcome(heartbeat_interval_s=self.settings.heartbeat_interval_s, keep_sessions=names))
        for session in kept:
            session.resume(link)
        if self._stopping.is_set():
            link.cut(SHUTDOWN, "the relay is shutting down")

    def _resumable(self, link: AgentLink) -> list[Session]:
        """Those of this agent's sessions it can go on with; the others are over."""
        held = {each.session_id: each for each in link.facts.proof.sessions}
        kept = []
        for session in self._sessions_of(link.agent_id):
            found = held.get(session.session_id)
            if found is not None and session.can_resume(found):
                kept.append(session)
            elif session.state is SessionState.LOST:
                session.close("agent lost", AGENT_LOST)
        return kept

    async def _tell_connected(self, link: AgentLink) -> None:
        try:
            await self._listener.agent_connected(link.agent_id, link.facts)
        except Exception:  # a failing store must not keep a machine offline; logged here, once
            log.exception("agent_connected failed", agent_id=link.agent_id)

    async def _tell_disconnected(self, agent_id: str) -> None:
        try:
            with trio.move_on_after(TELL_LIMIT_S, shield=True):
                await self._listener.agent_disconnected(agent_id)
        except Exception:  # a failing store must not end the relay; logged here, once
            log.exception("agent_disconnected failed", agent_id=agent_id)

    def find_agent(self, agent_id: str) -> AgentLink | None:
        """The agent's live link."""
        link = self._links.get(agent_id)
        return None if link is None or link.ending is not None else link

    def is_connected(self, agent_id: str) -> bool:
        """Whether the agent has a live, proven link."""
        return self.find_agent(agent_id) is not None

    def agent_facts(self, agent_id: str) -> AgentFacts | None:
        """What a connected agent said of itself."""
        link = self.find_agent(agent_id)
        return None if link is None else link.facts

    async def disconnect_agent(self, agent_id: str, code: int, reason: str) -> None:
        """End the agent's link. With 4404 (its machine is gone) its sessions end too; they cannot come back."""
        if code == MACHINE_GONE:
            for session in self._sessions_of(agent_id):
                session.close(reason, TERMINATED)
        link = self._links.get(agent_id)
        if link is not None:
            link.cut(code, reason)
        await trio.lowlevel.checkpoint()

    # --- sessions

    async def open_session(self, agent_id: str, opening: SessionOpening) -> Session:
        """A new shell, running. Raises AgentOffline, AgentLost, TooManySessions, SessionTaken, OpenRefused."""
        link = self._linked(agent_id)
        self._check_room(opening)
        session = Session(
            opening,
            agent_id=agent_id,
            opened_at=self._clock.now(),
            scrollback_bytes=self.settings.scrollback_bytes,
        )
        session.start(link)
        self._sessions[session.session_id] = session
        try:
            with trio.move_on_after(self.settings.open_s):
                while session.state is SessionState.OPENING:
                    await session.changed.park()
        finally:
            if session.state is SessionState.OPENING:
                session.close("the machine did not answer", AGENT_LOST)
            if not session.was_opened:
                self._forget(session)
        return self._started(session)

    def _started(self, session: Session) -> Session:
        if not session.was_opened:
            assert session.reason is not None
            raise AgentLost if session.agent_went_away else OpenRefused(session.reason.text)
        if self._stopping.is_set():
            raise AgentOffline
        assert self._nursery is not None, "hub.run is not running"
        self._nursery.start_soon(self._keep, session)
        return session

    async def _keep(self, session: Session) -> None:
        """A session's two tasks, to the end of both."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.record.run, session, self._listener)
            await keep_time(session, self.settings)
            self._forget(session)

    def _forget(self, session: Session) -> None:
        if self._sessions.get(session.session_id) is session:
            del self._sessions[session.session_id]

    def _check_room(self, opening: SessionOpening) -> None:
        if opening.session_id in self._sessions:
            raise SessionTaken
        mine = [each for each in self._sessions.values() if each.user_id == opening.user_id]
        if len(mine) < self.settings.max_sessions_per_user:
            return
        left = [each for each in mine if each.was_attached and each.viewer is None]
        if not left:
            raise TooManySessions(f"Too many open sessions (at most {self.settings.max_sessions_per_user})")
        oldest = min(left, key=lambda each: each.detached_s)
        oldest.close("left for the longest, and made room for a new session", SHELL_EXITED)
        self._forget(oldest)

    def find_session(self, session_id: str) -> Session | None:
        """A live session, also one that is just opening or whose agent is away."""
        return self._sessions.get(session_id)

    def sessions(self) -> list[Session]:
        """Every live session."""
        return list(self._sessions.values())

    def _sessions_of(self, agent_id: str) -> list[Session]:
        return [each for each in self._sessions.values() if each.agent_id == agent_id]

    # --- commands

    async def run_command(self, agent_id: str, request: CommandRequest) -> CommandOutcome:
        """Run one command to its end. Raises AgentOffline, AgentLost, OpenRefused, TooManySessions, TimedOut."""
        link = self._linked(agent_id)
        if self._commands[agent_id] >= self.settings.max_commands_per_agent:
            raise TooManySessions("Too many commands run on this machine")
        self._commands[agent_id] += 1
        try:
            return await CommandRun(link, request, self._clock.now()).run()
        finally:
            self._commands[agent_id] -= 1
            if not self._commands[agent_id]:
                del self._commands[agent_id]

    def _linked(self, agent_id: str) -> AgentLink:
        link = self.find_agent(agent_id)
        if link is None or self._stopping.is_set():
            raise AgentOffline
        return link
