"""Headers of every answer: what browsers may do with it, and who may read it from another origin."""

from collections.abc import Collection

from werkzeug.datastructures import Headers

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
KNOWN_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ALLOWED_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = "authorization, content-type, x-api-key, x-source, x-correlation-id"
_PREFLIGHT_AGE_S = "600"


def harden(headers: Headers, *, is_https: bool) -> None:
    """Safe defaults; what a view has set stays."""
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("referrer-policy", "no-referrer")
    headers.setdefault("x-frame-options", "DENY")
    headers.setdefault("cross-origin-opener-policy", "same-origin")
    headers.setdefault("cross-origin-resource-policy", "same-origin")
    headers.setdefault("content-security-policy", API_POLICY)
    headers.setdefault("cache-control", "no-store")
    if is_https:
        headers.setdefault("strict-transport-security", "max-age=31536000")


def share(headers: Headers, *, origin: str, allowed: Collection[str], is_preflight: bool) -> None:
    """CORS for configured origins only; never `*`, never a reflected stranger, never credentials."""
    headers["vary"] = ", ".join(filter(None, (headers.get("vary"), "Origin")))
    if origin.lower() not in allowed:
        return
    headers["access-control-allow-origin"] = origin
    headers["access-control-expose-headers"] = "retry-after, x-correlation-id"
    if is_preflight:
        headers["access-control-allow-methods"] = _ALLOWED_METHODS
        headers["access-control-allow-headers"] = _ALLOWED_HEADERS
        headers["access-control-max-age"] = _PREFLIGHT_AGE_S
