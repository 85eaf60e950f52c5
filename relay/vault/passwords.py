"""Passwords as argon2id hashes, computed in worker threads, few at a time."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import trio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from relay.domain.errors import TooMany

A = TypeVarTuple("A")
T = TypeVar("T")

CONCURRENT_HASHES = 2
"""Each takes 64 MiB and a core for some 50 ms."""
MAX_WAITING = 32
"""Logins that may wait for a hash: with more the relay says so at once instead of answering late."""
_NOBODY = "nobody has this password"


class Passwords:
    """Hashes and verifies. The cost parameters are the library's (RFC 9106, low memory), written into each hash."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = trio.CapacityLimiter(CONCURRENT_HASHES)
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id hash as text, its parameters included. Raises TooMany when too many wait."""
        return await self._run(self._hash_now, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it matches. None (nobody of that name) costs as much as a real hash and is False."""
        return await self._run(self._verify_now, password, hashed)

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    async def _run(self, work: Callable[[*A], T], *arguments: *A) -> T:
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise TooMany("Too many attempts, try again later", retry_after_s=5)
        return await trio.to_thread.run_sync(work, *arguments, limiter=self._limiter)

    def _hash_now(self, password: str) -> str:
        return self._hasher.hash(password)

    def _verify_now(self, password: str, hashed: str | None) -> bool:
        matches = self._matches(password, hashed if hashed is not None else self._dummy_hash())
        return matches and hashed is not None

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _dummy_hash(self) -> str:
        if self._dummy is None:
            self._dummy = self._hasher.hash(_NOBODY)
        return self._dummy
