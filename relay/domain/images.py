"""Images people upload: what counts as one is decided by its first bytes, never by its name or what was claimed."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_AVATAR_BYTES = 2 * 1024 * 1024

_NAME = re.compile(r"(?:image|avatar)_[A-Za-z0-9_-]{43}\.(?:png|jpg|webp|gif)")


class ImageKind(StrEnum):
    """The kinds that are kept; the value is the file name's ending. SVG is a program, and none of them."""

    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"
    GIF = "gif"

    @property
    def media_type(self) -> str:
        """What browsers are told it is."""
        return "image/jpeg" if self is ImageKind.JPEG else f"image/{self.value}"


AVATAR_KINDS = frozenset({ImageKind.PNG, ImageKind.JPEG, ImageKind.WEBP})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """One kept image: `id` is its name, which cannot be guessed."""

    id: str
    tenant_id: str
    user_id: str
    media_type: str
    size_bytes: int


def kind_of(content: bytes) -> ImageKind | None:
    """The kind by its magic bytes, or None for everything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageKind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return ImageKind.JPEG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ImageKind.WEBP
    return ImageKind.GIF if content[:6] in {b"GIF87a", b"GIF89a"} else None


def is_image_name(text: str) -> bool:
    """Whether it has the form of a name we give."""
    return bool(_NAME.fullmatch(text))
