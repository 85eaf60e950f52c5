"""Ed25519 signatures (RFC 8032, 5.1) in pure Python, so that the agent needs nothing compiled.

Points are extended homogeneous coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z. Python's integers do not
run in constant time: docs/decisions/0003-agent-credential.md says why that is acceptable here. One handshake costs one
signature and one verification, a few milliseconds each.
"""

import hashlib
from functools import cache, lru_cache
from typing import NamedTuple

P = 2**255 - 19
"""The field's prime."""
L = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point."""
D = -121665 * pow(121666, P - 2, P) % P
"""The curve: -x² + y² = 1 + D·x²·y²."""
_SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


class _Point(NamedTuple):
    x: int
    y: int
    z: int
    t: int


_NEUTRAL = _Point(0, 1, 1, 0)


def public_key(seed: bytes) -> bytes:
    """32 secret bytes → the 32 byte public key."""
    return _secret(seed)[2]


def sign(seed: bytes, message: bytes) -> bytes:
    """32 secret bytes, a message → the 64 byte signature (deterministic)."""
    scalar, prefix, key = _secret(seed)
    r = _hash_scalar(prefix, message)
    head = _compress(_multiply_base(r))
    s = (r + _hash_scalar(head, key, message) * scalar) % L
    return head + s.to_bytes(32, "little")


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the secret of `key`. Never raises for bad input."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point = _decompress(key)
    head = _decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    # S must be below L: otherwise a second valid signature could be made from a first (RFC 8032, 5.1.7).
    if point is None or head is None or s >= L:
        return False
    h = _hash_scalar(signature[:32], key, message)
    return _equal(_multiply_base(s), _add(head, _multiply(h, point)))


@lru_cache(maxsize=1)
def _secret(seed: bytes) -> tuple[int, bytes, bytes]:
    """Scalar, prefix and public key: half of a signature's work, and the same each time."""
    scalar, prefix = _expand(seed)
    return scalar, prefix, _compress(_multiply_base(scalar))


def _expand(seed: bytes) -> tuple[int, bytes]:
    if len(seed) != 32:
        raise ValueError("an Ed25519 secret has 32 bytes")
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ((1 << 254) - 8) | (1 << 254), digest[32:]


def _hash_scalar(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def _add(p: _Point, q: _Point) -> _Point:
    a = (p.y - p.x) * (q.y - q.x) % P
    b = (p.y + p.x) * (q.y + q.x) % P
    c = 2 * p.t * q.t * D % P
    d = 2 * p.z * q.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _multiply(scalar: int, point: _Point) -> _Point:
    result = _NEUTRAL
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _multiply_base(scalar: int) -> _Point:
    result = _NEUTRAL
    for power in _base_powers():
        if scalar & 1:
            result = _add(result, power)
        scalar >>= 1
    return result


@cache
def _base_powers() -> tuple[_Point, ...]:
    """The base point doubled 0 … 255 times: a multiplication then costs additions alone."""
    y = 4 * pow(5, P - 2, P) % P
    x = _recover_x(y, 0)
    assert x is not None
    powers = [_Point(x, y, 1, x * y % P)]
    while len(powers) < 256:
        powers.append(_add(powers[-1], powers[-1]))
    return tuple(powers)


def _recover_x(y: int, sign_bit: int) -> int | None:
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign_bit else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * _SQRT_MINUS_ONE % P
    if (x * x - x2) % P:
        return None
    return P - x if x & 1 != sign_bit else x


def _compress(point: _Point) -> bytes:
    inverse = pow(point.z, P - 2, P)
    x, y = point.x * inverse % P, point.y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(data: bytes) -> _Point | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _recover_x(y, number >> 255)
    return None if x is None else _Point(x, y, 1, x * y % P)


def _equal(p: _Point, q: _Point) -> bool:
    return (p.x * q.z - q.x * p.z) % P == 0 and (p.y * q.z - q.y * p.z) % P == 0
