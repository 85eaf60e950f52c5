"""Enrolment: a one-time token turns a pending machine into one with an agent whose key we know.

The token says *which* machine; nothing the agent states about itself (name, hostname, tags) can widen that.
"""

from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import PLATFORM
from relay.domain.audit import Action
from relay.domain.errors import Unauthenticated
from relay.domain.machines import Machine
from relay.domain.tokens import digest, is_api_key
from relay.services.agent_facts import Enrolment, check_public_key, facts_of
from relay.services.audit import Audit
from relay.services.key_enrolment import KeyEnrolments
from relay.services.ports import Caller
from relay.services.records import read
from relay.store.interface import Database, SyncDatabase

_REFUSAL = "Invalid or expired registration token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolments:
    """Exchanges tokens for places."""

    database: Database
    audit: Audit
    clock: Clock
    by_key: KeyEnrolments

    async def register(self, caller: Caller, enrolment: Enrolment) -> Machine:
        """The machine this agent now is. Of two at once with one token, one wins. Raises Invalid, Unauthenticated.

        With an account key also Forbidden (its owner may add no machine) and Conflict.
        """
        if is_api_key(enrolment.token):
            return await self.by_key.register(caller, enrolment)
        public_key = check_public_key(enrolment.public_key)
        facts = facts_of(enrolment)
        now = self.clock.now()
        unused = {"token_hash": digest(enrolment.token), "state": "open", "expires_at": {"$gt": now}}

        def consume(database: SyncDatabase) -> dict[str, Any] | None:
            tokens = database.collection("enrolment_tokens")
            token = tokens.find_one(unused)
            if token is None or not _is_open(database, token["tenant_id"]):
                return None
            tokens.update_one({"_id": token["_id"]}, {"$set": {"state": "used", "used_at": now}})
            return database.collection("machines").find_one_and_update(
                {"_id": token["machine_id"], "tenant_id": token["tenant_id"], "public_key": ""},
                {"$set": {**facts, "public_key": public_key, "updated_at": now}},
            )

        document = await self.database.transact(consume)
        if document is None:
            await self.audit.record_stranger(
                caller,
                Action.ENROLMENT_FAILED,
                "machine",
                tenant_id=PLATFORM,
                status="failure",
                hostname=facts["hostname"],
            )
            raise Unauthenticated(_REFUSAL)
        machine = read(Machine, document)
        await self.audit.record_stranger(
            caller,
            Action.MACHINE_REGISTERED,
            "machine",
            tenant_id=machine.tenant_id,
            resource_id=machine.agent_id,
            hostname=machine.hostname,
            agent_version=machine.agent_version,
        )
        return machine


def _is_open(database: SyncDatabase, tenant_id: str) -> bool:
    found = database.collection("organizations").find_one({"name": tenant_id})
    return found is not None and bool(found["enabled"])
