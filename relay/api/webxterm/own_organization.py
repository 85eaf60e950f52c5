"""`/api/organization`: one's own organization, for its administrators."""

from typing import Annotated

from msgspec import Struct

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Route
from relay.api.webxterm.common import timestamp
from relay.domain.access import Permission
from relay.domain.accounts import Organization


class OwnOrganizationView(Struct, kw_only=True):
    """`name` is the tenant id, `display_name` what people read."""

    id: str
    name: str
    display_name: str
    enabled: bool
    second_factor_required: bool
    created_at: str
    updated_at: str


class OwnOrganizationAnswer(Struct):
    """One's own organization."""

    organization: OwnOrganizationView


class ChangeOwnOrganization(Struct, kw_only=True):
    """What to change; what is not named stays."""

    display_name: Annotated[str, line(1, 100)] | None = None
    second_factor_required: bool | None = None


async def get_own_organization(call: Call[Nothing]) -> OwnOrganizationAnswer:
    return OwnOrganizationAnswer(_view(await call.services.own_organization.get(call.actor)))


async def update_own_organization(call: Call[ChangeOwnOrganization]) -> OwnOrganizationAnswer:
    body = call.body
    changed = await call.services.own_organization.update(
        call.actor, display_name=body.display_name, second_factor_required=body.second_factor_required
    )
    return OwnOrganizationAnswer(_view(changed))


def _view(organization: Organization) -> OwnOrganizationView:
    return OwnOrganizationView(
        id=organization.id,
        name=organization.name,
        display_name=organization.display_name,
        enabled=organization.enabled,
        second_factor_required=organization.second_factor_required,
        created_at=timestamp(organization.created_at),
        updated_at=timestamp(organization.updated_at),
    )


ROUTES = (
    Route("GET", "/api/organization", permission=Permission.MANAGE_USERS, view=get_own_organization,
          answer=OwnOrganizationAnswer, summary="One's own organization"),
    Route("PUT", "/api/organization", permission=Permission.MANAGE_USERS, view=update_own_organization,
          body=ChangeOwnOrganization, answer=OwnOrganizationAnswer, by_key=False,
          summary="Change its name, or whether everybody needs a second factor"),
)  # fmt: skip
