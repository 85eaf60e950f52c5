"""What pymongo's errors mean to the store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)

from relay.store.errors import BadDocument, BadUpdate, Duplicate, StoreError, StoreFull, StoreUnavailable

DUPLICATE_CODES = frozenset({11000, 11001, 12582})
BAD_DOCUMENT_CODES = frozenset({171, 10334, 17419, 17420})
"""Two lists in one index; too large."""
BAD_UPDATE_CODES = frozenset({2, 9, 14, 28, 40, 66})
"""Bad value, failed to parse, type mismatch, path not viable, conflicting paths, immutable field."""
FULL_CODE = 14031

TRANSIENT = "TransientTransactionError"
"""The label of what pymongo's with_transaction tries again."""


@contextmanager
def translated(*, in_transaction: bool = False) -> Iterator[None]:
    """Raise the store's errors for pymongo's; inside a transaction let those pass that make it try again."""
    try:
        yield
    except PyMongoError as error:
        if in_transaction and error.has_error_label(TRANSIENT):
            raise
        raise meaning_of(error) from error
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise BadDocument(str(error)) from error


def meaning_of(error: PyMongoError) -> StoreError:
    """The store's error for one of pymongo's."""
    if isinstance(error, BulkWriteError):
        return meaning_of_write((error.details.get("writeErrors") or [{}])[0])
    if isinstance(error, DuplicateKeyError):
        return meaning_of_write(error.details or {"code": error.code})
    if isinstance(error, DocumentTooLarge):
        return BadDocument(str(error))
    if isinstance(error, OperationFailure):
        return meaning_of_write({"code": error.code, "errmsg": str(error)})
    return StoreUnavailable(f"MongoDB does not answer: {error}")


def meaning_of_write(answer: Mapping[str, Any]) -> StoreError:
    """The store's error for one entry of a server's `writeErrors`."""
    code, text = answer.get("code"), str(answer.get("errmsg", "a write failed"))
    if code in DUPLICATE_CODES:
        return Duplicate(_index_of(answer))
    if code in BAD_DOCUMENT_CODES:
        return BadDocument(text)
    if code in BAD_UPDATE_CODES:
        return BadUpdate(text)
    if code == FULL_CODE:
        return StoreFull("the disk of the MongoDB server is full: free some space, then try again; nothing was lost")
    return StoreUnavailable(f"MongoDB refused: {text}")


def _index_of(answer: Mapping[str, Any]) -> str:
    pattern = answer.get("keyPattern", {})
    return "_id" if set(pattern) == {"_id"} else "_".join(f"{path}_{direction}" for path, direction in pattern.items())
