"""Which groups a user is in, as a set that is given whole: by name from outside, by id inside."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from relay.domain.access import Actor
from relay.domain.accounts import User
from relay.domain.audit import Action
from relay.domain.errors import Invalid
from relay.domain.groups import MAX_MEMBERS
from relay.domain.names import folded
from relay.services.audit import Audit
from relay.store.interface import Database, Document, SyncDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChange:
    """The groups somebody came into and went out of."""

    joined: Sequence[Document] = ()
    left: Sequence[Document] = ()


async def group_ids(database: Database, tenant_id: str, names: Sequence[str]) -> frozenset[str]:
    """The ids of the organization's groups of these names. Raises Invalid naming the first unknown one."""
    found = [await _group_id(database, tenant_id, name) for name in names]
    return frozenset(found)


async def _group_id(database: Database, tenant_id: str, name: str) -> str:
    where = {"tenant_id": tenant_id, "name_folded": folded(name.strip())}
    found = await database.collection("groups").find_one(where, projection={"_id": 1})
    if found is None:
        raise Invalid(f"Group not found: {name[:100]}")
    group_id: str = found["_id"]
    return group_id


def set_groups(
    database: SyncDatabase, tenant_id: str, user_id: str, wanted: AbstractSet[str], now: datetime
) -> MembershipChange:
    """Within a transaction: the user is in exactly these groups. Raises Invalid (full, or gone meanwhile)."""
    groups = database.collection("groups")
    held = groups.find({"tenant_id": tenant_id, "member_ids": user_id}, projection={"name": 1})
    left = [group for group in held if group["_id"] not in wanted]
    joined = [_group_with_room(database, tenant_id, each) for each in wanted - {group["_id"] for group in held}]
    for group in left:
        groups.update_one({"_id": group["_id"]}, {"$pull": {"member_ids": user_id}, "$set": {"updated_at": now}})
    for group in joined:
        groups.update_one({"_id": group["_id"]}, {"$addToSet": {"member_ids": user_id}, "$set": {"updated_at": now}})
    return MembershipChange(joined=joined, left=left)


def _group_with_room(database: SyncDatabase, tenant_id: str, group_id: str) -> Document:
    group = database.collection("groups").find_one({"_id": group_id, "tenant_id": tenant_id})
    if group is None:
        raise Invalid("Group not found")
    if len(group["member_ids"]) >= MAX_MEMBERS:
        raise Invalid(f"a group has at most {MAX_MEMBERS} members and machines each")
    return group


async def record_change(audit: Audit, actor: Actor, user: User, change: MembershipChange) -> None:
    """An entry for each group, as if each had been changed by itself."""
    for action, groups in ((Action.GROUP_MEMBER_ADDED, change.joined), (Action.GROUP_MEMBER_REMOVED, change.left)):
        for group in groups:
            await audit.record(
                actor,
                action,
                "group",
                resource_id=group["_id"],
                tenant_id=user.tenant_id,
                name=group["name"],
                user_id=user.id,
                username=user.username,
            )
