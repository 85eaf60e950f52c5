"""`/api/profile/*`: what people change about themselves."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import verbatim
from relay.api.limits import PASSWORD_LIMITS
from relay.api.routing import Call, Route
from relay.api.webxterm.auth import NewPassword
from relay.api.webxterm.common import Message
from relay.domain.access import Permission


class ResetPassword(Struct, kw_only=True):
    """The password there is, and the one there is to be."""

    current_password: Annotated[str, verbatim(1, 4096)]
    new_password: NewPassword


async def reset_password(call: Call[ResetPassword]) -> Message:
    body = call.body
    await call.services.profile.reset_password(call.actor, current=body.current_password, new=body.new_password)
    return Message("Password updated successfully")


ROUTES = (
    Route("POST", "/api/profile/reset-password", permission=Permission.VIEW_OWN_PROFILE, view=reset_password,
          body=ResetPassword, answer=Message, summary="Change one's password and end one's other logins",
          limits=PASSWORD_LIMITS, one_time_password=True),
)  # fmt: skip
