"""What the services stand on, handed over as one: everything that `relay/app.py` builds before them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.clock import Clock
from relay.ids import Ids
from relay.services.fleet import Fleet
from relay.services.live import Live
from relay.services.oidc import IdentityProvider
from relay.services.ports import (
    AuditSigner,
    Background,
    Checkpoints,
    Identity,
    Passwords,
    Post,
    Sealer,
    Tokens,
    Writer,
)
from relay.store.chained import Chains
from relay.store.interface import Database
from relay.store.uploads import UploadFolder
from relay.terminal.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Everything the services stand on. `background` is the application nursery's `start_soon`."""

    database: Database
    writer: Writer
    chains: Chains
    hub: Hub
    fleet: Fleet
    live: Live
    audit_key: AuditSigner
    checkpoint_file: Checkpoints
    passwords: Passwords
    tokens: Tokens
    sealer: Sealer
    identity: Identity
    background: Background
    uploads: UploadFolder
    clock: Clock
    ids: Ids
    mailer: Post | None = None
    identity_providers: Mapping[str, IdentityProvider] = field(default_factory=dict)
