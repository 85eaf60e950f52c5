"""`/api/auth/verify-email*`: the link of the mail, and asking for another one."""

from html import escape
from typing import Annotated

from msgspec import Struct

from relay.api.fields import verbatim
from relay.api.limits import EMAIL_LIMITS, LINK_LIMITS
from relay.api.routing import Call, Nothing, Reply, Route
from relay.api.webxterm.common import Message, caller_of
from relay.domain.access import Permission
from relay.domain.errors import Invalid

Token = Annotated[str, verbatim(1, 200)]
VERIFIED = "Email verified successfully"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fairlead</title>
<meta name="viewport" content="width=device-width"></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""
CONFIRMED = PAGE.format(
    title="Your e-mail address is confirmed", text='You can close this page, or <a href="/">go to the console</a>.'
)
REFUSED = PAGE.format(title="This link does not work", text='{refusal}. <a href="/profile">Go to your profile</a>.')


class LinkToken(Struct):
    """The token of the link."""

    token: Token


async def verify_email(call: Call[Nothing]) -> Message | Reply:
    query: LinkToken = call.query
    try:
        await call.services.verification.verify(caller_of(call), query.token)
    except Invalid as refused:
        if not call.facts.wants_page:
            raise
        return _page(REFUSED.format(refusal=escape(refused.text)), status=400)
    return _page(CONFIRMED) if call.facts.wants_page else Message(VERIFIED)


def _page(text: str, status: int = 200) -> Reply:
    return Reply(content=text.encode(), status=status, media_type="text/html; charset=utf-8")


async def verify_email_by_post(call: Call[LinkToken]) -> Message:
    await call.services.verification.verify(caller_of(call), call.body.token)
    return Message(VERIFIED)


async def resend_verification(call: Call[Nothing]) -> Message:
    await call.services.verification.resend(call.actor)
    return Message("Verification email sent")


ROUTES = (
    Route("GET", "/api/auth/verify-email", permission=Permission.PUBLIC, view=verify_email, query=LinkToken,
          answer=Message, summary="Confirm an e-mail address by the link of the mail", limits=LINK_LIMITS),
    Route("POST", "/api/auth/verify-email", permission=Permission.PUBLIC, view=verify_email_by_post, body=LinkToken,
          answer=Message, summary="Confirm an e-mail address by the token of the link", limits=LINK_LIMITS),
    Route("POST", "/api/auth/verify-email/resend", permission=Permission.AUTHENTICATED, view=resend_verification,
          answer=Message, summary="Have another link sent", refusals=(409, 503), limits=EMAIL_LIMITS, by_key=False),
)  # fmt: skip
