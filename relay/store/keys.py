"""Order-preserving byte keys: bytes that compare as MongoDB compares the values. Rules of this file:

1. The first byte is the type's rank, so values of different types never meet (null < numbers < strings < …).
2. No key is a proper prefix of another, so compound keys are plain concatenations and a descending field is the
   bitwise inverse.
3. An int and a float of the same value have the same key; times count whole milliseconds.
"""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """The value of a field that is not there, which is not the same as null."""

    ABSENT = 0


ABSENT: Final = Absent.ABSENT

NULL_KEY = b"\x05"
EMPTY_KEY = b"\x06"
"""Stands in an index for a path that ends in an empty list of sub-documents: sorts beside null, equals nothing."""

_INVERSE = bytes(255 - byte for byte in range(256))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIGN = 1 << 63


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC, rounded down; a naive time is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def _terminated(raw: bytes) -> bytes:
    return raw.replace(b"\0", b"\0\xff") + b"\0\0"


def _number(value: float) -> bytes:
    as_float = float(value)
    # 64-bit integers that share a float are told apart by their distance from it, at most 1024 either way.
    distance = 0 if isinstance(value, float) else int(value) - int(as_float)
    bits: int = struct.unpack(">Q", struct.pack(">d", as_float + 0.0))[0]
    ordered = bits ^ 0xFFFFFFFFFFFFFFFF if bits & _SIGN else bits | _SIGN
    return b"\x10" + struct.pack(">QH", ordered, distance + 32768)


def _text(value: str) -> bytes:
    return b"\x14" + _terminated(value.encode("utf-8", "surrogatepass"))


def _mapping(value: Mapping[str, Any]) -> bytes:
    parts = []
    for name, item in value.items():
        item_key = key_of(item)
        parts.append(item_key[:1] + _terminated(name.encode("utf-8", "surrogatepass")) + item_key)
    return b"\x18" + b"".join(parts) + b"\0\0"


def _sequence(value: list[Any]) -> bytes:
    return b"\x1c" + b"".join(key_of(item) for item in value) + b"\0\0"


def _moment(value: datetime) -> bytes:
    return b"\x2c" + struct.pack(">Q", milliseconds(value) + _SIGN)


_ENCODERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], bytes]], ...] = (
    (str, _text),
    ((bool,), lambda value: b"\x28\1" if value else b"\x28\0"),
    ((int, float), _number),
    (datetime, _moment),
    (bytes, lambda value: b"\x20" + _terminated(value)),
    (dict, _mapping),
    ((list, tuple), _sequence),
)


def key_of(value: Any) -> bytes:
    """The key of `value`; an absent field has the key of null. Raises TypeError for a type no document may hold."""
    if value is None or value is ABSENT:
        return NULL_KEY
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"no order for values of type {type(value).__name__}")


def inverse(key: bytes) -> bytes:
    """The key that sorts the other way round."""
    return key.translate(_INVERSE)


def after(key: bytes) -> bytes:
    """The smallest bytes greater than every key that begins with `key`, which must not be all 0xff."""
    kept = key.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1])
