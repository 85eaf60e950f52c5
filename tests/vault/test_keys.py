"""Key files: made once, owner only, refused when damaged; sealed values open only under their key."""

import stat
from pathlib import Path

import pytest

from relay.vault.keys import Keys, UnusableKey
from relay.vault.seal import Sealer


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    first, second = Keys(tmp_path), Keys(tmp_path)
    assert (first.public_key, first.jwt, first.seal) == (second.public_key, second.jwt, second.seal)
    assert len({first.public_key, first.jwt, first.seal}) == 3


def test_case_43_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    Keys(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    files = list((tmp_path / "keys").iterdir())
    assert sorted(each.name for each in files) == ["jwt.key", "relay.key", "seal.key"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_a_given_secret_is_used_and_not_stored(tmp_path: Path) -> None:
    assert Keys(tmp_path, jwt_secret="j" * 40).jwt == b"j" * 40
    assert not (tmp_path / "keys" / "jwt.key").exists()


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableKey, match="JWT_SECRET is shorter than 32 bytes"):
        Keys(tmp_path, jwt_secret="short")


def test_a_damaged_key_is_refused_and_kept(tmp_path: Path) -> None:
    Keys(tmp_path)
    (tmp_path / "keys" / "relay.key").write_bytes(b"cut")
    with pytest.raises(UnusableKey, match=r"relay\.key holds 3 bytes"):
        Keys(tmp_path)
    assert (tmp_path / "keys" / "relay.key").read_bytes() == b"cut"


def test_signs_with_the_identity_agents_pin(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    signature = keys.sign(b"transcript")
    assert keys.verify(keys.public_key, signature, b"transcript")
    assert not keys.verify(keys.public_key, signature, b"transcripT")
    assert not keys.verify(keys.public_key, signature[:-1], b"transcript")
    assert not keys.verify(keys.public_key[:-1], signature, b"transcript")
    assert not keys.verify(b"\xff" * 32, signature, b"transcript")


def test_seals_and_unseals() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("fl_key_ä")
    assert "fl_key" not in sealed
    assert sealed != sealer.seal("fl_key_ä")
    assert sealer.unseal(sealed) == "fl_key_ä"


@pytest.mark.parametrize(
    "spoil", [lambda s: s[:-4] + "AAA=", lambda s: s[3:], lambda s: "", lambda s: "s1.", lambda s: s + "!"]
)
def test_unseals_nothing_else(spoil) -> None:
    sealed = Sealer(b"k" * 32).seal("secret")
    with pytest.raises(ValueError, match="sealed"):
        Sealer(b"k" * 32).unseal(spoil(sealed))
    with pytest.raises(ValueError, match="sealed"):
        Sealer(b"o" * 32).unseal(sealed)
