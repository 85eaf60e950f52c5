"""Enrolment: a one-time token turns a pending machine into one with an agent whose key we know.

The token says *which* machine; nothing the agent states about itself (name, hostname, tags) can widen that.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import PLATFORM
from relay.domain.audit import Action
from relay.domain.errors import Invalid, Unauthenticated
from relay.domain.machines import Machine
from relay.domain.names import plain
from relay.domain.tokens import digest
from relay.services.audit import Audit
from relay.services.ports import Caller
from relay.services.records import read
from relay.store.interface import Database, SyncDatabase

KEY_BYTES = 32
"""An Ed25519 public key."""

MAX_FACT_CHARS = 100
MAX_ADDRESSES = 16
MAX_METADATA = 50
_REFUSAL = "Invalid or expired registration token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an agent says when it enrols. Everything but the token is a claim."""

    token: str = field(repr=False)
    public_key: str
    hostname: str = ""
    os: str = ""
    arch: str = ""
    ip_addresses: Sequence[str] = ()
    linux_user: str = ""
    allow_sudo: bool = False
    agent_version: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolments:
    """Exchanges tokens for places."""

    database: Database
    audit: Audit
    clock: Clock

    async def register(self, caller: Caller, enrolment: Enrolment) -> Machine:
        """The machine this agent now is. Of two at once with one token, one wins. Raises Invalid, Unauthenticated."""
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


def check_public_key(text: str) -> str:
    """base64url of 32 bytes, as it was given. Raises Invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("public_key must be a base64url Ed25519 public key") from error
    if len(raw) != KEY_BYTES:
        raise Invalid("public_key must be a base64url Ed25519 public key")
    return text.rstrip("=")


def public_key_bytes(text: str) -> bytes:
    """A checked key again as 32 bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def facts_of(claims: Any) -> dict[str, Any]:
    """The claims of an agent (an Enrolment, or the protocol's Proof), harmless: bounded, one line, drawable."""
    addresses = [plain(each, 45) for each in claims.ip_addresses[:MAX_ADDRESSES]]
    return {
        "hostname": plain(claims.hostname, MAX_FACT_CHARS),
        "os": plain(claims.os, MAX_FACT_CHARS),
        "arch": plain(claims.arch, 32),
        "ip_addresses": addresses,
        "ip_address": addresses[0] if addresses else "",
        "linux_user": plain(claims.linux_user, 32),
        "allow_sudo": bool(claims.allow_sudo),
        **_version(claims),
    }


def _version(claims: Any) -> dict[str, Any]:
    version = getattr(claims, "agent_version", None)
    return {} if version is None else {"agent_version": plain(version, 40)}
