"""`/api/profile/*`: what people see and change of themselves."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import verbatim
from relay.api.limits import NEW_KEY_LIMITS, PASSWORD_LIMITS
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.auth import NewPassword, OwnUser, own_user
from relay.api.webxterm.common import Message, moment, timestamp
from relay.api.webxterm.uploads import shown_url
from relay.domain.access import Permission
from relay.domain.accounts import FIRST_STEPS


class ResetPassword(Struct, kw_only=True):
    """The password there is, and the one there is to be."""

    current_password: Annotated[str, verbatim(1, 4096)]
    new_password: NewPassword


class ProfileUser(OwnUser, kw_only=True):
    """Oneself, with what only the profile shows."""

    avatar_url: str | None
    created_at: str
    last_login: str | None


class ProfileAnswer(Struct):
    """One's own account. `sends_mail`: whether a link to confirm the address can be had."""

    user: ProfileUser
    sends_mail: bool


class NewKey(Struct):
    """The account API key that counts from now on."""

    message: str
    api_key: str


async def reset_password(call: Call[ResetPassword]) -> Message:
    body = call.body
    await call.services.profile.reset_password(call.actor, current=body.current_password, new=body.new_password)
    return Message("Password updated successfully")


async def get_profile(call: Call[Nothing]) -> ProfileAnswer:
    account = await call.services.users.me(call.actor)
    api_key = await call.services.auth.api_key(call.actor.user_id)
    own = own_user(account, list(call.actor.groups), api_key)
    return ProfileAnswer(
        ProfileUser(
            **{name: getattr(own, name) for name in OwnUser.__struct_fields__},
            avatar_url=shown_url(call, account.user.avatar_url),
            created_at=timestamp(account.user.created_at),
            last_login=moment(account.user.last_login),
        ),
        sends_mail=call.services.verification.sends_mail,
    )


async def regenerate_api_key(call: Call[Nothing]) -> NewKey:
    return NewKey("API key regenerated", await call.services.api_keys.regenerate(call.actor))


ROUTES = (
    Route("POST", "/api/profile/reset-password", permission=Permission.VIEW_OWN_PROFILE, view=reset_password,
          body=ResetPassword, answer=Message, summary="Change one's password and end one's other logins",
          limits=PASSWORD_LIMITS, may_lack=FIRST_STEPS, by_key=False),
    Route("GET", "/api/profile", permission=Permission.VIEW_OWN_PROFILE, view=get_profile, answer=ProfileAnswer,
          summary="One's own account"),
    Route("POST", "/api/profile/regenerate-api-key", permission=Permission.VIEW_OWN_PROFILE,
          view=regenerate_api_key, answer=NewKey, summary="Make another account API key and end the old one",
          limits=NEW_KEY_LIMITS, by_key=False),
)  # fmt: skip
