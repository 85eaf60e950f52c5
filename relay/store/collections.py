"""The product's own collections and indexes: the one place to declare a new one.

Every document has `_id` (24 hex digits), `tenant_id`, `created_at`, `updated_at` and `version`, unless noted. Case is
folded by the writer into a `*_folded` copy, because neither adapter uses a collation.
"""

from collections.abc import Mapping
from typing import Any

from relay.domain.audit_chain import CHAIN
from relay.store.schema import CollectionSchema, Index, Schema, Substrings


def _index(
    *paths: str,
    unique: bool = False,
    sparse: bool = False,
    ttl_s: int | None = None,
    partial: Mapping[str, Any] | None = None,
) -> Index:
    """An index over `paths`; a leading minus means descending."""
    fields = tuple((path.removeprefix("-"), -1 if path.startswith("-") else 1) for path in paths)
    return Index(fields=fields, unique=unique, sparse=sparse, ttl_s=ttl_s, partial=partial)


ACCOUNTS = (
    CollectionSchema(name="organizations", indexes=(_index("name", unique=True),), scan_ok=True),  # no tenant_id
    CollectionSchema(name="deleted_organizations", scan_ok=True),  # _id is the slug, which nobody gets again
    CollectionSchema(
        name="users",
        indexes=(
            _index("username_folded", unique=True),
            _index("tenant_id", "email_folded", unique=True),
            _index("email_folded"),
            _index("api_key_hash", unique=True, sparse=True),
        ),
    ),
    CollectionSchema(
        name="groups",
        indexes=(
            _index("tenant_id", "name_folded", unique=True),
            _index("tenant_id", "member_ids"),
            _index("tenant_id", "machine_ids"),
        ),
    ),
    CollectionSchema(
        name="logins",
        indexes=(
            _index("tenant_id", "user_id", "-created_at"),
            _index("login_id"),
            _index("expires_at", ttl_s=0),
        ),
    ),
    CollectionSchema(name="revoked_tokens", indexes=(_index("expires_at", ttl_s=0),)),  # _id is the token's jti
    CollectionSchema(
        name="second_factors",
        indexes=(_index("tenant_id", "user_id"), _index("credential_id", unique=True, sparse=True)),
    ),
    CollectionSchema(name="recovery_codes", indexes=(_index("tenant_id", "user_id"),)),  # _id is the user's
    CollectionSchema(name="passkey_challenges", indexes=(_index("expires_at", ttl_s=0), _index("tenant_id"))),
    CollectionSchema(  # _id is the jti of the token that was refreshed
        name="refreshed_tokens", indexes=(_index("expires_at", ttl_s=0), _index("tenant_id"))
    ),
    CollectionSchema(  # _id is the folded user name: one code a person, found alike whether or not there is one
        name="login_codes", indexes=(_index("expires_at", ttl_s=0), _index("tenant_id", "user_id"))
    ),
    CollectionSchema(  # _id is the digest of the link's token
        name="email_links", indexes=(_index("expires_at", ttl_s=0), _index("tenant_id", "user_id"))
    ),
    CollectionSchema(  # letters on their way; the courier ends what is too late
        name="outbox", indexes=(_index("next_try_at"), _index("tenant_id", "next_try_at"))
    ),
    CollectionSchema(name="settings", indexes=(_index("tenant_id"),), scan_ok=True),
)

MACHINES = (
    CollectionSchema(
        name="machines",
        indexes=(
            _index("agent_id", unique=True),
            _index("tenant_id", "name_folded", unique=True),
            _index("tenant_id", "status"),
        ),
    ),
    CollectionSchema(name="deleted_agents"),  # _id is the agent id: an agent that still calls is told, and stops
    CollectionSchema(
        name="grants",
        indexes=(_index("machine_id", "user_id", "request_id", unique=True), _index("tenant_id", "user_id")),
    ),
    CollectionSchema(
        name="access_requests",
        indexes=(
            _index("tenant_id", "-created_at"),
            _index("tenant_id", "status", "-created_at"),
            _index("tenant_id", "user_id", "-created_at"),
            _index("machine_id", "user_id", unique=True, partial={"status": "pending"}),
            _index("purge_at", ttl_s=0),
        ),
    ),
    CollectionSchema(
        name="held_commands",
        indexes=(
            _index("tenant_id", "-created_at"),
            _index("tenant_id", "status", "-created_at"),
            _index("tenant_id", "user_id", "-created_at"),
            _index("purge_at", ttl_s=0),
        ),
    ),
    CollectionSchema(
        name="enrolment_tokens",
        indexes=(_index("token_hash", unique=True), _index("expires_at", ttl_s=0), _index("tenant_id", "machine_id")),
    ),
)

RECORDS = (
    CollectionSchema(
        name="sessions",
        indexes=(
            _index("tenant_id", "machine_id", "-started_at"),
            _index("tenant_id", "user_id", "-started_at"),
            _index("tenant_id", "status"),
            _index("tenant_id", "-started_at"),
        ),
    ),
    CollectionSchema(
        name="commands",
        indexes=(
            _index("tenant_id", "machine_id", "-timestamp"),
            _index("tenant_id", "-timestamp"),
            _index("session_id", "timestamp"),
            _index("tenant_id", "user_id", "-timestamp"),
            _index("-timestamp"),  # for those who see every organization
        ),
        substrings=Substrings(field="command", newest="timestamp", within=("tenant_id", "machine_id", "user_id")),
    ),
    CollectionSchema(
        name="runs",
        indexes=(
            _index("tenant_id", "-created_at"),
            _index("tenant_id", "user_id", "-created_at"),
            _index("user_id", "status"),
            _index("status"),
            _index("expires_at", ttl_s=0),
        ),
    ),
    CollectionSchema(  # a machine's part of a run
        name="run_lanes",
        indexes=(_index("run_id", "changed"), _index("tenant_id"), _index("expires_at", ttl_s=0)),
    ),
    CollectionSchema(
        name="command_results",  # _id is the command's
        indexes=(_index("expires_at", ttl_s=0), _index("tenant_id", "machine_id", "-created_at")),
    ),
    CollectionSchema(
        name="audit",
        indexes=(
            _index("tenant_id", "-timestamp"),
            _index("tenant_id", "action", "-timestamp"),
            _index("tenant_id", "user_id", "-timestamp"),
            _index("-timestamp"),
            _index("tenant_id", "seq", unique=True, partial={"chain": CHAIN}),  # no chain can fork
        ),
    ),
    CollectionSchema(name="audit_checkpoints", indexes=(_index("tenant_id", "seq"),)),  # no version: never changed
    CollectionSchema(name="audit_cursors"),  # _id is receiver and organization: how far each has got
)

COMMUNITY = (
    CollectionSchema(name="uploads", indexes=(_index("tenant_id"),)),  # _id is the file's name
    CollectionSchema(
        name="issues",
        indexes=(_index("tenant_id", "-created_at"), _index("-created_at")),
    ),
    CollectionSchema(name="fixes", indexes=(_index("tenant_id", "issue_id"),)),
    CollectionSchema(
        name="likes",
        indexes=(_index("fix_id", "user_id", unique=True), _index("tenant_id", "issue_id")),
    ),
)

OUTLIVES_ITS_ORGANIZATION = frozenset(
    {
        "organizations",
        "deleted_organizations",
        "deleted_agents",
        "revoked_tokens",
        "settings",
        "audit",
        "audit_checkpoints",
        "audit_cursors",
    }
)
"""Not purged when an organization is deleted: what is no organization's, keeps its name taken, ends by itself, or is
evidence. Every other collection holds documents of organizations and has an index that begins with `tenant_id`."""

SCHEMA = Schema(version=1, collections=ACCOUNTS + MACHINES + RECORDS + COMMUNITY)
"""What `relay/app.py` opens."""
