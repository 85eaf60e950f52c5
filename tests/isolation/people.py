"""Who asks: the columns of the matrix. Acme is the organization that the rows are about."""

from tests.webxterm.house import Client, Relay

COLUMNS = ("nobody", "user", "foreign_user", "foreign_admin", "granted", "admin", "super_admin")
"""In every row: the living, and nobody. `granted` is a user of Acme with a grant for each machine that a row makes."""

DEAD = {
    "agent": 401,
    "session_token": 401,
    "logged_out": 401,
    "expired": 401,
    "disabled": 401,
    "disabled_organization": 403,
}
"""Credentials that open nothing, and their answer: an enrolment token, the token that only chooses an organization, and
Acme's own administrators whose login, token, account or organization has ended."""

KEYS = {"granted_key": "granted", "admin_key": "admin"}
"""Account API keys, and whose they are: answered as their owners, but for routes that no key may ask (403)."""

BLIND = {"nobody", "foreign_user", "foreign_admin", *DEAD}
"""Who must never see MARK."""


async def everybody(home: Relay) -> dict[str, Client]:
    """All columns; the expired one first, since its day must pass."""
    admin = await home.organization("acme-admin", "Acme")
    await home.user(admin, "acme-late", role="company_admin")
    expired = await home.client("acme-late")
    home.clock.advance(25 * 3600)
    admin, foreign = await home.client("acme-admin"), await home.organization("beta-admin", "Beta")
    return {
        "nobody": home.anybody,
        "user": await home.user(admin, "acme-user"),
        "foreign_user": await home.user(foreign, "beta-user"),
        "foreign_admin": foreign,
        "granted": await home.user(admin, "acme-granted"),
        "admin": admin,
        "super_admin": await home.super_admin(),
        "agent": Client(home.http, (await home.machine(admin, "acme-enrolling")).registration_token),
        "session_token": await _session_token(home),
        "logged_out": await _logged_out(home),
        "expired": expired,
        "disabled": await _disabled(home, admin),
        "disabled_organization": await home.client("acme-admin"),
        "granted_key": await _key(home, "acme-granted"),
        "admin_key": await _key(home, "acme-admin"),
    }


async def _key(home: Relay, name: str) -> Client:
    owner = await home.client(name)
    return Client(home.http, (await owner.get("/api/users/me")).body["user"]["api_key"], owner.actor)


async def _session_token(home: Relay) -> Client:
    answer = await home.anybody.post(
        "/api/auth/login", {"email": "acme-admin@example.org", "password": "correct horse"}
    )
    return Client(home.http, answer.body["session_token"])


async def _logged_out(home: Relay) -> Client:
    found = await home.client("acme-admin")
    assert (await found.post("/api/auth/logout")).status == 200
    return found


async def _disabled(home: Relay, admin: Client) -> Client:
    found = await home.user(admin, "acme-gone", role="company_admin")
    where = {"_id": found.actor.user_id, "tenant_id": "acme"}
    await home.services.database.collection("users").update_one(where, {"$set": {"enabled": False}})
    return found
