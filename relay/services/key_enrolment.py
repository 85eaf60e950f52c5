"""Enrolment with an account key: a new machine of its owner, named by what the machine says of itself.

Only for owners who may add machines. The name is a claim, so it never leads to a machine that is there already, but for
one: the owner's own that enrolled this way before and is pending again because the key was made anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from relay.clock import Clock
from relay.domain.access import Actor, Permission, allows, refusal_text
from relay.domain.accounts import PLATFORM
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, Unauthenticated
from relay.domain.machines import Machine
from relay.domain.names import folded, plain
from relay.domain.tokens import KEY_LOGIN
from relay.ids import Ids
from relay.services.agent_facts import Enrolment, check_public_key, facts_of
from relay.services.api_keys import INVALID_KEY, ApiKeys
from relay.services.audit import Audit
from relay.services.ports import Caller
from relay.services.records import find_record, read, to_document
from relay.store.errors import Duplicate
from relay.store.interface import Database, Document, SyncDatabase

T = TypeVar("T")

MAX_NAME_CHARS = 90
"""Room for a number behind it."""
MAX_NAMESAKES = 100
"""More machines of one name in one organization are a loop, and no fleet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnrolments:
    """Makes machines for agents that come with an account key."""

    database: Database
    api_keys: ApiKeys
    audit: Audit
    clock: Clock
    ids: Ids

    async def register(self, caller: Caller, enrolment: Enrolment) -> Machine:
        """The machine this agent now is. Raises Invalid, Unauthenticated, Forbidden, Conflict."""
        public_key = check_public_key(enrolment.public_key)
        actor = await self._owner(caller, enrolment)
        stated = {**facts_of(enrolment), "public_key": public_key, "enrolled_by_key_of": actor.user_id}
        name = plain(enrolment.name, MAX_NAME_CHARS) or plain(enrolment.hostname, MAX_NAME_CHARS) or "machine"
        machine = await self._again(actor, name, stated)
        if machine is None:
            machine = await self._create(actor, name, stated)
            await self._record(actor, Action.MACHINE_CREATED, machine)
        await self._record(actor, Action.MACHINE_REGISTERED, machine)
        return machine

    async def _owner(self, caller: Caller, enrolment: Enrolment) -> Actor:
        try:
            actor = await self.api_keys.actor(await self.api_keys.owner(enrolment.token), caller)
        except Unauthenticated:
            await self._record_failure(caller, PLATFORM, enrolment)
            raise
        if not allows(actor.role, Permission.MANAGE_MACHINES):
            await self._record_failure(caller, actor.tenant_id, enrolment)
            raise Forbidden(refusal_text(Permission.MANAGE_MACHINES))
        if actor.is_super_admin:
            raise Forbidden("A super admin has no organization of machines: use a registration token")
        return actor

    async def _again(self, actor: Actor, name: str, stated: dict[str, Any]) -> Machine | None:
        """The owner's machine of that name whose key died with an earlier account key, if there is one."""
        where = {
            "tenant_id": actor.tenant_id,
            "name_folded": folded(name),
            "owner_id": actor.user_id,
            "enrolled_by_key_of": actor.user_id,
            "public_key": "",
        }
        changed = {"$set": {**stated, "updated_at": self.clock.now()}}
        found = await self._while_key_lasts(
            actor, lambda database: database.collection("machines").find_one_and_update(where, changed)
        )
        return find_record(Machine, found)

    async def _create(self, actor: Actor, name: str, stated: dict[str, Any]) -> Machine:
        now = self.clock.now()
        machine = Machine(
            id=self.ids.object_id(), agent_id=self.ids.agent_id(), tenant_id=actor.tenant_id, name=name,
            description="", metadata={}, owner_id=actor.user_id, created_at=now, updated_at=now,
        )  # fmt: skip
        for number in range(1, MAX_NAMESAKES + 1):
            numbered = name if number == 1 else f"{name}-{number}"
            document = to_document(machine) | stated | {"name": numbered, "name_folded": folded(numbered)}
            if await self._insert(actor, document):
                return read(Machine, document)
        raise Conflict(f"There are {MAX_NAMESAKES} machines named {name}: give this one another name with --name")

    async def _insert(self, actor: Actor, document: Document) -> bool:
        """Whether the name was free."""
        try:
            await self._while_key_lasts(actor, lambda database: database.collection("machines").insert_one(document))
        except Duplicate:
            return False
        return True

    async def _while_key_lasts(self, actor: Actor, change: Callable[[SyncDatabase], T]) -> T:
        """Change something unless the key was made anew since it was looked up. Raises Unauthenticated."""
        mine = {"_id": actor.user_id, "api_key_hash": actor.login_id.removeprefix(KEY_LOGIN)}

        def checked(database: SyncDatabase) -> tuple[bool, T | None]:
            if database.collection("users").find_one(mine, projection={"_id": 1}) is None:
                return False, None
            return True, change(database)

        lasted, result = await self.database.transact(checked)
        if not lasted:
            raise Unauthenticated(INVALID_KEY)
        return cast(T, result)

    async def _record(self, actor: Actor, action: Action, machine: Machine) -> None:
        await self.audit.record(
            actor, action, "machine", resource_id=machine.agent_id, name=machine.name, hostname=machine.hostname,
            agent_version=machine.agent_version, method="api_key",
        )  # fmt: skip

    async def _record_failure(self, caller: Caller, tenant_id: str, enrolment: Enrolment) -> None:
        await self.audit.record_stranger(
            caller, Action.ENROLMENT_FAILED, "machine", tenant_id=tenant_id, status="failure",
            hostname=plain(enrolment.hostname, 100), method="api_key",
        )  # fmt: skip
