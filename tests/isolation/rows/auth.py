"""Sign-up, login, tokens."""

from tests.isolation.patterns import ANYBODY_KNOWN, known, new_user, same
from tests.isolation.row import Row
from tests.isolation.world import World


def new_organization(world: World) -> dict[str, str]:
    name = f"New {world.number()}"
    return {**new_user(world), "organization_name": name, "company_name": name}


ROWS = {
    "POST /api/auth/signup": Row(same(201), body=new_organization),
    "POST /api/auth/login": Row(same(401), body=lambda world: {"email": "stranger@example.org", "password": "wrong"}),
    "POST /api/auth/select-tenant": Row(same(401), body=lambda world: {"session_token": "x", "tenant_id": "acme"}),
    "GET /api/auth/verify-email": Row(same(400), query={"token": "x"}),
    "POST /api/auth/verify-email": Row(same(400), body=lambda world: {"token": "x"}),
    "POST /api/auth/verify-email/resend": Row(known(503)),
    "POST /api/auth/logout": Row(ANYBODY_KNOWN, ends_login=True),
    "POST /api/auth/refresh": Row(
        (400, 200, 200, 200, 200, 200, 200),
        others={
            "granted_key": 401, "admin_key": 401, "agent": 401, "session_token": 401, "logged_out": 401,
            "expired": 401, "disabled": 403, "disabled_organization": 403,
        },
    ),
}  # fmt: skip
