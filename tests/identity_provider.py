"""An identity provider as a process of its own: OpenID Connect (discovery, authorize, token, keys, userinfo), the same
in Microsoft's shape (one issuer a directory), and GitHub's OAuth and API. `POST /control` tells it how to misbehave.

    python -m tests.identity_provider      prints `ready http://127.0.0.1:PORT`
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.processes import ask, process, ready_url

CLIENT_ID = "fairlead-client"
CLIENT_SECRET = "a secret of the provider"
NOW = 1795262400
"""The clock of the tests: 2026-11-21 12:00 UTC."""
OWN_TID = "11111111-2222-3333-4444-555555555555"


@contextmanager
def identity_provider() -> Iterator[str]:
    """Its base URL."""
    with process("tests.identity_provider") as started:
        yield ready_url(started)


def misbehave(url: str, **how: Any) -> None:
    """Replaces all of `Provider.how`."""
    ask(url, "/control", how)


def seen(url: str) -> dict[str, Any]:
    """What was asked of it last: `authorize` and `token` parameters."""
    return ask(url, "/seen")


class Provider(ThreadingHTTPServer):
    """Keys, codes, and how to behave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "first"})
        self.new_key = ECKey.generate_key("P-256", {"kid": "second"})
        self.codes: dict[str, dict[str, str]] = {}
        self.how: dict[str, Any] = {}
        self.seen: dict[str, Any] = {"fetched": []}

    def id_token(self, issuer: str, code: dict[str, str]) -> str:
        """As honest as it was told to be."""
        claims = {
            "iss": issuer, "sub": "person-1", "aud": code["client_id"], "exp": NOW + 300, "iat": NOW,
            "nonce": code.get("nonce", ""), "email": "ada@example.org", "email_verified": True,
        } | self.how.get("claims", {})  # fmt: skip
        body = json.dumps({name: value for name, value in claims.items() if value is not None}).encode()
        match self.how.get("sign"):
            case "none":
                return _base64(b'{"alg":"none"}') + "." + _base64(body) + "."
            case "HS256":  # the public key as the secret: the classic confusion
                signed = _base64(b'{"alg":"HS256","kid":"first"}') + "." + _base64(body)
                return signed + "." + _base64(hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256"))
            case "other key":
                return jws.serialize_compact({"alg": "RS256", "kid": "first"}, body, self.other_key)
            case "new key":
                return jws.serialize_compact({"alg": "ES256", "kid": "second"}, body, self.new_key)
        return jws.serialize_compact({"alg": "RS256", "kid": "first"}, body, self.key)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.seen["fetched"].append(parts.path)
        how = self.server.how.get("paths", {}).get(parts.path)
        if how is not None:
            self._misbehave(how)
        elif parts.path.endswith("/.well-known/openid-configuration"):
            self._say(self._metadata(parts.path.removesuffix("/.well-known/openid-configuration")))
        elif parts.path.endswith("/authorize"):
            self._authorize(query)
        else:
            self._say(self._document(parts.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/control":
            self.server.how = json.loads(body)
            self._say({})
            return
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.server.seen["token"] = asked
        how = self.server.how.get("paths", {}).get(urlsplit(self.path).path)
        self._misbehave(how) if how is not None else self._token(asked)

    def _metadata(self, prefix: str) -> dict[str, Any]:
        base = self.server.base
        issuer = f"{base}/{{tenantid}}/v2.0" if prefix == "/common/v2.0" else base + prefix
        return {
            "issuer": issuer, "authorization_endpoint": base + prefix + "/authorize",
            "token_endpoint": base + prefix + "/token", "jwks_uri": base + "/jwks",
            "userinfo_endpoint": base + "/userinfo",
        } | self.server.how.get("metadata", {})  # fmt: skip

    def _document(self, path: str) -> Any:
        server = self.server
        match path:
            case "/jwks":
                keys = [server.key.as_dict(private=False)]
                return {"keys": [*keys, server.new_key.as_dict(private=False)] if server.how.get("rolled") else keys}
            case "/userinfo":
                return {"sub": "person-1", "email": "ada@example.org", "email_verified": True} | server.how.get(
                    "userinfo", {}
                )
            case "/user":
                return {"login": "ada", "email": "ada@example.org"} | server.how.get("profile", {})
            case "/user/emails":
                listed = [{"email": "ada@example.org", "primary": True, "verified": True}]
                return server.how.get("emails", listed)
            case "/seen":
                return server.seen
        return {}

    def _authorize(self, query: dict[str, str]) -> None:
        """Nobody is asked: whoever comes is Ada."""
        self.server.seen["authorize"] = query
        code = secrets.token_urlsafe(8)
        self.server.codes[code] = query
        answer = {"code": code, "state": query["state"], **self.server.how.get("answer", {})}
        answer = {name: value for name, value in answer.items() if value is not None}
        self._redirect(f"{query['redirect_uri']}?{urlencode(answer)}")

    def _token(self, asked: dict[str, str]) -> None:
        code = self.server.codes.pop(asked.get("code", ""), None)
        if code is None or not self._is_client(asked) or not _is_proven(code, asked):
            self._say({"error": "invalid_grant", "error_description": "<b>no</b>"}, 400)
            return
        prefix = urlsplit(self.path).path.removesuffix("/token")
        tid = self.server.how.get("claims", {}).get("tid", OWN_TID)
        issuer = f"{self.server.base}/{tid}/v2.0" if prefix == "/common/v2.0" else self.server.base + prefix
        answer = {"access_token": "access", "token_type": "Bearer"}
        if "oauth" not in self.path:
            answer["id_token"] = self.server.id_token(issuer, code)
        self._say(answer)

    def _is_client(self, asked: dict[str, str]) -> bool:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_post = (asked.get("client_id"), asked.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        return by_post or self.headers.get("authorization") == f"Basic {basic}"

    def _misbehave(self, how: dict[str, Any]) -> None:
        if "redirect" in how:
            self._redirect(how["redirect"])
        else:
            self._send(how.get("status", 200), how["body"].encode() * how.get("times", 1), **how.get("headers", {}))

    def _redirect(self, location: str) -> None:
        self._send(302, b"", location=location)

    def _say(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), **{"content-type": "application/json"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_proven(code: dict[str, str], asked: dict[str, str]) -> bool:
    """PKCE S256, and the same redirect address."""
    digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
    challenge = _base64(digest)
    return (code["code_challenge"], code["code_challenge_method"], code["redirect_uri"]) == (
        challenge, "S256", asked.get("redirect_uri"),
    )  # fmt: skip


if __name__ == "__main__":
    provider = Provider()
    print(f"ready {provider.base}", flush=True)
    provider.serve_forever()
