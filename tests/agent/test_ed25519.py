"""Our Ed25519 against RFC 8032 and against a library that others wrote."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent import ed25519

VECTORS = [  # RFC 8032, 7.1: secret, public, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_rfcs_vectors(secret: str, public: str, message: str, signature: str) -> None:
    seed, text = bytes.fromhex(secret), bytes.fromhex(message)
    assert ed25519.public_key(seed).hex() == public
    assert ed25519.sign(seed, text).hex() == signature
    assert ed25519.verify(bytes.fromhex(public), text, bytes.fromhex(signature))


def test_it_agrees_with_cryptography_both_ways() -> None:
    chance = random.Random(8032)
    for length in (0, 1, 31, 32, 33, 200):
        seed, text = chance.randbytes(32), chance.randbytes(length)
        theirs = Ed25519PrivateKey.from_private_bytes(seed)
        key = theirs.public_key().public_bytes_raw()
        assert ed25519.public_key(seed) == key
        assert ed25519.sign(seed, text) == theirs.sign(text)
        assert ed25519.verify(key, text, theirs.sign(text))


def test_any_change_is_noticed() -> None:
    seed = bytes(range(32))
    key, signature = ed25519.public_key(seed), ed25519.sign(seed, b"text")
    assert not ed25519.verify(key, b"texT", signature)
    for place in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not ed25519.verify(key, b"text", bytes(changed))
    assert not ed25519.verify(ed25519.public_key(b"\x01" * 32), b"text", signature)


def test_a_second_signature_cannot_be_made_from_a_first() -> None:
    seed = bytes(range(32))
    signature = ed25519.sign(seed, b"text")
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    assert not ed25519.verify(ed25519.public_key(seed), b"text", signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("key", [b"", b"\xff" * 32, b"\x02" + b"\0" * 31, (ed25519.P + 1).to_bytes(32, "little")])
def test_bad_keys_never_raise(key: bytes) -> None:
    assert not ed25519.verify(key, b"text", b"\0" * 64)
    assert not ed25519.verify(ed25519.public_key(bytes(32)), b"text", key * 2)


def test_a_secret_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ed25519.sign(b"short", b"")
