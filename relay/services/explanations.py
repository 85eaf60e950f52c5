"""Answers "why may X open Y?" and "what may X open?", from what the decision itself reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Access, Actor, Grant, decide, rights_of
from relay.domain.accounts import Unfinished
from relay.domain.errors import Forbidden, NotFound
from relay.domain.explanation import Circumstances, Explanation, Reason, explain, reasons_of
from relay.domain.groups import Group
from relay.domain.machines import Machine
from relay.domain.names import is_object_id
from relay.domain.paging import Page, PageRequest
from relay.services.actors import Actors
from relay.services.presence import Presence
from relay.services.records import EVERY_TENANT, batched_ids, find_page, read
from relay.services.rights import NOT_AUTHORIZED, Rights
from relay.services.standing import Account
from relay.store.interface import Database

NO_USER = "User not found"
MOST_MACHINES = 1000
"""Of one page of somebody's machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Who, which machine, and why."""

    subject: Actor
    machine: Machine
    explanation: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveAccess:
    """A machine somebody may use, the right that counts, and all there are."""

    machine: Machine
    access: Access
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """Reads what the decision reads, and tells it."""

    database: Database
    rights: Rights
    actors: Actors
    presence: Presence
    clock: Clock

    async def explain(self, actor: Actor, agent_id: str, user_id: str = "") -> Explained:
        """Why `user_id` (the actor, unless said) may use the machine, or not.

        Administrators and the machine's owner ask about anybody in the organization. Raises NotFound, Forbidden.
        """
        machine = await self.rights.get(actor, agent_id)
        if user_id in {"", actor.user_id}:
            account = await self._account(actor.user_id)
        else:
            self.rights.require_change(actor, machine)
            account = await self._account(user_id)
            if account.user.tenant_id != machine.tenant_id and not actor.is_super_admin:
                raise NotFound(NO_USER)
        subject = self.actors.of(account)
        explanation = explain(
            subject,
            machine,
            grants=await self._grants(subject, [machine.id]),
            groups=await self._groups_about(subject, machine),
            now=self.clock.now(),
            admin_implicit=self.rights.admin_implicit,
            circumstances=await self._circumstances(account, machine),
        )
        return Explained(subject=subject, machine=machine, explanation=explanation)

    async def access_of(self, actor: Actor, user_id: str, paging: PageRequest) -> Page[EffectiveAccess]:
        """All machines somebody may use, by name; for themselves and administrators. Raises NotFound, Forbidden."""
        account = await self._account(user_id)
        if user_id != actor.user_id:
            if not actor.sees(account.user.tenant_id):
                raise NotFound(NO_USER)
            if not actor.administers(account.user.tenant_id):
                raise Forbidden(NOT_AUTHORIZED)
        subject = self.actors.of(account)
        page = await self._machines(subject, paging)
        grants = await self._grants(subject, [machine.id for machine in page.items])
        groups = await self._groups_of(subject)
        found = [self._effective(subject, machine, grants, groups) for machine in page.items]
        rows = [each for each in found if each is not None]
        return Page(items=rows, total=page.total, page=page.page, limit=page.limit)

    async def _machines(self, subject: Actor, paging: PageRequest) -> Page[Machine]:
        everywhere = subject.is_super_admin and self.rights.admin_implicit
        where = EVERY_TENANT if everywhere else await self.rights.usable(subject, subject.tenant_id)
        bounded = PageRequest(page=paging.page, limit=min(paging.limit, MOST_MACHINES))
        machines = self.database.collection("machines")
        return await find_page(machines, where, Machine, bounded, sort=[("name_folded", 1)])

    def _effective(
        self, subject: Actor, machine: Machine, grants: Sequence[Grant], groups: Sequence[Group]
    ) -> EffectiveAccess | None:
        now, implicit = self.clock.now(), self.rights.admin_implicit
        access = decide(subject, machine, grants=grants, groups=groups, now=now, admin_implicit=implicit)
        if access is None:  # lost while we looked
            return None
        rights = rights_of(subject, machine, grants=grants, groups=groups, now=now, admin_implicit=implicit)
        return EffectiveAccess(machine=machine, access=access, reasons=reasons_of(subject, machine, rights, groups))

    async def _account(self, user_id: str) -> Account:
        found = await self.actors.standing.find(user_id) if is_object_id(user_id) else None
        if found is None:
            raise NotFound(NO_USER)
        return found

    async def _circumstances(self, account: Account, machine: Machine) -> Circumstances:
        lacking = await self.actors.unfinished(account)
        return Circumstances(
            is_enabled=account.user.enabled,
            organization_enabled=account.organization.enabled,
            must_change_password=Unfinished.PASSWORD in lacking,
            lacks_second_factor=Unfinished.SECOND_FACTOR in lacking,
            status=self.presence.status(machine),
        )

    async def _grants(self, subject: Actor, machine_ids: Sequence[str]) -> list[Grant]:
        found: list[Grant] = []
        for chunk in batched_ids(machine_ids):
            where = {"machine_id": {"$in": list(chunk)}, "user_id": subject.user_id}
            found += [read(Grant, each) for each in await self.database.collection("grants").find(where)]
        return found

    async def _groups_of(self, subject: Actor) -> list[Group]:
        where = {"tenant_id": subject.tenant_id, "member_ids": subject.user_id}
        return [read(Group, each) for each in await self.database.collection("groups").find(where)]

    async def _groups_about(self, subject: Actor, machine: Machine) -> list[Group]:
        where = {"tenant_id": machine.tenant_id, "machine_ids": machine.id}
        holding = [read(Group, each) for each in await self.database.collection("groups").find(where)]
        return list({group.id: group for group in [*await self._groups_of(subject), *holding]}.values())
