"""One's picture: an address somewhere else, or an image kept here. The image that is replaced is deleted."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.errors import Invalid
from relay.domain.images import AVATAR_KINDS, MAX_AVATAR_BYTES
from relay.domain.names import check_drawable
from relay.services.uploads import Uploads
from relay.store.interface import Database

MAX_URL_CHARS = 2048
HERE = "/uploads/"
"""Begins the stored address of an image of ours; whoever shows it puts the relay's own address before it."""
_WRONG = f"avatar_url must be an http or https address of at most {MAX_URL_CHARS} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatars:
    """Sets the actor's own picture."""

    database: Database
    uploads: Uploads
    clock: Clock

    async def set_url(self, actor: Actor, url: str) -> str | None:
        """A picture elsewhere; nothing at all takes the picture away. Raises Invalid."""
        return await self._set(actor, check_url(url) if url else None)

    async def set_image(self, actor: Actor, content: bytes) -> str | None:
        """A picture kept here. Raises Invalid, TooLarge."""
        image = await self.uploads.keep(
            actor, content, purpose="avatar", kinds=AVATAR_KINDS, most_bytes=MAX_AVATAR_BYTES
        )
        return await self._set(actor, f"{HERE}{image.id}")

    async def _set(self, actor: Actor, url: str | None) -> str | None:
        changed = {"$set": {"avatar_url": url, "updated_at": self.clock.now()}}
        users = self.database.collection("users")
        before = await users.find_one_and_update({"_id": actor.user_id}, changed, return_new=False)
        await self.forget((before or {}).get("avatar_url"))
        return url

    async def forget(self, url: str | None) -> None:
        """Delete the image behind an address that is no longer anybody's, if it is one of ours."""
        if url and url.startswith(HERE):
            await self.uploads.drop(url.removeprefix(HERE))


def check_url(url: str) -> str:
    """An address a browser may load a picture from. Raises Invalid."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError as error:
        raise Invalid(_WRONG) from error
    if not fits or len(url) > MAX_URL_CHARS or any(char.isspace() or char in "\"'<>\\`" for char in url):
        raise Invalid(_WRONG)
    return check_drawable(url, field="avatar_url", maximum=MAX_URL_CHARS)
