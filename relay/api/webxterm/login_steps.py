"""`/api/auth/verify-otp`, `/api/auth/second-factor*`: what a login may still ask after the password."""

import re
from typing import Annotated, Any, Literal

from msgspec import Struct

from relay.api.fields import line, verbatim
from relay.api.limits import FACTOR_LIMITS, PASSKEY_LIMITS, STEP_LIMITS
from relay.api.routing import Call, Route
from relay.api.webxterm.auth import LoginAnswer, Token, login_answer
from relay.api.webxterm.common import caller_of
from relay.domain.access import Permission
from relay.domain.errors import Invalid
from relay.domain.second_factors import Method

_SIX_DIGITS = re.compile(r"[0-9]{6}")


class VerifyOtp(Struct, kw_only=True):
    """The code of the mail; `otp` is another name for it. A `session_token` given must be that of the same login."""

    username: Annotated[str, line(1, 254)]
    otp_code: Annotated[str, line(0, 16)] = ""
    otp: Annotated[str, line(0, 16)] = ""
    session_token: Annotated[str, verbatim(0, 8192)] = ""


class SecondFactorBody(Struct, kw_only=True):
    """`code` for an authenticator app or a recovery code, `credential` for what the browser gave for a passkey."""

    session_token: Token
    method: Literal["totp", "passkey", "recovery_code"]
    code: Annotated[str, line(0, 64)] = ""
    credential: dict[str, Any] = {}


class SessionToken(Struct):
    """The session token of a login that waits for a second factor."""

    session_token: Token


class OptionsAnswer(Struct):
    """For `navigator.credentials`: WebAuthn's own JSON form."""

    options: dict[str, Any]


async def verify_otp(call: Call[VerifyOtp]) -> LoginAnswer:
    body = call.body
    code = body.otp_code or body.otp
    if not _SIX_DIGITS.fullmatch(code):
        raise Invalid("otp_code must be exactly 6 digits")
    found = await call.services.login.verify_otp(
        caller_of(call), username=body.username, code=code, session_token=body.session_token
    )
    return await login_answer(call, found)


async def prove_second_factor(call: Call[SecondFactorBody]) -> LoginAnswer:
    body = call.body
    proof = "credential" if body.method == "passkey" else "code"
    if not getattr(body, proof):
        raise Invalid(f"{proof} is required")
    found = await call.services.login.second_factor(
        caller_of(call),
        session_token=body.session_token,
        method=Method(body.method),
        code=body.code,
        credential=body.credential,
    )
    return await login_answer(call, found)


async def passkey_options(call: Call[SessionToken]) -> OptionsAnswer:
    options = await call.services.login.passkey_options(
        session_token=call.body.session_token, base_url=call.facts.base_url
    )
    return OptionsAnswer(options)


ROUTES = (
    Route("POST", "/api/auth/verify-otp", permission=Permission.PUBLIC, view=verify_otp, body=VerifyOtp,
          answer=LoginAnswer, summary="Go on with a login by the code of the mail", refusals=(401, 403),
          limits=STEP_LIMITS),
    Route("POST", "/api/auth/second-factor", permission=Permission.PUBLIC, view=prove_second_factor,
          body=SecondFactorBody, answer=LoginAnswer, summary="Go on with a login by its second factor",
          refusals=(401, 403), limits=FACTOR_LIMITS),
    Route("POST", "/api/auth/second-factor/passkey-options", permission=Permission.PUBLIC, view=passkey_options,
          body=SessionToken, answer=OptionsAnswer, summary="What the browser is to be asked for a passkey",
          refusals=(401, 403), limits=PASSKEY_LIMITS),
)  # fmt: skip
