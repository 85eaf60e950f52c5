"""Account API keys: a credential that acts as its owner, capped to what the owner may do at that moment.

A key is stored sealed (its owner may see it again) and found by its digest: 256 random bits behind a hash leave nothing
to compare byte by byte. A key stands for the login `key:<digest>`, which lasts until its owner makes another key.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from relay.clock import Clock
from relay.domain.access import KEY_CHANGES_NOTHING, Actor
from relay.domain.accounts import Source
from relay.domain.audit import Action
from relay.domain.errors import Forbidden, NotFound, Unauthenticated
from relay.domain.tokens import API_KEY_PREFIX, digest, is_api_key, key_login
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.ports import Caller, Recheck, Sealer
from relay.services.standing import Account, Standing
from relay.store.interface import Database, SyncDatabase
from relay.terminal.ending import NOT_PROVEN
from relay.terminal.hub import Hub

INVALID_KEY = "Invalid API key"
MAX_KEY_CHARS = 128
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""A key has no end of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """Says whose key it is, and makes another one."""

    database: Database
    standing: Standing
    sealer: Sealer
    audit: Audit
    recheck: Recheck
    hub: Hub
    clock: Clock
    ids: Ids

    async def owner(self, key: str) -> Account:
        """The account a key belongs to, if it may be used now.

        Raises Unauthenticated, Forbidden (organization disabled, its owner has something to do first).
        """
        if not is_api_key(key) or len(key) > MAX_KEY_CHARS:
            raise Unauthenticated(INVALID_KEY)
        key_hash = digest(key)
        found = await self.database.collection("users").find_one({"api_key_hash": key_hash}, projection={"_id": 1})
        if found is None:
            raise Unauthenticated(INVALID_KEY)
        account = await self.standing.check(login_id=key_login(key_hash), user_id=found["_id"], generation=0)
        await self.standing.require_finished(account)
        return account

    async def actor(self, account: Account, caller: Caller) -> Actor:
        """Who speaks by the key of this account, with today's rights."""
        user, now = account.user, self.clock.now()
        return Actor(
            user_id=user.id,
            username=user.username,
            email=user.email,
            role=user.role,
            machine_role=user.machine_role,
            tenant_id=user.tenant_id,
            tenant_name=account.organization.display_name,
            source=Source.CLI,
            token_id="",
            login_id=key_login(user.api_key_hash),
            token_generation=user.token_generation,
            token_expires_at=NEVER,
            login_at=now,
            ip_address=caller.ip_address,
            user_agent=caller.user_agent,
            correlation_id=caller.correlation_id,
            groups=tuple(await self.standing.group_names(user)),
        )

    async def regenerate(self, actor: Actor) -> str:
        """Another key for the actor, in clear, once. The old one is dead at once, with its shells and its agents.

        Raises Forbidden (asked by a key), NotFound (the account went meanwhile).
        """
        if actor.by_key:
            raise Forbidden(KEY_CHANGES_NOTHING)
        key = self.ids.token(API_KEY_PREFIX)
        agent_ids = await self._replace(actor, key)
        for agent_id in agent_ids:
            await self.hub.disconnect_agent(agent_id, NOT_PROVEN, "account key regenerated")
        await self.recheck(actor.tenant_id)
        await self.audit.record(
            actor, Action.API_KEY_REGENERATED, "profile", resource_id=actor.user_id, agents_disconnected=len(agent_ids)
        )
        return key

    async def _replace(self, actor: Actor, key: str) -> list[str]:
        """Store it; every machine that enrolled with the old one is pending again. Gives their agent ids."""
        now = self.clock.now()
        changed = {"api_key_hash": digest(key), "api_key_sealed": self.sealer.seal(key), "updated_at": now}
        enrolled = {"tenant_id": actor.tenant_id, "enrolled_by_key_of": actor.user_id, "public_key": {"$ne": ""}}

        def swap(database: SyncDatabase) -> list[str] | None:
            if not database.collection("users").update_one({"_id": actor.user_id}, {"$set": changed}).matched:
                return None
            machines = database.collection("machines")
            agent_ids = [each["agent_id"] for each in machines.find(enrolled, projection={"agent_id": 1})]
            machines.update_many(enrolled, {"$set": {"public_key": "", "is_connected": False, "updated_at": now}})
            return agent_ids

        agent_ids = await self.database.transact(swap)
        if agent_ids is None:
            raise NotFound("User not found")
        return agent_ids
