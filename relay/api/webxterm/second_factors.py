"""`/api/profile/second-factors*`, `/api/profile/recovery-codes`: one's own second factors; and their reset."""

from typing import Annotated, Any

from msgspec import Struct

from relay.api.fields import line, object_id, verbatim
from relay.api.limits import PASSWORD_LIMITS
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Message, moment, timestamp
from relay.api.webxterm.login_steps import OptionsAnswer
from relay.domain.access import Permission
from relay.domain.accounts import Unfinished
from relay.domain.second_factors import SecondFactor
from relay.services.second_factors import Added

Password = Annotated[str, verbatim(1, 4096)]
FactorName = Annotated[str, line(1, 60)]
ENROLMENT = frozenset({Unfinished.SECOND_FACTOR})
"""Whoever has to add a second factor first may do just that."""


class SecondFactorView(Struct, kw_only=True):
    """An authenticator app or a passkey."""

    id: str
    kind: str
    name: str
    created_at: str
    last_used_at: str | None


class SecondFactorList(Struct, kw_only=True):
    """All that count. `required`: the organization wants everybody to have one."""

    second_factors: list[SecondFactorView]
    recovery_codes_left: int
    required: bool


class NewTotp(Struct, kw_only=True):
    """A name for it, and one's password once more."""

    name: FactorName
    current_password: Password


class TotpAnswer(Struct, kw_only=True):
    """For the authenticator app, shown once; it counts after `confirm`."""

    id: str
    secret: str
    otpauth_url: str


class ConfirmTotp(Struct, kw_only=True):
    """A code of the app."""

    code: Annotated[str, line(1, 16)]


class AddedAnswer(Struct, kw_only=True):
    """It counts from now on. With the first one come the recovery codes, shown once."""

    second_factor: SecondFactorView
    recovery_codes: list[str]


class WithPassword(Struct, kw_only=True):
    """One's password once more."""

    current_password: Password


class NewPasskey(Struct, kw_only=True):
    """A name for it, and what the browser gave."""

    name: FactorName
    credential: dict[str, Any]


class RecoveryCodesAnswer(Struct):
    """Shown once."""

    recovery_codes: list[str]


async def list_second_factors(call: Call[Nothing]) -> SecondFactorList:
    found = await call.services.second_factors.list_own(call.actor)
    return SecondFactorList(
        second_factors=[_view(each) for each in found.factors],
        recovery_codes_left=found.recovery_codes_left,
        required=found.required,
    )


async def add_totp(call: Call[NewTotp]) -> TotpAnswer:
    body = call.body
    made = await call.services.second_factors.begin_totp(
        call.actor, name=body.name, current_password=body.current_password
    )
    return TotpAnswer(id=made.id, secret=made.secret, otpauth_url=made.otpauth_url)


async def confirm_totp(call: Call[ConfirmTotp]) -> AddedAnswer:
    factor_id = object_id(call.path["factor_id"], "second factor")
    return _added(await call.services.second_factors.confirm_totp(call.actor, factor_id, call.body.code))


async def new_passkey_options(call: Call[WithPassword]) -> OptionsAnswer:
    options = await call.services.second_factors.passkey_options(
        call.actor, current_password=call.body.current_password, base_url=call.facts.base_url
    )
    return OptionsAnswer(options)


async def add_passkey(call: Call[NewPasskey]) -> AddedAnswer:
    body = call.body
    return _added(
        await call.services.second_factors.add_passkey(call.actor, name=body.name, credential=body.credential)
    )


async def remove_second_factor(call: Call[WithPassword]) -> Message:
    factor_id = object_id(call.path["factor_id"], "second factor")
    await call.services.second_factors.remove(call.actor, factor_id, current_password=call.body.current_password)
    return Message("Second factor removed")


async def make_recovery_codes(call: Call[WithPassword]) -> RecoveryCodesAnswer:
    codes = await call.services.second_factors.new_recovery_codes(
        call.actor, current_password=call.body.current_password
    )
    return RecoveryCodesAnswer(list(codes))


async def reset_second_factors(call: Call[Nothing]) -> Message:
    await call.services.second_factors.reset(call.actor, object_id(call.path["user_id"], "user"))
    return Message("Second factors reset")


def _added(added: Added) -> AddedAnswer:
    return AddedAnswer(second_factor=_view(added.factor), recovery_codes=list(added.recovery_codes))


def _view(factor: SecondFactor) -> SecondFactorView:
    return SecondFactorView(
        id=factor.id,
        kind=str(factor.kind),
        name=factor.name,
        created_at=timestamp(factor.created_at),
        last_used_at=moment(factor.last_used_at),
    )


_PATH = "/api/profile/second-factors"
_OWN = Permission.VIEW_OWN_PROFILE
ROUTES = (
    Route("GET", _PATH, permission=_OWN, view=list_second_factors, answer=SecondFactorList,
          summary="One's own second factors", may_lack=ENROLMENT),
    Route("POST", f"{_PATH}/totp", permission=_OWN, view=add_totp, body=NewTotp, answer=TotpAnswer, status=201,
          summary="Begin with an authenticator app", refusals=(409,), limits=PASSWORD_LIMITS, may_lack=ENROLMENT,
          by_key=False),
    Route("POST", f"{_PATH}/totp/{{factor_id}}/confirm", permission=_OWN, view=confirm_totp, body=ConfirmTotp,
          answer=AddedAnswer, summary="Confirm an authenticator app by a code of it", refusals=(409,),
          limits=PASSWORD_LIMITS, may_lack=ENROLMENT, by_key=False),
    Route("POST", f"{_PATH}/passkey/options", permission=_OWN, view=new_passkey_options, body=WithPassword,
          answer=OptionsAnswer, summary="What the browser is to be asked for a new passkey", refusals=(409,),
          limits=PASSWORD_LIMITS, may_lack=ENROLMENT, by_key=False),
    Route("POST", f"{_PATH}/passkey", permission=_OWN, view=add_passkey, body=NewPasskey, answer=AddedAnswer,
          status=201, summary="Add the passkey the browser made", refusals=(409,), limits=PASSWORD_LIMITS,
          may_lack=ENROLMENT, by_key=False),
    Route("DELETE", f"{_PATH}/{{factor_id}}", permission=_OWN, view=remove_second_factor, body=WithPassword,
          answer=Message, summary="Remove one of one's second factors", refusals=(409,), limits=PASSWORD_LIMITS,
          by_key=False),
    Route("POST", "/api/profile/recovery-codes", permission=_OWN, view=make_recovery_codes, body=WithPassword,
          answer=RecoveryCodesAnswer, summary="Make new recovery codes and end the old ones", refusals=(409,),
          limits=PASSWORD_LIMITS, by_key=False),
    Route("DELETE", "/api/users/{user_id}/second-factors", permission=Permission.MANAGE_USERS,
          view=reset_second_factors, answer=Message,
          summary="Take all second factors from a user who lost them, and end their logins", by_key=False),
)  # fmt: skip
