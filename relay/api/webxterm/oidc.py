"""`/api/auth/oidc/*`: a browser's way to an identity provider and back. What comes of it goes to the console in the
URL's fragment, which no server and no log ever sees.
"""

import base64
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from relay.api.fields import verbatim
from relay.api.limits import OIDC_LIMITS
from relay.api.routing import Call, Nothing, Reply, Route
from relay.api.webxterm.auth import LoginAnswer, login_answer
from relay.api.webxterm.common import caller_of
from relay.domain.access import Permission
from relay.domain.errors import NotFound, Refusal
from relay.services.oidc import ATTEMPT_S, Return

COOKIE_PATH = "/api/auth/oidc"
CONSOLE_PAGE = "/oauth/callback"
PROVIDER = {"provider": "^[a-z][a-z0-9-]{0,31}$"}
NOT_DELIVERED = {"user"}
"""Read with the token afterwards: an address is no place for an account key."""


class Providers(Struct):
    """Whom one may log in with: ids for the path, and what people read, by id."""

    providers: list[str]
    display_names: dict[str, str]


class ProviderAnswer(Struct, kw_only=True):
    """What a provider puts into the address; its error texts are not read."""

    state: Annotated[str, verbatim(0, 512)] = ""
    code: Annotated[str, verbatim(0, 4096)] = ""
    error: Annotated[str, verbatim(0, 200)] = ""
    iss: Annotated[str, verbatim(0, 1024)] = ""


async def list_oidc_providers(call: Call[Nothing]) -> Providers:
    found = call.services.oidc.configured()
    return Providers(providers=[each.id for each in found], display_names={each.id: each.name for each in found})


async def begin_oidc(call: Call[Nothing]) -> Reply:
    return await _begin(call, call.path["provider"])


async def begin_microsoft(call: Call[Nothing]) -> Reply:
    return await _begin(call, "microsoft")


async def begin_github(call: Call[Nothing]) -> Reply:
    return await _begin(call, "github")


async def finish_oidc(call: Call[Nothing]) -> Reply:
    provider, query = call.path["provider"], call.query
    back = Return(
        state=query.state,
        code=query.code,
        error=query.error,
        issuer=query.iss,
        cookie=_cookie(call.facts.cookie, provider),
    )
    try:
        answer = await login_answer(call, await call.services.oidc.arrive(caller_of(call), provider, back))
    except NotFound:  # nobody sets out for a provider that is none, and its name may be one that no header can hold
        raise
    except Refusal as refused:
        fields = {"error": refused.text}
    else:
        fields = _fields(answer)
    location = f"{call.services.oidc.console}{CONSOLE_PAGE}#{urlencode(fields)}"
    return _redirect(location, f"{_name(provider)}=; Path={COOKIE_PATH}; Max-Age=0; HttpOnly; SameSite=Lax")


async def _begin(call: Call[Any], provider: str) -> Reply:
    departure = await call.services.oidc.depart(provider, call.facts.base_url)
    cookie = (
        f"{_name(provider)}={departure.cookie}; Path={COOKIE_PATH}; Max-Age={ATTEMPT_S}; HttpOnly; SameSite=Lax"
        f"{'; Secure' if departure.is_https else ''}"
    )
    return _redirect(departure.url, cookie)


def _redirect(location: str, cookie: str) -> Reply:
    return Reply(content=b"", status=302, headers={"location": location, "set-cookie": cookie}, media_type="text/plain")


def _name(provider: str) -> str:
    return f"fairlead_oidc_{provider}"


def _cookie(header: str, provider: str) -> str:
    try:
        found = SimpleCookie(header).get(_name(provider))
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _fields(answer: LoginAnswer) -> dict[str, str]:
    """The answer of a login for a fragment: texts as they are, lists and objects as base64 of JSON."""
    found: dict[str, Any] = msgspec.to_builtins(answer)
    fields = {name: _text(value) for name, value in found.items() if name not in NOT_DELIVERED}
    if "requires_tenant_selection" in fields:
        fields["requires_selection"] = fields["requires_tenant_selection"]
    return fields


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    encoded = msgspec.json.encode(value)
    return base64.urlsafe_b64encode(encoded).decode() if isinstance(value, list | dict) else encoded.decode()


ROUTES = (
    Route("GET", "/api/auth/oidc/providers", permission=Permission.PUBLIC, view=list_oidc_providers, answer=Providers,
          summary="Whom one may log in with"),
    Route("GET", "/api/auth/oidc/microsoft", permission=Permission.PUBLIC, view=begin_microsoft, status=302,
          media_type="text/plain", summary="Log in with Microsoft", refusals=(501, 503), limits=OIDC_LIMITS),
    Route("GET", "/api/auth/oidc/github", permission=Permission.PUBLIC, view=begin_github, status=302,
          media_type="text/plain", summary="Log in with GitHub", refusals=(501, 503), limits=OIDC_LIMITS),
    Route("GET", "/api/auth/oidc/{provider}", permission=Permission.PUBLIC, view=begin_oidc, status=302,
          media_type="text/plain", summary="Log in with another provider", refusals=(501, 503), limits=OIDC_LIMITS,
          path_patterns=PROVIDER),
    Route("GET", "/api/auth/oidc/{provider}/callback", permission=Permission.PUBLIC, view=finish_oidc, status=302,
          query=ProviderAnswer, media_type="text/plain", summary="Come back from a provider", limits=OIDC_LIMITS,
          path_patterns=PROVIDER),
)  # fmt: skip
