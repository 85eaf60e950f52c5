"""The built console: files of `relay/static`, and its page for every address the browser's router knows.

`assets/*` carry their hash in the name and never change; `index.html` is sent afresh each time with a nonce of its own.
The build leaves a `.br` and a `.gz` beside what shrinks: a client that takes one is sent that.
"""

import mimetypes
import secrets
from pathlib import Path

import trio
from quart import Response, request

NONCE_PLACEHOLDER = "__CSP_NONCE__"
STATIC = Path(__file__).resolve().parent.parent / "static"
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content encodings and what the build calls their files; the smaller first."""

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".md": "text/plain"}
_API_PREFIXES = (
    "/api",
    "/v1",
    "/metrics",
    "/health",
    "/ready",
    "/install.sh",
    "/agent.pyz",
    "/.well-known",
    "/uploads/",
)
_SUFFIXES = {".js", ".css", ".svg", ".png", ".ico", ".woff2", ".webmanifest", ".wasm", ".json", ".md", ".txt", ".map"}
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fairlead: console not built</title>
<h1>The console is not built</h1>
<p>The relay is running, and its API answers. To have the console as well, run this in the checkout and reload:</p>
<pre>python hatch_build.py</pre>
</html>
"""


def page_policy(nonce: str) -> str:
    """The content security policy of the console's page."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )


async def answer_unknown(folder: Path = STATIC) -> Response | None:
    """For a path no route knows: a file, the console's page, or None where it is no matter for a browser."""
    if request.method not in {"GET", "HEAD"} or request.path.startswith(_API_PREFIXES):
        return None
    found = await trio.to_thread.run_sync(_find_file, folder, request.path)
    if found is not None:
        return await _send_file(found)
    wants_page = "text/html" in request.headers.get("accept", "") and Path(request.path).suffix not in _SUFFIXES
    return await _send_page(folder) if wants_page else None


def _find_file(folder: Path, path: str) -> Path | None:
    """The file this path names, if it lies in `folder`; hidden files, pages and programs are not served from here."""
    parts = path.lstrip("/").split("/")
    if any(part in {"", ".."} or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    found = folder.joinpath(*parts)
    is_ours = found.suffix in _SUFFIXES and found.is_file() and found.resolve().is_relative_to(folder.resolve())
    return found if is_ours else None


def _find_packed(path: Path) -> dict[str, Path]:
    """The compressed forms of this file, by content encoding."""
    packed = {encoding: path.with_name(path.name + suffix) for encoding, suffix in ENCODINGS.items()}
    return {encoding: file for encoding, file in packed.items() if file.is_file()}


async def _send_file(path: Path) -> Response:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = await trio.to_thread.run_sync(_find_packed, path)
    encoding = next((each for each in packed if request.accept_encodings.quality(each) > 0), None)
    response = Response(await trio.Path(packed[encoding] if encoding else path).read_bytes(), content_type=kind)
    if encoding:
        response.headers["content-encoding"] = encoding
    if packed:
        response.headers["vary"] = "Accept-Encoding"
    response.headers["cache-control"] = FOREVER if path.parent.name == "assets" else BRIEFLY
    return response


async def _send_page(folder: Path) -> Response:
    nonce = secrets.token_urlsafe(16)
    try:
        page = await trio.Path(folder / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return Response(_NOT_BUILT, status=503, content_type="text/html; charset=utf-8")
    response = Response(page.replace(NONCE_PLACEHOLDER, nonce), content_type="text/html; charset=utf-8")
    response.headers["content-security-policy"] = page_policy(nonce)
    response.headers["cache-control"] = "no-store"
    return response
