"""`/api/profile/logins`: what is logged in to one's account, and ending it."""

from msgspec import Struct

from relay.api.fields import object_id
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Counts, Message, PageQuery, counts, timestamp
from relay.domain.access import Permission
from relay.domain.logins import LoginRecord


class LoginView(Struct, kw_only=True):
    """One login; `current` is the one that asks."""

    id: str
    source: str
    method: str
    browser: str
    os: str
    ip_address: str
    created_at: str
    last_seen_at: str
    current: bool


class LoginList(Counts, kw_only=True):
    """The newest first."""

    logins: list[LoginView]


async def list_logins(call: Call[Nothing]) -> LoginList:
    query: PageQuery = call.query
    account = await call.services.users.me(call.actor)
    page = await call.services.logins.list_own(call.actor, account.user, query.wanted())
    return LoginList(logins=[_view(each, call.actor.login_id) for each in page.items], **counts(page))


async def end_login(call: Call[Nothing]) -> Message:
    await call.services.logins.end(call.actor, object_id(call.path["login_id"], "login"))
    return Message("Login ended")


def _view(login: LoginRecord, current: str) -> LoginView:
    return LoginView(
        id=login.login_id,
        source=str(login.source),
        method=login.method,
        browser=login.browser,
        os=login.os,
        ip_address=login.ip_address,
        created_at=timestamp(login.created_at),
        last_seen_at=timestamp(login.last_seen_at),
        current=login.login_id == current,
    )


ROUTES = (
    Route("GET", "/api/profile/logins", permission=Permission.VIEW_OWN_PROFILE, view=list_logins, query=PageQuery,
          answer=LoginList, summary="What is logged in to one's account", by_key=False),
    Route("DELETE", "/api/profile/logins/{login_id}", permission=Permission.VIEW_OWN_PROFILE, view=end_login,
          answer=Message, summary="End one of one's logins and close its shells", by_key=False),
)  # fmt: skip
