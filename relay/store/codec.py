"""Documents to BSON and back, and the cleaning that makes every stored document obey the rules of the interface."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from relay.store.errors import BadDocument

DOCUMENT_BYTES = 16 * 1024 * 1024
"""MongoDB's own limit."""
DEPTH = 64
"""Below MongoDB's hundred, so that an aggregation may wrap a document."""
ID_CHARACTERS = 512
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of `value` as it will be read back: UTC milliseconds, lists for tuples. Raises BadDocument."""
    if value is None or isinstance(value, bool | str | bytes):
        return value
    if isinstance(value, int | float):
        check_number(value)
        return value
    if isinstance(value, datetime):
        return _clean_moment(value)
    if depth > DEPTH:
        raise BadDocument(f"nested deeper than {DEPTH}")
    if isinstance(value, Mapping):
        return {_clean_name(name): clean(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in value]
    raise BadDocument(f"a document cannot hold {type(value).__name__}")


def check_number(value: float) -> None:
    """Raises BadDocument for a number that BSON or the order of keys cannot hold."""
    if value != value:  # noqa: PLR0124 - only NaN is unequal to itself
        raise BadDocument("a document cannot hold NaN")
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        raise BadDocument("an integer has at most 64 bits")


def _clean_moment(value: datetime) -> datetime:
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment - timedelta(microseconds=moment.microsecond % 1000)


def _clean_name(name: object) -> str:
    if not isinstance(name, str) or not name or name.startswith("$") or "." in name or "\0" in name:
        raise BadDocument(f"no field can be named {name!r}")
    return name


def clean_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """A whole document, cleaned, with its string `_id` in front. Raises BadDocument."""
    identity = document.get("_id")
    if not isinstance(identity, str) or not 0 < len(identity) <= ID_CHARACTERS:
        raise BadDocument("a document has a string _id")
    cleaned: dict[str, Any] = {"_id": identity, **clean(document)}
    return cleaned


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as BSON. Raises BadDocument when it is too large or cannot be encoded."""
    try:
        raw = bson.encode(document, codec_options=CODEC)
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise BadDocument(str(error)) from None
    if len(raw) > DOCUMENT_BYTES:
        raise BadDocument(f"a document has at most {DOCUMENT_BYTES} bytes")
    return raw


def decode(raw: bytes) -> dict[str, Any]:
    """The document in `raw`, with aware UTC times."""
    return bson.decode(raw, codec_options=CODEC)
