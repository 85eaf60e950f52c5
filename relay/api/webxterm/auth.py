"""`/api/auth/*`: sign-up, login, choice of organization, refresh, logout."""

from collections.abc import Sequence
from typing import Annotated, Any, assert_never

from msgspec import UNSET, Struct, UnsetType

from relay.api.fields import Email, line, verbatim
from relay.api.limits import LOGIN_LIMITS, SIGNUP_LIMITS
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import Message, Name, OrganizationName, Username, caller_of
from relay.domain.access import Permission
from relay.domain.accounts import FIRST_STEPS
from relay.domain.errors import Invalid
from relay.services.accounts import NewUser
from relay.services.login_outcomes import LoggedIn, OtpSent, Outcome, SecondFactorNeeded, TenantChoice
from relay.services.standing import Account

NewPassword = Annotated[str, verbatim(8, 1024)]
Token = Annotated[str, verbatim(1, 8192)]
VERIFY_NEVER = "User created successfully. This relay sends no mail, so your address stays unverified."
VERIFY_LATER = "User created successfully. Please check your email to verify your account."


class Signup(Struct, kw_only=True):
    """A new organization and its first administrator."""

    username: Username
    email: Email
    password: NewPassword
    first_name: Name
    last_name: Name
    organization_name: OrganizationName
    company_name: Name


class SignedUp(Struct):
    """No token: one logs in next."""

    message: str
    user_id: str
    username: str
    organization: str


class LoginBody(Struct, kw_only=True):
    """E-mail or user name, and the password."""

    email: Annotated[str, line(0, 254)] = ""
    username: Annotated[str, line(0, 254)] = ""
    password: Annotated[str, verbatim(1, 4096)]


class TenantEntry(Struct):
    """One of the organizations a person has an account in."""

    tenant_id: str
    tenant_name: str
    username: str
    user_id: str


class OwnUser(Struct, kw_only=True):
    """A user as that very user sees it."""

    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    tenant_id: str
    tenant_name: str
    role: str
    machine_role: str
    groups: list[str]
    email_verified: bool
    api_key: str


class LoginAnswer(Struct, kw_only=True, omit_defaults=True):
    """A token, or what is asked next: the organization (`requires_tenant_selection`), the code that was sent by mail
    (`requires_otp`), or a second factor (`requires_second_factor`, by one of `methods`).

    With `password_change_required` the token is good for nothing but changing the password; with
    `second_factor_enrolment_required` for nothing but that and adding a second factor.
    """

    session_token: str
    message: str | UnsetType = UNSET
    username: str | UnsetType = UNSET
    requires_otp: bool | UnsetType = UNSET
    otp_expires_in_min: int | UnsetType = UNSET
    requires_second_factor: bool | UnsetType = UNSET
    methods: list[str] | UnsetType = UNSET
    second_factor_enrolment_required: bool | UnsetType = UNSET
    token: str | UnsetType = UNSET
    user: OwnUser | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET
    available_tenants: list[TenantEntry] | UnsetType = UNSET
    must_reset_password: bool | UnsetType = UNSET
    password_change_required: bool | UnsetType = UNSET
    requires_tenant_selection: bool | UnsetType = UNSET
    tenants: list[TenantEntry] | UnsetType = UNSET


class SelectTenant(Struct, kw_only=True):
    """The session token of a login, and the organization chosen."""

    session_token: Token
    tenant_id: Annotated[str, line(1, 63)]


class Refresh(Struct):
    """The token to renew; it may also stand in the Authorization header."""

    token: Annotated[str, verbatim(0, 8192)] = ""


class Refreshed(Struct):
    """The new token and its seconds to live."""

    token: str
    expires_in: int


def own_user(account: Account, groups: list[str], api_key: str) -> OwnUser:
    """A user as that very user sees it, account key included."""
    user = account.user
    return OwnUser(
        id=user.id,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        tenant_id=user.tenant_id,
        tenant_name=account.organization.display_name,
        role=str(user.role),
        machine_role=user.machine_role,
        groups=groups,
        email_verified=user.email_verified,
        api_key=api_key,
    )


async def signup(call: Call[Signup]) -> SignedUp:
    body = call.body
    new = NewUser(
        username=body.username,
        email=body.email,
        password=body.password,
        first_name=body.first_name,
        last_name=body.last_name,
    )
    user, organization = await call.services.accounts.signup(
        caller_of(call), new, organization_name=body.organization_name, company_name=body.company_name
    )
    message = VERIFY_LATER if call.services.verification.sends_mail else VERIFY_NEVER
    return SignedUp(message=message, user_id=user.id, username=user.username, organization=organization.display_name)


async def login(call: Call[LoginBody]) -> LoginAnswer:
    name = call.body.email or call.body.username
    if not name:
        raise Invalid("email is required")
    found = await call.services.login.login(caller_of(call), name=name, password=call.body.password)
    return await login_answer(call, found)


async def select_tenant(call: Call[SelectTenant]) -> LoginAnswer:
    body = call.body
    found = await call.services.login.select_tenant(
        caller_of(call), session_token=body.session_token, tenant_id=body.tenant_id
    )
    return await login_answer(call, found)


async def logout(call: Call[Nothing]) -> Message:
    await call.services.auth.logout(call.actor)
    return Message("Logged out successfully")


async def refresh_token(call: Call[Refresh]) -> Refreshed:
    token, expires_in = await call.services.auth.refresh(
        call.body.token or call.facts.bearer, ip_address=call.facts.ip_address, user_agent=call.facts.user_agent
    )
    return Refreshed(token=token, expires_in=expires_in)


async def login_answer(call: Call[Any], found: Outcome) -> LoginAnswer:
    """What came of a proof, as the wire says it."""
    match found:
        case LoggedIn():
            return await _logged_in(call, found)
        case TenantChoice():
            return LoginAnswer(
                session_token=found.session_token, requires_tenant_selection=True, tenants=_tenants(found.available)
            )
        case OtpSent():
            return LoginAnswer(
                session_token=found.session_token,
                message="OTP sent to your email",
                requires_otp=True,
                username=found.account.user.username,
                tenants=_tenants(found.available),
                otp_expires_in_min=found.expires_in_min,
            )
        case SecondFactorNeeded():
            return LoginAnswer(
                session_token=found.session_token,
                message="Second factor required",
                requires_second_factor=True,
                username=found.account.user.username,
                methods=[str(each) for each in found.methods],
                tenants=_tenants(found.available),
            )
    assert_never(found)


async def _logged_in(call: Call[Any], found: LoggedIn) -> LoginAnswer:
    api_key = await call.services.auth.api_key(found.account.user.id)
    return LoginAnswer(
        token=found.token,
        user=own_user(found.account, list(found.groups), api_key),
        expires_in=found.expires_in_s,
        session_token=found.session_token,
        available_tenants=_tenants(found.available),
        must_reset_password=found.account.user.must_reset_password,
        password_change_required=found.account.user.one_time_password or UNSET,
        second_factor_enrolment_required=found.enrolment_required or UNSET,
    )


def _tenants(accounts: Sequence[Account]) -> list[TenantEntry]:
    return [_tenant(each) for each in accounts]


def _tenant(account: Account) -> TenantEntry:
    return TenantEntry(
        tenant_id=account.user.tenant_id,
        tenant_name=account.organization.display_name,
        username=account.user.username,
        user_id=account.user.id,
    )


ROUTES = (
    Route("POST", "/api/auth/signup", permission=Permission.PUBLIC, view=signup, body=Signup, answer=SignedUp,
          status=201, summary="Create an organization and its first administrator", refusals=(403, 409),
          limits=SIGNUP_LIMITS),
    Route("POST", "/api/auth/login", permission=Permission.PUBLIC, view=login, body=LoginBody, answer=LoginAnswer,
          summary="Exchange a password for a token", refusals=(401, 403, 503), limits=LOGIN_LIMITS),
    Route("POST", "/api/auth/select-tenant", permission=Permission.PUBLIC, view=select_tenant, body=SelectTenant,
          answer=LoginAnswer, summary="Choose or change the organization", refusals=(401, 403, 429, 503)),
    Route("POST", "/api/auth/logout", permission=Permission.AUTHENTICATED, view=logout, answer=Message,
          summary="End this login", may_lack=FIRST_STEPS, by_key=False),
    Route("POST", "/api/auth/refresh", permission=Permission.PUBLIC, view=refresh_token, body=Refresh,
          answer=Refreshed, summary="Renew a token that is still valid", refusals=(401, 403)),
)  # fmt: skip
