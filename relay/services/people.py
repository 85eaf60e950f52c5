"""The services about people: accounts changed by administrators, organizations, the community, what people upload."""

from dataclasses import dataclass

from relay.config import Config
from relay.services.accounts import Accounts
from relay.services.audit import Audit
from relay.services.avatars import Avatars
from relay.services.community import Community
from relay.services.devices import Devices
from relay.services.fixes import Fixes
from relay.services.inactivity import Inactivity
from relay.services.organizations import Organizations
from relay.services.presence import Presence
from relay.services.recheck import LiveRecheck
from relay.services.rights import Rights
from relay.services.uploads import Uploads
from relay.services.user_changes import UserChanges
from relay.services.users import Users


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Built together, because they need each other."""

    user_changes: UserChanges
    organizations: Organizations
    community: Community
    fixes: Fixes
    uploads: Uploads
    avatars: Avatars
    inactivity: Inactivity


def build_people(
    d: Devices,
    config: Config,
    *,
    audit: Audit,
    accounts: Accounts,
    users: Users,
    rights: Rights,
    presence: Presence,
    recheck: LiveRecheck,
) -> People:
    """These services over the devices and those beneath them."""
    community = Community(database=d.database, rights=rights, audit=audit, clock=d.clock, ids=d.ids)
    uploads = Uploads(
        database=d.database,
        folder=d.uploads,
        clock=d.clock,
        ids=d.ids,
        quota_bytes=config.upload_quota_bytes,
    )
    avatars = Avatars(database=d.database, uploads=uploads, clock=d.clock)
    return People(
        user_changes=UserChanges(
            database=d.database,
            users=users,
            passwords=d.passwords,
            avatars=avatars,
            audit=audit,
            recheck=recheck,
            clock=d.clock,
            password_min_length=config.password_min_length,
        ),
        organizations=Organizations(
            database=d.database,
            accounts=accounts,
            presence=presence,
            hub=d.hub,
            uploads=uploads,
            audit=audit,
            recheck=recheck,
            clock=d.clock,
        ),
        community=community,
        fixes=Fixes(database=d.database, community=community, clock=d.clock, ids=d.ids),
        uploads=uploads,
        avatars=avatars,
        inactivity=Inactivity(
            database=d.database, audit=audit, recheck=recheck, clock=d.clock, days=config.inactivity_days
        ),
    )
