"""A relay that knows a provider of our own making three times: as plain OpenID Connect, as Microsoft, as GitHub."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import httpx2

from relay.domain.identity import Issuer
from relay.outbound.github import GitHubProvider
from tests.drivers import running_relay
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET
from tests.webxterm.house import Relay

PROVIDERS = ("sso", "microsoft", "github")


@asynccontextmanager
async def relay_with(folder: Path, url: str, **settings: Any) -> AsyncIterator[Relay]:
    """The relay; Microsoft's and GitHub's addresses are that provider's."""
    sso = Issuer(id="sso", issuer=url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Our SSO")
    known = {
        "oidc_providers": (sso,), "oidc_private_origins": (url,),
        "microsoft_client_id": CLIENT_ID, "microsoft_client_secret": CLIENT_SECRET,
        "github_client_id": CLIENT_ID, "github_client_secret": CLIENT_SECRET,
    }  # fmt: skip
    with ExitStack() as patched:
        patched.enter_context(mock.patch("relay.identity_providers.MICROSOFT_LOGIN", url))
        github = partial(GitHubProvider, web=url, api=url)
        patched.enter_context(mock.patch("relay.outbound.github.GitHubProvider", github))
        async with running_relay(folder, **{**known, **settings}) as here:
            yield here


class Browser:
    """Keeps cookies, follows redirects one by one, and reads fragments."""

    def __init__(self, here: Relay) -> None:
        self.http = httpx2.AsyncClient(base_url=here.running.url, trust_env=False)
        self.callback = ""

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def depart(self, provider: str = "sso") -> str:
        """To the provider and its answer; gives the address it sends one back to."""
        begun = await self.http.get(f"/api/auth/oidc/{provider}")
        assert begun.status_code == 302, begun.text
        there = await self.http.get(begun.headers["location"])
        assert there.status_code == 302, there.text
        self.callback = there.headers["location"]
        return self.callback

    async def arrive(self, address: str = "") -> dict[str, str]:
        """What the fragment says."""
        done = await self.http.get(address or self.callback)
        assert done.status_code == 302, done.text
        parts = urlsplit(done.headers["location"])
        assert (parts.path, parts.query) == ("/oauth/callback", "")
        return dict(parse_qsl(parts.fragment, strict_parsing=True))

    async def log_in(self, provider: str = "sso") -> dict[str, str]:
        """All the way."""
        await self.depart(provider)
        return await self.arrive()
