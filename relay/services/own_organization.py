"""One's own organization, for its administrators: what it is called, and whether everybody needs a second factor."""

from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import Organization
from relay.domain.audit import Action
from relay.domain.errors import Invalid, NotFound
from relay.domain.names import check_name
from relay.services.audit import Audit
from relay.services.records import find_record
from relay.store.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrganization:
    """Reads and changes it."""

    database: Database
    audit: Audit
    clock: Clock

    async def get(self, actor: Actor) -> Organization:
        """The actor's organization. Raises NotFound when it was deleted this moment."""
        found = await self.database.collection("organizations").find_one({"name": actor.tenant_id})
        organization = find_record(Organization, found)
        if organization is None:
            raise NotFound("Organization not found")
        return organization

    async def update(
        self, actor: Actor, *, display_name: str | None = None, second_factor_required: bool | None = None
    ) -> Organization:
        """Change what is given. Requiring a second factor holds from the next request of everybody. Raises Invalid."""
        changes: dict[str, Any] = {}
        if display_name is not None:
            changes["display_name"] = check_name(display_name, field="display_name")
        if second_factor_required is not None:
            changes["second_factor_required"] = second_factor_required
        if not changes:
            raise Invalid("display_name or second_factor_required is required")
        update = {"$set": {**changes, "updated_at": self.clock.now()}}
        await self.database.collection("organizations").update_one({"name": actor.tenant_id}, update)
        organization = await self.get(actor)
        await self.audit.record(actor, Action.ORG_UPDATED, "organization", resource_id=organization.id, **changes)
        return organization
