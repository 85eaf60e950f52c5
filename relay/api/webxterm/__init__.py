"""The terminal API: paths, field names and texts of its documentation, over the one domain (docs/api/webxterm.md)."""

from relay.api.routing import Route
from relay.api.webxterm import (
    access,
    audit,
    auth,
    commands,
    community,
    dashboard,
    email_verification,
    groups,
    history,
    log_search,
    machines,
    oidc,
    organizations,
    profile,
    roles,
    runs,
    terminal,
    uploads,
    users,
)

ROUTES: tuple[Route, ...] = (
    *auth.ROUTES,
    *oidc.ROUTES,
    *email_verification.ROUTES,
    *users.ROUTES,
    *roles.ROUTES,
    *organizations.ROUTES,
    *community.ROUTES,
    *uploads.ROUTES,
    *profile.ROUTES,
    *machines.ROUTES,
    *commands.ROUTES,
    *runs.ROUTES,
    *history.ROUTES,
    *log_search.ROUTES,
    *access.ROUTES,
    *groups.ROUTES,
    *terminal.ROUTES,
    *dashboard.ROUTES,
    *audit.ROUTES,
)
"""Every row of the dialect; tests walk it."""
