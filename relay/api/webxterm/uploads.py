"""Images: `/api/community/upload`, `/api/profile/upload-avatar`, and `/uploads/{name}` where browsers load them."""

from typing import Annotated, Any

from msgspec import Struct

from relay.api.fields import line
from relay.api.limits import UPLOAD_LIMITS
from relay.api.routing import Call, Nothing, Reply, Route, Upload
from relay.domain.access import Permission
from relay.domain.errors import Invalid
from relay.domain.images import MAX_AVATAR_BYTES, MAX_IMAGE_BYTES
from relay.services.avatars import HERE, MAX_URL_CHARS

IMAGE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
FOREVER = "public, max-age=31536000, immutable"


class UploadAnswer(Struct):
    """Where the image is."""

    url: str


class SetAvatar(Struct, kw_only=True):
    """The address of one's picture; an empty one takes it away. Or a form with the picture itself."""

    avatar_url: Annotated[str, line(0, MAX_URL_CHARS)] | None = None


class AvatarAnswer(Struct):
    """Where one's picture is now."""

    message: str
    avatar_url: str | None


def shown_url(call: Call[Any], url: str | None) -> str | None:
    """A stored picture's address as others can use it."""
    return f"{call.facts.base_url}{url}" if url and url.startswith(HERE) else url


async def upload_image(call: Call[Nothing]) -> UploadAnswer:
    if call.upload is None:
        raise Invalid("No image provided")
    image = await call.services.uploads.keep(call.actor, call.upload, most_bytes=MAX_IMAGE_BYTES)
    return UploadAnswer(f"{call.facts.base_url}{HERE}{image.id}")


async def upload_avatar(call: Call[SetAvatar]) -> AvatarAnswer:
    if call.upload is not None:
        url = await call.services.avatars.set_image(call.actor, call.upload)
    elif call.body.avatar_url is None:
        raise Invalid("avatar_url is required")
    else:
        url = await call.services.avatars.set_url(call.actor, call.body.avatar_url)
    return AvatarAnswer("Avatar updated", shown_url(call, url))


async def get_upload(call: Call[Nothing]) -> Reply:
    image, content = await call.services.uploads.get(call.path["name"])
    headers = {
        "cache-control": FOREVER,
        "content-security-policy": IMAGE_POLICY,
        "content-disposition": f'inline; filename="{image.id}"',
        "x-content-type-options": "nosniff",
    }
    return Reply(content=content, headers=headers, media_type=image.media_type)


ROUTES = (
    Route("POST", "/api/community/upload", permission=Permission.AUTHENTICATED, view=upload_image,
          answer=UploadAnswer, summary="Upload an image for an issue or a fix", refusals=(400, 413),
          limits=UPLOAD_LIMITS, upload=Upload(fields=("file", "image"), most_bytes=MAX_IMAGE_BYTES)),
    Route("POST", "/api/profile/upload-avatar", permission=Permission.VIEW_OWN_PROFILE, view=upload_avatar,
          body=SetAvatar, answer=AvatarAnswer, summary="Set one's picture, by its address or as a file",
          limits=UPLOAD_LIMITS, upload=Upload(fields=("file",), most_bytes=MAX_AVATAR_BYTES)),
    Route("GET", "/uploads/{name}", permission=Permission.PUBLIC, view=get_upload, media_type="image/png",
          summary="An uploaded image; its name cannot be guessed", refusals=(404,)),
)  # fmt: skip
