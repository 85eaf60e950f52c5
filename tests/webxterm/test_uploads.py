"""Images over the API: what is kept, what is refused, how it is served, and who may fill how much of the disk."""

import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.drivers import running_relay
from tests.webxterm.house import Client, Relay

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
GIF = b"GIF89a" + b"picture"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
MIB = 1024 * 1024
COMMUNITY, AVATAR = "/api/community/upload", "/api/profile/upload-avatar"


@dataclass
class Sent:
    """The answer to an upload."""

    status: int
    body: dict

    @property
    def error(self) -> str | None:
        return self.body.get("error")


async def send(
    client: Client, path: str, content: bytes, *, field: str = "file", name: str = "x.png", kind: str = "image/png"
) -> Sent:
    headers = {"authorization": f"Bearer {client.token}"} if client.token else {}
    answer = await client.http.post(path, files={field: (name, content, kind)}, headers=headers)
    return Sent(answer.status_code, answer.json())


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "uploads").glob("*")) if (folder / "uploads").is_dir() else []


@pytest.mark.parametrize(
    ("content", "suffix", "media_type"),
    [(PNG, "png", "image/png"), (JPEG, "jpg", "image/jpeg"), (WEBP, "webp", "image/webp"), (GIF, "gif", "image/gif")],
)
async def test_an_image_is_kept_by_its_content_and_served_harmlessly(tmp_path, content, suffix, media_type):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        sent = await send(ada, COMMUNITY, content, field="image", name="evil.html", kind="text/html")
        assert (sent.status, set(sent.body)) == (200, {"url"})
        (file,) = kept(tmp_path)
        assert sent.body["url"] == f"{here.running.url}/uploads/{file.name}"
        assert file.name.startswith("image_")
        assert file.suffix == f".{suffix}"
        assert file.read_bytes() == content
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        seen = await here.http.get(f"/uploads/{file.name}")
        assert (seen.status_code, seen.content, seen.headers["content-type"]) == (200, content, media_type)
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert seen.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert seen.headers["content-disposition"] == f'inline; filename="{file.name}"'


async def test_what_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for content in (SVG, b"<html>", b"\x7fELF", b"RIFF\x00\x00\x00\x00WAVE", b"GIF90a", b"\x89PNG"):
            sent = await send(ada, COMMUNITY, content)
            assert (sent.status, sent.error) == (400, "Invalid file type"), content
        assert (await send(ada, COMMUNITY, PNG, field="other")).error == "No image provided"
        assert (await send(ada, COMMUNITY, b"")).error == "No image provided"
        plain = await ada.post(COMMUNITY)
        assert (plain.status, plain.error) == (400, "No image provided")
        assert (await send(ada, AVATAR, GIF)).error == "Invalid file type"
        assert (await send(here.anybody, COMMUNITY, PNG)).status == 401
        assert kept(tmp_path) == []


async def test_sizes_are_bounded(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for path, most in ((COMMUNITY, 10 * MIB), (AVATAR, 2 * MIB)):
            assert (await send(ada, path, PNG.ljust(most, b"x"))).status == 200
            over = await send(ada, path, PNG.ljust(most + 1, b"x"))
            assert (over.status, over.error) == (413, f"An image has at most {most // MIB} MB")
            far = await send(ada, path, PNG.ljust(most + MIB, b"x"))
            assert (far.status, far.error) == (413, "Request body is too large")
        everywhere_else = await ada.post("/api/groups", {"name": "x" * 2 * MIB})
        assert everywhere_else.status == 413


async def test_an_organization_has_its_space_and_no_more(tmp_path):
    async with running_relay(tmp_path, upload_quota_bytes=2500) as here:
        ada = await here.organization("ada", "acme")
        eve = await here.organization("eve", "beta")
        bob = await here.user(ada, "bob")
        thousand = PNG.ljust(1000, b"x")
        assert (await send(ada, COMMUNITY, thousand)).status == 200
        answers = []

        async def press(client: Client) -> None:
            answers.append(await send(client, COMMUNITY, thousand))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(press, ada)
            nursery.start_soon(press, bob)
        assert sorted(each.status for each in answers) == [200, 413]
        full = next(each for each in answers if each.status == 413)
        assert full.error == "Your organization's space for images is used up: ask an administrator"
        assert len(kept(tmp_path)) == 2
        assert (await send(eve, COMMUNITY, thousand)).status == 200


async def test_nobody_sends_without_end(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for _ in range(60):
            assert (await send(ada, COMMUNITY, PNG)).status == 200
        assert (await send(ada, COMMUNITY, PNG)).status == 429


async def test_a_picture_is_an_address_or_a_file_and_the_old_file_goes(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        answer = await ada.post(AVATAR, {"avatar_url": "https://pictures.example.org/ada.png?s=80"})
        assert (answer.status, answer.body) == (
            200, {"message": "Avatar updated", "avatar_url": "https://pictures.example.org/ada.png?s=80"},
        )  # fmt: skip
        assert (await ada.get("/api/profile")).body["user"]["avatar_url"] == answer.body["avatar_url"]
        sent = await send(ada, AVATAR, PNG)
        (first,) = kept(tmp_path)
        assert sent.body == {"message": "Avatar updated", "avatar_url": f"{here.running.url}/uploads/{first.name}"}
        assert (await ada.get("/api/profile")).body["user"]["avatar_url"] == sent.body["avatar_url"]
        assert (await send(ada, AVATAR, JPEG)).status == 200
        (second,) = kept(tmp_path)
        assert second != first
        assert (await here.http.get(f"/uploads/{first.name}")).status_code == 404
        assert (await ada.post(AVATAR, {"avatar_url": ""})).body["avatar_url"] is None
        assert kept(tmp_path) == []
        assert await here.services.database.collection("uploads").find({"tenant_id": "acme"}) == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:image/png;base64,AA", "//evil.example", "ftp://x.example/a.png", "https://",
        "http://user:secret@x.example/a.png", "https://x.example/a b.png", "https://x.example/\"onload='x",
        "http://x.example:port/", "/uploads/avatar_x.png", "https://x.example/" + "a" * 2048,
    ],
)  # fmt: skip
async def test_a_picture_is_nowhere_else(tmp_path, url):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        refused = await ada.post(AVATAR, {"avatar_url": url})
        assert refused.status == 400
        assert refused.error.startswith("avatar_url must be ")
        assert (await ada.post(AVATAR, {})).error == "avatar_url is required"


async def test_pictures_go_with_their_person_and_their_organization(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        eve = await here.organization("eve", "beta")
        root = await here.super_admin()
        for client in (ada, bob, eve):
            assert (await send(client, AVATAR, PNG)).status == 200
        assert (await send(bob, COMMUNITY, PNG)).status == 200
        assert (await ada.delete(f"/api/users/{bob.actor.user_id}")).status == 200
        assert len(kept(tmp_path)) == 3, "what bob wrote keeps its image"
        assert (await root.delete("/api/admin/organizations/acme", force="true")).status == 200
        (left,) = kept(tmp_path)
        assert (await eve.get("/api/profile")).body["user"]["avatar_url"].endswith(left.name)


async def _knock(here: Relay, head: str) -> trio.SocketStream:
    host, port = here.running.url.removeprefix("http://").split(":")
    stream = await trio.open_tcp_stream(host, int(port))
    await stream.send_all(head.replace("\n", "\r\n").encode())
    return stream


def _head(token: str, length: int) -> str:
    return (
        f"POST {COMMUNITY} HTTP/1.1\nHost: x\nAuthorization: Bearer {token}\n"
        f"Content-Type: multipart/form-data; boundary=b\nContent-Length: {length}\n\n"
    )


async def test_one_person_sends_one_image_at_a_time(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        slow = await _knock(here, _head(ada.token, 1000) + "--b\n")
        async with slow:
            while (await send(ada, COMMUNITY, PNG)).status == 200:
                await trio.lowlevel.checkpoint()
            second = await send(ada, COMMUNITY, PNG)
            assert (second.status, second.error) == (429, "Too many uploads at once, try again in a moment")
            assert (await send(bob, COMMUNITY, PNG)).status == 200


async def test_a_body_of_somebody_unknown_is_not_kept(tmp_path):
    async with running_relay(tmp_path) as here:
        stream = await _knock(here, _head("nobody", 9 * MIB))
        async with stream:
            answer = b""
            with trio.fail_after(5):
                while b"Authorization" not in answer and b"token" not in answer:
                    part = await stream.receive_some()
                    assert part, answer
                    answer += part
            assert answer.startswith(b"HTTP/1.1 401")
            assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "form",
    [
        b"", b"--", b"--b", b"--b\r\n", b"--b\r\n\r\n", b"\r\n" * 5000, b"--b--\r\n",
        b"--b\r\nContent-Disposition: form-data",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nGIF89a',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nGIF89a\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n' * 20 + b"--b--\r\n",
        b"--b\r\n" + b"X: y\r\n" * 2000 + b"\r\n\r\n--b--\r\n", bytes(range(256)) * 8,
    ],
)  # fmt: skip
async def test_case_26_no_form_breaks_the_relay(tmp_path, form):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        for boundary in ("b", "b" * 71, "", "\u00e9"):
            headers = {
                "authorization": f"Bearer {ada.token}",
                "content-type": f"multipart/form-data; boundary={boundary}".encode("latin-1"),
            }
            answer = await here.http.post(COMMUNITY, content=form, headers=headers)
            assert answer.status_code == 400, answer.text
            assert answer.json()["error"] in {"Invalid request body", "No image provided"}
        assert kept(tmp_path) == []
