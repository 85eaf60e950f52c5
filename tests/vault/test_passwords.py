"""Passwords: argon2id, in worker threads, and nobody costs as much as somebody."""

import pytest
import trio
from argon2 import PasswordHasher, extract_parameters

from relay.domain.errors import TooMany
from relay.vault import passwords as module
from relay.vault.passwords import Passwords


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def test_verifies_what_it_hashed(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("correct hors", hashed)
    assert not await passwords.verify("", hashed)


async def test_the_same_password_hashes_differently(passwords: Passwords) -> None:
    assert await passwords.hash("x") != await passwords.hash("x")


async def test_case_17_nobody_is_verified_against_a_real_hash(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda password, hashed: seen.append(hashed) or real(password, hashed))
    assert not await passwords.verify("x", None)
    assert not await passwords.verify(module._NOBODY, None)
    assert all(each.startswith("$argon2id$") for each in seen)
    assert len(seen) == 2


@pytest.mark.parametrize("damaged", ["", "plain", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
async def test_a_damaged_hash_matches_nothing(passwords: Passwords, damaged: str) -> None:
    assert not await passwords.verify("x", damaged)


async def test_case_41_a_flood_of_logins_is_refused_not_queued(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []
    monkeypatch.setattr(module, "MAX_WAITING", 4)

    async def attempt() -> None:
        try:
            await passwords.verify("x", None)
        except TooMany as error:
            refused.append(error.retry_after_s)

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(attempt)
    assert 0 < len(refused) < 50
    assert set(refused) == {5}


def test_todays_parameters_need_no_rehash() -> None:
    passwords = Passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert passwords.needs_rehash(weak)
    assert not passwords.needs_rehash(PasswordHasher().hash("x"))


async def test_hashes_of_one_salt_are_verified_by_one(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await passwords.hash("correct horse")
    same = await passwords.hash("correct horse", salt_of=first)
    other = await passwords.hash("battery staple", salt_of=first)
    fresh = await passwords.hash("correct horse")
    assert first == same
    assert len({first.rpartition("$")[0], other.rpartition("$")[0]}) == 1
    made: list[str] = []
    real = module._hashed_as
    monkeypatch.setattr(module, "_hashed_as", lambda *asked: made.append(asked[1]) or real(*asked))
    assert await passwords.verify_each("correct horse", [first, other, fresh]) == [True, False, True]
    assert await passwords.verify_each("battery staple", [first, other, fresh]) == [False, True, False]
    assert await passwords.verify_each("wrong", [first, other]) == [False, False]
    assert made == [first] * 3
    assert await passwords.verify_each("x", []) == []


@pytest.mark.parametrize("damaged", ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA", "$a$b$c$?$d"])
async def test_a_damaged_hash_lends_no_salt_and_matches_nothing(passwords: Passwords, damaged: str) -> None:
    assert await passwords.verify("x", await passwords.hash("x", salt_of=damaged))
    assert await passwords.verify_each("x", [damaged, damaged]) == [False, False]


async def test_case_17_nobody_costs_what_somebody_costs() -> None:
    real = PasswordHasher(time_cost=3, memory_cost=1024, parallelism=2)
    nobody = Passwords(real)._dummy
    assert extract_parameters(nobody) == extract_parameters(real.hash("x"))
