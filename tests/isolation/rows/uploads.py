"""Images: anybody known may send one; whoever knows its name may see it."""

from tests.isolation.patterns import ANYBODY_KNOWN, same
from tests.isolation.row import Form, Row
from tests.isolation.world import World

PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def image(world: World) -> dict[str, str]:
    """An image of Acme's administrator."""
    kept = await world.relay.services.uploads.keep(world.admin.actor, PIXEL, most_bytes=1000)
    return {"name": kept.id}


def _form(world: World) -> Form:
    return Form(files={"file": ("x.png", PIXEL, "image/png")})


ROWS = {
    "POST /api/community/upload": Row(ANYBODY_KNOWN, body=_form),
    "POST /api/profile/upload-avatar": Row(ANYBODY_KNOWN, body=_form),
    "GET /uploads/{name}": Row(same(200), image),
}
