"""Second factors: the steps of a login, one's own, an administrator's reset; and the switch that requires them."""

from tests.isolation.patterns import ADMINS, ANYBODY_KNOWN, known, same
from tests.isolation.row import Row
from tests.isolation.rows.users import somebody
from tests.isolation.world import World

PATH = "/api/profile/second-factors"
ADMINS_OWN = (401, 404, 404, 404, 404, 400, 404)
"""It is the administrator's of Acme; what they say is wrong."""
RESETS = (401, 403, 403, 404, 403, 200, 200)


async def factor(world: World) -> dict[str, str]:
    """An authenticator app that Acme's administrator has begun with."""
    factor_id = f"{world.number():024x}"
    await world.insert(
        "second_factors",
        {
            "_id": factor_id, "user_id": world.admin.actor.user_id, "kind": "totp", "name": "phone",
            "created_at": world.relay.clock.now(), "confirmed": False, "secret_sealed": "x", "last_step": 0,
        },
    )  # fmt: skip
    return {"factor_id": factor_id}


def wrong_password(world: World) -> dict[str, str]:
    return {"name": "phone", "current_password": "x"}


ROWS = {
    "POST /api/auth/verify-otp": Row(
        same(401), body=lambda world: {"username": f"nobody-{world.number()}", "otp_code": "123456"}
    ),
    "POST /api/auth/second-factor": Row(
        same(401), body=lambda world: {"session_token": f"x{world.number()}", "method": "totp", "code": "123456"}
    ),
    "POST /api/auth/second-factor/passkey-options": Row(same(401), body=lambda world: {"session_token": "x"}),
    f"GET {PATH}": Row(ANYBODY_KNOWN),
    f"POST {PATH}/totp": Row(known(400), body=wrong_password),
    f"POST {PATH}/totp/{{factor_id}}/confirm": Row(ADMINS_OWN, factor, lambda world: {"code": "123456"}),
    f"POST {PATH}/passkey/options": Row(known(400), body=wrong_password),
    f"POST {PATH}/passkey": Row(known(400), body=lambda world: {"name": "key", "credential": {}}),
    f"DELETE {PATH}/{{factor_id}}": Row(ADMINS_OWN, factor, wrong_password),
    "POST /api/profile/recovery-codes": Row(known(400), body=wrong_password),
    "DELETE /api/users/{user_id}/second-factors": Row(RESETS, somebody),
    "GET /api/organization": Row(ADMINS),
    "PUT /api/organization": Row(ADMINS, body=lambda world: {"second_factor_required": False}),
}
