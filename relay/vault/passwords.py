"""Passwords as argon2id hashes, computed in worker threads, few at a time."""

import base64
import hmac
from collections.abc import Callable, Sequence
from typing import TypeVar, TypeVarTuple

import trio
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import HashingError, InvalidHashError, VerificationError
from argon2.low_level import hash_secret

from relay.domain.errors import TooMany

A = TypeVarTuple("A")
T = TypeVar("T")

CONCURRENT_HASHES = 2
"""Each takes 64 MiB and a core for some 50 ms."""
MAX_WAITING = 32
"""Logins that may wait for a hash: with more the relay says so at once instead of answering late."""
MIN_SALT_BYTES = 16
_NOBODY = "nobody has this password"


class Passwords:
    """Hashes and verifies. The cost parameters are the library's (RFC 9106, low memory), written into each hash."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = trio.CapacityLimiter(CONCURRENT_HASHES)
        self._dummy = _dummy_hash(self._hasher)

    async def hash(self, password: str, *, salt_of: str | None = None) -> str:
        """The argon2id hash as text, its parameters included. Raises TooMany when too many wait.

        With the salt of another hash of the same person, both can be verified at the cost of one.
        """
        return await self._run(self._hash_now, password, salt_of)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it matches. None (nobody of that name) costs as much as a real hash and is False."""
        return await self._run(self._verify_now, password, hashed)

    async def verify_each(self, password: str, hashes: Sequence[str]) -> list[bool]:
        """Which of these match; those with one salt cost one hash together."""
        return await self._run(self._verify_each_now, password, hashes)

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    async def _run(self, work: Callable[[*A], T], *arguments: *A) -> T:
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise TooMany("Too many attempts, try again later", retry_after_s=5)
        return await trio.to_thread.run_sync(work, *arguments, limiter=self._limiter)

    def _hash_now(self, password: str, salt_of: str | None) -> str:
        return self._hasher.hash(password, salt=None if salt_of is None else _salt_in(salt_of))

    def _verify_each_now(self, password: str, hashes: Sequence[str]) -> list[bool]:
        by_salt: dict[str, list[str]] = {}
        for each in hashes:
            by_salt.setdefault(_before_digest(each), []).append(each)
        right = {found for alike in by_salt.values() for found in self._right_of(password, alike)}
        return [each in right for each in hashes]

    def _right_of(self, password: str, alike: Sequence[str]) -> Sequence[str]:
        """Those of one salt and one set of parameters that match."""
        if len(alike) == 1:
            return [each for each in alike if self._matches(password, each)]
        try:
            made = _hashed_as(password, alike[0])
        except (ValueError, HashingError, InvalidHashError):
            return []
        return [each for each in alike if hmac.compare_digest(made, each)]

    def _verify_now(self, password: str, hashed: str | None) -> bool:
        matches = self._matches(password, hashed if hashed is not None else self._dummy)
        return matches and hashed is not None

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _dummy_hash(hasher: PasswordHasher) -> str:
    """What no password matches, at the cost of one that might: made without computing a hash."""
    made = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=hasher.hash_len).hash(_NOBODY)
    _, kind, version, _, salt, digest = made.split("$")
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"${kind}${version}${cost}${salt}${digest}"


def _before_digest(hashed: str) -> str:
    """Kind, version, parameters and salt."""
    return hashed.rpartition("$")[0]


def _salt_in(hashed: str) -> bytes | None:
    """None, for a fresh one, where there is none to be read."""
    parts = hashed.split("$")
    try:
        salt = base64.b64decode(parts[4] + "=" * (-len(parts[4]) % 4), validate=True) if len(parts) == 6 else b""
    except ValueError:
        return None
    return salt if len(salt) >= MIN_SALT_BYTES else None


def _hashed_as(password: str, pattern: str) -> str:
    """The password hashed with kind, parameters and salt of `pattern`. Raises as argon2 does, and ValueError."""
    known, salt = extract_parameters(pattern), _salt_in(pattern)
    if salt is None:
        raise ValueError("no salt")
    return hash_secret(
        password.encode(),
        salt,
        time_cost=known.time_cost,
        memory_cost=known.memory_cost,
        parallelism=known.parallelism,
        hash_len=known.hash_len,
        type=known.type,
        version=known.version,
    ).decode()
