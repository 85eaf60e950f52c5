"""Figures for Prometheus. Each application has its own registry, so that tests may run many in one process.

`/metrics` stands on the API's own port. With FAIRLEAD_METRICS_TOKEN set, it wants that token as a bearer. Without, it
answers only a direct caller on this machine: loopback peer, loopback Host, no forwarding header, and no public URL
configured (behind a reverse proxy every caller looks local). Everybody else is told 404.
"""

import hmac
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from relay.api.peer import FORWARDING_HEADERS, is_loopback, is_loopback_host

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What is counted. `watch` adds a figure that is read when Prometheus asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "fairlead_http_requests", "Answered requests.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "fairlead_http_request_seconds",
            "Time from request to answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge `fairlead_<name>` whose value is read when asked for."""
        Gauge(f"fairlead_{name}", text, registry=self.registry).set_function(read)

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One answer. `route` is the pattern, never the path: ids would make the series endless."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)


def may_read_metrics(*, token: str, bearer: str, peer: str, headers: Mapping[str, str], public_url: str) -> bool:
    """Whether this caller may see the figures (rules above)."""
    if token:
        return hmac.compare_digest(token.encode(), bearer.encode())
    is_forwarded = any(name in headers for name in FORWARDING_HEADERS)
    is_direct = is_loopback(peer) and is_loopback_host(headers.get("host", "")) and not is_forwarded
    return is_direct and not public_url
