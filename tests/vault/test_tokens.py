"""Tokens: what we sign we read back; everything else is refused with one sentence."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from relay.clock import FakeClock
from relay.domain.errors import Unauthenticated
from relay.ids import FakeIds
from relay.vault.tokens import ISSUER, Tokens

SECRET = b"s" * 32


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed(header: dict[str, Any], claims: Any, key: bytes = SECRET) -> str:
    head = f"{_part(header)}.{_part(claims)}"
    mark = hmac.new(key, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens(SECRET, clock=clock, ids=FakeIds())


def _claims(clock: FakeClock, **changes: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    good = {"iss": ISSUER, "aud": "api", "jti": "1", "sub": "u", "iat": now, "nbf": now, "exp": now + 60}
    return {name: value for name, value in (good | changes).items() if value is not None}


def _refused(tokens: Tokens, token: str, audience: str = "api") -> None:
    with pytest.raises(Unauthenticated, match=r"^Invalid or expired token$"):
        tokens.read(token, audience=audience)


def test_reads_back_what_it_signed(tokens: Tokens, clock: FakeClock) -> None:
    issued = tokens.issue({"sub": "u1", "role": "user", "groups": ["ops"]}, audience="api", lifetime_s=60)
    claims = tokens.read(issued.token, audience="api")
    assert claims["sub"] == "u1"
    assert claims["groups"] == ["ops"]
    assert claims["jti"] == issued.jti
    assert claims["iss"] == "fairlead"
    assert issued.expires_at.timestamp() == int(clock.now().timestamp()) + 60


def test_claims_cannot_replace_ours(tokens: Tokens) -> None:
    issued = tokens.issue({"sub": "u", "exp": 9e12, "aud": "api", "iss": "x"}, audience="preauth", lifetime_s=60)
    assert tokens.read(issued.token, audience="preauth")["iss"] == "fairlead"
    _refused(tokens, issued.token)


def test_ends_to_the_second(tokens: Tokens, clock: FakeClock) -> None:
    issued = tokens.issue({"sub": "u"}, audience="api", lifetime_s=60)
    clock.advance(59.9)
    tokens.read(issued.token, audience="api")
    clock.advance(0.1)
    _refused(tokens, issued.token)


def test_the_helper_of_these_tests_makes_good_tokens(tokens: Tokens, clock: FakeClock) -> None:
    assert tokens.read(_signed({"alg": "HS256"}, _claims(clock)), audience="api")["sub"] == "u"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "preauth"},
        {"aud": ["api"]},
        {"aud": None},
        {"iss": "someone"},
        {"iss": None},
        {"sub": 7},
        {"sub": None},
        {"jti": None},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1},
        {"nbf": 99999999999},
        {"nbf": None},
    ],
)
def test_case_05_refuses_wrong_claims(tokens: Tokens, clock: FakeClock, changes: dict[str, Any]) -> None:
    _refused(tokens, _signed({"alg": "HS256"}, _claims(clock, **changes)))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": "hs256"},
        {"alg": ["HS256"]},
        {},
        {"alg": "HS256", "kid": "../../dev/null"},
        {"alg": "HS256", "kid": "' OR 1=1 --"},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "jku": "https://example.org/keys"},
        {"alg": "HS256", "zip": "DEF"},
    ],
)
def test_case_05_refuses_other_headers(tokens: Tokens, clock: FakeClock, header: dict[str, Any]) -> None:
    _refused(tokens, _signed(header, _claims(clock)))


def test_case_05_refuses_an_unsigned_token(tokens: Tokens, clock: FakeClock) -> None:
    _refused(tokens, f"{_part({'alg': 'none'})}.{_part(_claims(clock))}.")


def test_case_05_refuses_a_public_key_used_as_secret(clock: FakeClock) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    tokens = Tokens(SECRET, clock=clock, ids=FakeIds())
    _refused(tokens, _signed({"alg": "HS256"}, _claims(clock), key=public))
    _refused(tokens, jwt.encode({"alg": "RS256"}, _claims(clock), RSAKey.import_key(key)))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 10_000, "eyJhbGciOiJIUzI1NiJ9..", "\x00"])
def test_refuses_what_is_no_token(tokens: Tokens, token: str) -> None:
    _refused(tokens, token)


@pytest.mark.parametrize("claims", [[], "text", 5, None])
def test_refuses_claims_that_are_no_object(tokens: Tokens, claims: Any) -> None:
    _refused(tokens, _signed({"alg": "HS256"}, claims))


def test_refuses_every_changed_character_of_the_signature(tokens: Tokens) -> None:
    token = tokens.issue({"sub": "u"}, audience="api", lifetime_s=60).token
    head, _, mark = token.rpartition(".")
    for place in range(len(mark) - 1):  # the last character carries only four bits
        changed = "A" if mark[place] != "A" else "B"
        _refused(tokens, f"{head}.{mark[:place]}{changed}{mark[place + 1 :]}")
