"""Requests for access: asked with a reason, decided by somebody else, given for a time, settled exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor, Grant
from relay.domain.access_requests import AccessRequest, check_asked_role, check_duration, check_reason
from relay.domain.accounts import MachineRole, machine_role_of
from relay.domain.approvals import KEPT_AFTER, MAX_PENDING, ApprovalStatus, Step, require_decider
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, NotFound, TooMany
from relay.domain.machines import Machine
from relay.domain.paging import Page, PageRequest
from relay.ids import Ids
from relay.services.approvals import Approvals, decided_by
from relay.services.audit import Audit
from relay.services.ports import Caller
from relay.services.records import find_page, read, to_document
from relay.services.rights import Rights
from relay.services.standing import Standing
from relay.store.errors import Duplicate
from relay.store.interface import Database, SyncDatabase

NOBODY = Caller(ip_address="", user_agent="")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequests:
    """Asks, lists, approves, denies, cancels, expires."""

    database: Database
    approvals: Approvals
    rights: Rights
    standing: Standing
    audit: Audit
    clock: Clock
    ids: Ids
    pending_for: timedelta
    most_minutes: int

    async def machines(self, actor: Actor, paging: PageRequest) -> Page[Machine]:
        """Machines of one's own organization, by name: all that one may ask for."""
        where = {"tenant_id": actor.tenant_id}
        return await find_page(self.database.collection("machines"), where, Machine, paging, sort=[("name_folded", 1)])

    async def list_visible(
        self, actor: Actor, paging: PageRequest, *, status: str = "", mine: bool = False
    ) -> Page[AccessRequest]:
        """The newest first. Raises Invalid."""
        where = await self.approvals.visible(actor, status=status, mine=mine)
        rows = self.database.collection("access_requests")
        return await find_page(rows, where, AccessRequest, paging, sort=[("created_at", -1)])

    async def ask(
        self, actor: Actor, agent_id: str, *, reason: str, duration_minutes: int, machine_role: str | None = None
    ) -> AccessRequest:
        """Raises Invalid, NotFound, Conflict (asked already, or nothing to ask for), TooMany."""
        machine = await self.rights.get(actor, agent_id)
        request = self._new(actor, machine, check_reason(reason), duration_minutes, check_asked_role(machine_role))
        await self._require_need(actor, machine, request.machine_role)
        rows = self.database.collection("access_requests")
        mine = {"tenant_id": machine.tenant_id, "user_id": actor.user_id, "status": ApprovalStatus.PENDING.value}
        if await rows.count(mine) >= MAX_PENDING:
            raise TooMany(f"{MAX_PENDING} of your requests wait for a decision: cancel some first")
        try:
            await rows.insert_one(to_document(request))
        except Duplicate as error:
            raise Conflict("You have asked for this machine already: wait for the decision, or cancel it") from error
        await self._record(actor, Action.ACCESS_REQUESTED, request, reason=request.reason)
        return request

    async def approve(
        self,
        actor: Actor,
        request_id: str,
        *,
        duration_minutes: int | None = None,
        machine_role: str | None = None,
        note: str = "",
    ) -> AccessRequest:
        """Give the access, for the time and role asked or those given here. Grant and decision are one transaction.

        Raises Invalid, NotFound, Forbidden, Conflict.
        """
        request = await self._decidable(actor, request_id)
        await self._require_open_account(request)
        minutes = request.duration_minutes if duration_minutes is None else duration_minutes
        grant = self._grant(
            actor, request, check_duration(minutes, most=self.most_minutes), machine_role or request.machine_role
        )
        changes = {
            **decided_by(actor, note),
            "duration_minutes": minutes,
            "machine_role": grant.machine_role,
            "expires_at": grant.expires_at,
        }

        def work(database: SyncDatabase) -> Mapping[str, Any]:
            settled = self.approvals.settle(database, request.id, Step.APPROVE, changes)
            if database.collection("machines").find_one({"_id": request.machine_id}) is None:
                raise NotFound("Machine not found")
            database.collection("grants").insert_one(to_document(grant))
            return settled

        settled = read(AccessRequest, await self.database.transact(work))
        await self._record(actor, Action.ACCESS_APPROVED, settled, note=note, expires_at=str(grant.expires_at))
        return settled

    async def deny(self, actor: Actor, request_id: str, *, note: str = "") -> AccessRequest:
        """Raises Invalid, NotFound, Forbidden, Conflict."""
        request = await self._decidable(actor, request_id)
        settled = await self.approvals.settle_alone(request.id, Step.DENY, decided_by(actor, note))
        await self._record(actor, Action.ACCESS_REQUEST_DENIED, request, note=note)
        return read(AccessRequest, settled)

    async def cancel(self, actor: Actor, request_id: str) -> AccessRequest:
        """Take back what one has asked for oneself. Raises Invalid, NotFound, Forbidden, Conflict."""
        request = read(AccessRequest, await self.approvals.get(actor, request_id))
        if request.user_id != actor.user_id:
            raise Forbidden("Only who asked may cancel a request")
        settled = await self.approvals.settle_alone(request.id, Step.CANCEL, decided_by(actor, ""))
        await self._record(actor, Action.ACCESS_CANCELLED, request)
        return read(AccessRequest, settled)

    async def expire(self) -> None:
        """Settle those nobody decided on in time."""
        for each in await self.approvals.overdue():
            request = read(AccessRequest, each)
            try:
                await self.approvals.settle_alone(request.id, Step.EXPIRE, {})
            except (Conflict, NotFound):  # decided in this moment
                continue
            await self.audit.record_stranger(
                NOBODY,
                Action.ACCESS_EXPIRED,
                "access_request",
                tenant_id=request.tenant_id,
                user_id=request.user_id,
                username=request.username,
                resource_id=request.id,
                agent_id=request.agent_id,
            )

    def _new(self, actor: Actor, machine: Machine, reason: str, minutes: int, role: str) -> AccessRequest:
        now = self.clock.now()
        return AccessRequest(
            id=self.ids.object_id(),
            tenant_id=machine.tenant_id,
            machine_id=machine.id,
            agent_id=machine.agent_id,
            machine_name=machine.name,
            user_id=actor.user_id,
            username=actor.username,
            reason=reason,
            machine_role=role,
            duration_minutes=check_duration(minutes, most=self.most_minutes),
            status=ApprovalStatus.PENDING,
            created_at=now,
            pending_until=now + self.pending_for,
            purge_at=now + self.pending_for + KEPT_AFTER,
        )

    def _grant(self, actor: Actor, request: AccessRequest, minutes: int, role: str) -> Grant:
        now = self.clock.now()
        return Grant(
            id=self.ids.object_id(),
            tenant_id=request.tenant_id,
            machine_id=request.machine_id,
            user_id=request.user_id,
            granted_by=actor.user_id,
            granted_at=now,
            machine_role=check_asked_role(role),
            expires_at=now + timedelta(minutes=minutes),
            request_id=request.id,
        )

    async def _require_need(self, actor: Actor, machine: Machine, role: str) -> None:
        access = await self.rights.find(actor, machine)
        wants_sudo = machine_role_of(role) is MachineRole.SUDO
        if access is not None and (access.sudo or not wants_sudo):
            raise Conflict("You may use this machine already")

    async def _require_open_account(self, request: AccessRequest) -> None:
        account = await self.standing.find(request.user_id)
        if account is None or not account.is_open or account.user.tenant_id != request.tenant_id:
            raise Conflict("The account that asked is closed")

    async def _decidable(self, actor: Actor, request_id: str) -> AccessRequest:
        request = read(AccessRequest, await self.approvals.get(actor, request_id))
        require_decider(actor, request.user_id, await self.rights.get_by_id(actor, request.machine_id))
        return request

    async def _record(self, actor: Actor, action: Action, request: AccessRequest, **details: str) -> None:
        await self.audit.record(
            actor,
            action,
            "access_request",
            resource_id=request.id,
            tenant_id=request.tenant_id,
            agent_id=request.agent_id,
            for_username=request.username,
            machine_role=request.machine_role,
            duration_minutes=request.duration_minutes,
            **details,
        )
