"""Letters on their way: kept in the store until the mail server has them, so that a restart loses none.

A letter may hold a code or a link, so it rests sealed. One that cannot be delivered while it is worth anything is given
up. The courier (relay/timers/courier.py) calls `deliver_due`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import structlog
import trio

from relay.clock import Clock
from relay.domain.errors import Unavailable
from relay.domain.letters import Letter
from relay.ids import Ids
from relay.outbound.mail import Undelivered
from relay.services.ports import Post, Sealer
from relay.store.interface import Database, Document

MAX_WAITING = 1000
"""Letters kept at once."""
MAX_WAITING_CASUAL = 500
"""Above this only letters somebody waits for (sign-in codes) are taken: nobody keeps others out by signing up."""
AT_ONCE = 20
FIRST_RETRY_S = 5
LONGEST_RETRY_S = 900
NO_MAIL = "This relay sends no mail"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Takes letters and delivers them. Without a `mailer` it takes none."""

    database: Database
    mailer: Post | None
    sealer: Sealer
    clock: Clock
    ids: Ids
    _bell: list[trio.Event] = field(default_factory=lambda: [trio.Event()])

    @property
    def enabled(self) -> bool:
        """Whether mail is configured at all."""
        return self.mailer is not None

    async def post(self, letter: Letter, *, tenant_id: str, lifetime: timedelta, casual: bool = False) -> None:
        """Keep it durably, to be delivered soon. Raises Unavailable: no mail here, or too many letters waiting."""
        if not self.enabled:
            raise Unavailable(NO_MAIL)
        outbox = self.database.collection("outbox")
        if await outbox.count({"next_try_at": {"$gte": _EVER}}) >= (MAX_WAITING_CASUAL if casual else MAX_WAITING):
            raise Unavailable("Too many letters are waiting for the mail server, try again later")
        now = self.clock.now()
        await outbox.insert_one(
            {
                "_id": self.ids.object_id(),
                "tenant_id": tenant_id,
                "letter_sealed": self.sealer.seal(msgspec.json.encode(letter).decode()),
                "tries": 0,
                "created_at": now,
                "next_try_at": now,
                "expires_at": now + lifetime,
            }
        )
        self._bell[0].set()

    async def deliver_due(self) -> float:
        """Try every letter whose time has come; returns the seconds until there is something to do again."""
        outbox = self.database.collection("outbox")
        now = self.clock.now()
        due = await outbox.find({"next_try_at": {"$lte": now}}, sort=[("next_try_at", 1)], limit=AT_ONCE)
        for row in due:
            if not await self._deliver(row):
                return FIRST_RETRY_S  # the server is away: the others would only wait for it as well
        waiting = await outbox.find_one({"next_try_at": {"$gte": _EVER}}, sort=[("next_try_at", 1)])
        if waiting is None:
            return LONGEST_RETRY_S
        due_at: datetime = waiting["next_try_at"]
        return max(0.0, (due_at - self.clock.now()).total_seconds())

    async def wait(self, seconds: float) -> None:
        """Until then, or until a letter is posted."""
        with trio.move_on_after(seconds):
            await self._bell[0].wait()
        self._bell[0] = trio.Event()

    async def _deliver(self, row: Document) -> bool:
        """False when the mail server could not be used at all."""
        if row["expires_at"] <= self.clock.now():
            await self._give_up(row, "it came too late")
            return True
        letter = self._unsealed(row)
        if letter is None:
            await self._give_up(row, "it was sealed under a key that is gone")
            return True
        try:
            await self._send(letter, row)
        except Undelivered as error:
            if error.for_good:
                await self._give_up(row, str(error))
                return True
            await self._postpone(row, str(error))
            return False
        await self.database.collection("outbox").delete_one({"_id": row["_id"]})
        return True

    async def _send(self, letter: Letter, row: Document) -> None:
        if self.mailer is None:
            raise Undelivered(NO_MAIL, for_good=False)
        await self.mailer.send(letter, letter_id=row["_id"], at=row["created_at"])

    async def _give_up(self, row: Document, reason: str) -> None:
        log.error("a letter is given up", letter_id=row["_id"], tenant_id=row["tenant_id"], reason=reason)
        await self.database.collection("outbox").delete_one({"_id": row["_id"]})

    async def _postpone(self, row: Document, reason: str) -> None:
        wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(row["tries"], 20))
        log.warning("a letter waits", letter_id=row["_id"], reason=reason, wait_s=wait_s)
        later = {"tries": row["tries"] + 1, "next_try_at": self.clock.now() + timedelta(seconds=wait_s)}
        await self.database.collection("outbox").update_one({"_id": row["_id"]}, {"$set": later})

    def _unsealed(self, row: Document) -> Letter | None:
        try:
            return msgspec.json.decode(self.sealer.unseal(row["letter_sealed"]), type=Letter)
        except ValueError:
            return None


_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""Before every letter: written so that the index over `next_try_at` serves the question."""
