"""What the services need of the devices, as narrow protocols; tests hand in doubles of the same shape."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from relay.domain.audit_checkpoints import Checkpoint
from relay.domain.letters import Letter
from relay.store.interface import Document
from relay.vault.tokens import Issued

API_AUDIENCE = "api"
"""Tokens that speak for a user on every route."""

PREAUTH_AUDIENCE = "preauth"
"""Tokens between the password and the choice of organization; useless anywhere else."""

SWITCH_AUDIENCE = "switch"
"""Tokens with which a logged-in person changes to another of their organizations."""


class Passwords(Protocol):
    """Slow hashes, computed in worker threads."""

    async def hash(self, password: str, *, salt_of: str | None = None) -> str:
        """The argon2id hash, as text with its parameters; perhaps with the salt of another one."""

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it matches; None costs as much as a real hash and is False."""

    async def verify_each(self, password: str, hashes: Sequence[str]) -> list[bool]:
        """Which of these match; those with one salt cost one hash together."""


class Tokens(Protocol):
    """Signed tokens (JWT). Adds iss, aud, jti, iat, nbf and exp to the claims it is given."""

    def issue(self, claims: Mapping[str, Any], *, audience: str, lifetime_s: int) -> Issued:
        """Sign."""

    def read(self, token: str, *, audience: str) -> Mapping[str, Any]:
        """The claims. Raises Unauthenticated("Invalid or expired token") for anything not ours, not now, not here."""


class Sealer(Protocol):
    """Encrypts values that must be shown again to their owner (account keys), under a key in the data directory."""

    def seal(self, text: str) -> str:
        """Ciphertext as text."""

    def fingerprint(self, text: str) -> str:
        """A keyed hash, for codes so short that a plain hash could be tried out."""

    def unseal(self, sealed: str) -> str:
        """The text again. Raises ValueError when it was not sealed by this relay."""


class Identity(Protocol):
    """The relay's own Ed25519 key, which agents pin."""

    @property
    def public_key(self) -> bytes:
        """32 raw bytes."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether somebody else's key made this signature; False for malformed keys and signatures."""


class Post(Protocol):
    """Hands letters to a mail server."""

    async def send(self, letter: Letter, *, letter_id: str, at: datetime) -> None:
        """Returns when the server has taken it. Raises Undelivered (relay/outbound/mail.py)."""


class AuditSigner(Protocol):
    """The key that signs audit checkpoints."""

    kid: str
    published: Sequence[Mapping[str, str]]

    def sign(self, message: bytes) -> str:
        """The signature as base64url."""

    def verify(self, kid: str, signature: str, message: bytes) -> bool:
        """Whether this key made it."""


class Checkpoints(Protocol):
    """Signed checkpoints outside the database. Blocking."""

    def append(self, checkpoint: Checkpoint) -> None:
        """Keep one durably."""

    def of(self, tenant_id: str) -> Sequence[Checkpoint]:
        """Those of one organization, in the order of their entries."""

    def newest(self) -> Mapping[str, Checkpoint]:
        """For each organization that of its highest entry."""

    def compact(self) -> None:
        """Drop what proves nothing any more, when there is much of it."""


class Writer(Protocol):
    """The group-commit writer of the store: returns when the document is durable."""

    async def write(self, collection: str, document: Document) -> None:
        """Insert one document."""


class Recheck(Protocol):
    """Asks whether live shells and commands of one organization still have their right; ends those that do not."""

    async def __call__(self, tenant_id: str, /) -> None: ...


class Background(Protocol):
    """Starts a task that outlives the request: the application's nursery."""

    def __call__(self, task: Callable[[], Awaitable[None]], /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Facts about the connection a request came on; known before anybody is authenticated."""

    ip_address: str
    user_agent: str
    source_hint: str = ""
    correlation_id: str = ""
