"""Attack cases 26 and 27 on uploaded images: paths, links, devices, and names that are programs."""

import os
from urllib.parse import quote

import pytest

from tests.drivers import running_relay
from tests.isolation.rows.uploads import PIXEL
from tests.webxterm.house import Client, Relay

SECRET = b"\x89PNG\r\n\x1a\nnobody's business"


async def keep(here: Relay, client: Client) -> str:
    """The name of a kept image."""
    return (await here.services.uploads.keep(client.actor, PIXEL, most_bytes=1000)).id


@pytest.mark.parametrize(
    "name",
    [
        "../keys/jwt.key", "..%2fkeys%2fjwt.key", "%2e%2e/keys/jwt.key", "..%5ckeys%5cjwt.key", "/etc/passwd",
        "%2fetc%2fpasswd", "....//keys/jwt.key", ".", "..", "", "%00", "image_x.png", "fairlead.db",
        "..%252fkeys%252fjwt.key", "uploads/../../keys/jwt.key",
    ],
)  # fmt: skip
async def test_case_26_no_path_leaves_the_folder(tmp_path, name):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        kept = await keep(here, ada)
        for path in (f"/uploads/{name}", f"/uploads/{name}/{kept}", f"/uploads/{kept}/{name}", f"/uploads/{kept}%00"):
            answer = await here.http.get(path)
            assert answer.status_code in {308, 404} or answer.content == PIXEL, path
            assert b"nobody" not in answer.content


async def test_case_26_links_and_devices_in_the_folder_are_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for plant in (
            lambda path: path.symlink_to(tmp_path / "secret"),
            lambda path: os.mkfifo(path),
            lambda path: path.mkdir(),
            lambda path: path.symlink_to("/dev/zero"),
        ):
            kept = tmp_path / "uploads" / await keep(here, ada)
            kept.unlink()
            plant(kept)
            answer = await here.http.get(f"/uploads/{kept.name}")
            assert (answer.status_code, answer.json()) == (404, {"error": "Upload not found"})


async def test_case_26_a_name_that_is_taken_is_not_written_through(tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        folder = here.services.uploads.folder
        await keep(here, ada)
        (tmp_path / "uploads" / "image_planted.png").symlink_to(tmp_path / "secret")
        with pytest.raises(Exception, match="cannot be kept"):
            await folder.write("image_planted.png", PIXEL)
        assert (tmp_path / "secret").read_bytes() == SECRET
        for name in ("../out.png", "/tmp/out.png", ".hidden", "", "a\0b"):
            with pytest.raises(ValueError, match="not a file name"):
                await folder.write(name, PIXEL)


NAMES = (
    '"><script>alert(1)</script>.png', "../../../etc/cron.d/x", "x.png\r\nSet-Cookie: a=b", "\u202egnp.exe",
    "x.html", "x.svg", "CON", "a" * 3000, "\N{SNOWMAN}.png", "x.png;y=z", "..\\..\\x.png",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_case_27_a_file_keeps_nothing_of_the_name_it_came_with(tmp_path, name):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        answer = await here.http.post(
            "/api/community/upload",
            files={"file": (name, PIXEL, "text/html")},
            headers={"authorization": f"Bearer {ada.token}"},
        )
        (kept,) = (tmp_path / "uploads").iterdir()
        assert answer.json()["url"].endswith(f"/uploads/{kept.name}")
        assert kept.name.removeprefix("image_").removesuffix(".png").isalnum()
        seen = await here.http.get(f"/uploads/{kept.name}")
        assert seen.headers["content-type"] == "image/png"
        assert seen.headers["content-disposition"] == f'inline; filename="{kept.name}"'
        assert "set-cookie" not in seen.headers


async def test_case_27_a_page_that_begins_as_an_image_runs_nowhere(tmp_path):
    page = b"GIF89a/*<html><script>alert(document.cookie)</script>*/=1;"
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        kept = (await here.services.uploads.keep(ada.actor, page, most_bytes=1000)).id
        for query in ("", "?x=.html", f"?{quote('<script>')}"):
            seen = await here.http.get(f"/uploads/{kept}{query}", headers={"accept": "text/html"})
            assert seen.headers["content-type"] == "image/gif"
            assert seen.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in seen.headers["content-security-policy"]
            assert "script-src" not in seen.headers["content-security-policy"]
            assert seen.headers["content-security-policy"].startswith("default-src 'none'")
