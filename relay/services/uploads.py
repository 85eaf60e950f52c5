"""Images people upload: checked, counted against their organization's space, kept under names nobody can guess."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.errors import Invalid, NotFound, TooLarge
from relay.domain.images import ImageKind, StoredImage, is_image_name, kind_of
from relay.ids import Ids
from relay.services.records import find_record, to_document
from relay.store.interface import Database, SyncDatabase
from relay.store.uploads import UploadFolder

NO_IMAGE = "Upload not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Keeps images and gives them back. `quota_bytes` is each organization's space for all of its images."""

    database: Database
    folder: UploadFolder
    clock: Clock
    ids: Ids
    quota_bytes: int

    async def keep(
        self,
        actor: Actor,
        content: bytes,
        *,
        purpose: str = "image",
        kinds: Collection[ImageKind] = frozenset(ImageKind),
        most_bytes: int,
    ) -> StoredImage:
        """A new image of the actor's organization. Raises Invalid (no image), TooLarge (it, or all of them)."""
        if len(content) > most_bytes:
            raise TooLarge(f"An image has at most {most_bytes // (1024 * 1024)} MB")
        kind = kind_of(content)
        if kind is None or kind not in kinds:
            raise Invalid("Invalid file type")
        image = StoredImage(
            id=f"{self.ids.token(f'{purpose}_')}.{kind.value}",
            tenant_id=actor.tenant_id,
            user_id=actor.user_id,
            media_type=kind.media_type,
            size_bytes=len(content),
        )
        await self.database.transact(lambda database: self._reserve(database, image))
        try:
            await self.folder.write(image.id, content)
        except BaseException:
            await self.drop(image.id)
            raise
        return image

    async def get(self, name: str) -> tuple[StoredImage, bytes]:
        """An image, for anybody who knows its name. Raises NotFound."""
        found = await self.database.collection("uploads").find_one({"_id": name}) if is_image_name(name) else None
        image = find_record(StoredImage, found)
        content = None if image is None else await self.folder.read(image.id)
        if image is None or content is None:
            raise NotFound(NO_IMAGE)
        return image, content

    async def drop(self, name: str) -> None:
        """Take one away: first the file, so that no file is ever without its row."""
        if is_image_name(name):
            await self.folder.delete([name])
            await self.database.collection("uploads").delete_one({"_id": name})

    async def drop_all(self, tenant_id: str) -> None:
        """Take away every image of an organization."""
        of_it = {"tenant_id": tenant_id}
        found: Sequence[dict[str, str]] = await self.database.collection("uploads").find(of_it, projection={"_id": 1})
        await self.folder.delete(each["_id"] for each in found)
        await self.database.collection("uploads").delete_many(of_it)

    def _reserve(self, database: SyncDatabase, image: StoredImage) -> None:
        """Within a transaction: the row, if there is room for it. Raises TooLarge."""
        # The organization is written too, so that two uploads never both see the room that is there for one.
        database.collection("organizations").update_one({"name": image.tenant_id}, {"$inc": {"version": 1}})
        held = database.collection("uploads").aggregate(
            [
                {"$match": {"tenant_id": image.tenant_id}},
                {"$group": {"_id": "$tenant_id", "bytes": {"$sum": "$size_bytes"}}},
            ]
        )
        if sum(each["bytes"] for each in held) + image.size_bytes > self.quota_bytes:
            raise TooLarge("Your organization's space for images is used up: ask an administrator")
        database.collection("uploads").insert_one(to_document(image, created_at=self.clock.now()))
