"""Routes of the frame itself: is the relay alive, what it counts, what its API is, what a new machine downloads."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from quart import request

from relay.api.installer import ARCHIVE_NAME, Installer
from relay.api.metrics import CONTENT_TYPE, Metrics, may_read_metrics
from relay.api.routing import Call, Reply, Route
from relay.config import Config
from relay.domain.access import Permission
from relay.domain.errors import NotFound, Unavailable
from relay.store.errors import StoreError

_BRIEFLY = {"cache-control": "no-cache"}


class Health(Struct):
    """The relay serves."""

    status: str = "ok"


class Operations:
    """The frame's views. `ping` asks the database for a sign of life; `document` is set once all routes are known."""

    def __init__(
        self, *, config: Config, metrics: Metrics, installer: Installer, ping: Callable[[], Awaitable[None]]
    ) -> None:
        self._config = config
        self.metrics = metrics
        self._installer = installer
        self._ping = ping
        self.document: dict[str, Any] = {}

    def routes(self) -> tuple[Route, ...]:
        """The table."""
        public = Permission.PUBLIC
        return (
            Route("GET", "/health", permission=public, view=self.health, answer=Health, summary="Is it alive"),
            Route("GET", "/api/health", permission=public, view=self.api_health, answer=Health, summary="Is it alive"),
            Route("GET", "/ready", permission=public, view=self.ready, answer=Health, summary="Can it work",
                  refusals=(503,)),
            Route("GET", "/metrics", permission=public, view=self.figures, summary="Figures for Prometheus",
                  media_type="text/plain", refusals=(404,)),
            Route("GET", "/api/openapi.json", permission=public, view=self.openapi, summary="This document"),
            Route("GET", "/install.sh", permission=public, view=self.install_script, media_type="text/x-shellscript",
                  summary="The script that installs an agent", refusals=(503,)),
            Route("GET", "/agent.pyz", permission=public, view=self.agent_archive, media_type="application/zip",
                  summary="The agent as one file", refusals=(503,)),
            Route("GET", "/agent.pyz.sha256", permission=public, view=self.agent_checksum, media_type="text/plain",
                  summary="The agent's checksum", refusals=(503,)),
        )  # fmt: skip

    async def health(self, call: Call[Any]) -> Health:
        return Health()

    async def api_health(self, call: Call[Any]) -> Health:
        return Health()

    async def ready(self, call: Call[Any]) -> Health:
        try:
            await self._ping()
        except StoreError as error:
            raise Unavailable("The database is not available") from error
        return Health()

    async def figures(self, call: Call[Any]) -> Reply:
        peer = (request.scope.get("client") or ("", 0))[0]
        names = {name.lower(): value for name, value in request.headers.items()}
        if not may_read_metrics(
            token=self._config.metrics_token,
            bearer=call.facts.bearer,
            peer=peer,
            headers=names,
            public_url=self._config.public_url,
        ):
            raise NotFound("Not found")
        return Reply(content=self.metrics.render(), media_type=CONTENT_TYPE)

    async def openapi(self, call: Call[Any]) -> Reply:
        return Reply(content=self.document, headers={"cache-control": "no-cache"})

    async def install_script(self, call: Call[Any]) -> Reply:
        script = await self._installer.script(call.facts.base_url)
        return Reply(content=script, media_type="text/x-shellscript; charset=utf-8", headers={"vary": "Host"})

    async def agent_archive(self, call: Call[Any]) -> Reply:
        archive = await self._installer.archive()
        return Reply(content=archive.content, media_type="application/zip", headers=_BRIEFLY)

    async def agent_checksum(self, call: Call[Any]) -> Reply:
        archive = await self._installer.archive()
        text = f"{archive.sha256}  {ARCHIVE_NAME}\n"
        return Reply(content=text.encode(), media_type="text/plain", headers=_BRIEFLY)
