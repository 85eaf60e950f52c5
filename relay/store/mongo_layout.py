"""Bringing a MongoDB database to the schema that the code declares: collections, indexes, and who wrote it.

The document `schema` in the collection `_fairlead` carries the version and the indexes we made, so that one that is no
longer declared is dropped, and an operator's own index is left alone.
"""

from collections.abc import Iterator
from typing import Any

from pymongo.database import Database as RawDatabase
from pymongo.errors import OperationFailure

from relay.store.errors import NewerSchema
from relay.store.interface import Document
from relay.store.schema import Index, Schema

ABOUT = "_fairlead"
CHANGED_CODES = frozenset({85, 86})
"""An index of this name or on these fields is there, with other options."""


def lay_out(database: RawDatabase[Document], schema: Schema) -> None:
    """Make what is missing. Raises NewerSchema before touching anything."""
    about = database[ABOUT].find_one({"_id": "schema"}) or {"version": 0, "indexes": []}
    if about["version"] > schema.version:
        raise NewerSchema(about["version"], schema.version)
    known = set(database.list_collection_names())
    for collection in schema.collections:
        if collection.name not in known:
            database.create_collection(collection.name)  # a transaction could not make it
        for index in collection.indexes:
            _ensure(database, collection.name, index)
    made = list(_made(schema))
    for name in sorted(set(about["indexes"]) - set(made)):
        collection_name, _, index_name = name.partition("/")
        _drop(database, collection_name, index_name)
    written = {"_id": "schema", "version": schema.version, "indexes": made}
    database[ABOUT].replace_one({"_id": "schema"}, written, upsert=True)


def _made(schema: Schema) -> Iterator[str]:
    for collection in schema.collections:
        for index in collection.indexes:
            yield f"{collection.name}/{index.name}"


def _ensure(database: RawDatabase[Document], name: str, index: Index) -> None:
    keys: list[tuple[str, Any]] = [(path, "text" if index.text else direction) for path, direction in index.fields]
    try:
        database[name].create_index(keys, name=index.name, **_options(index))
    except OperationFailure as error:
        if error.code not in CHANGED_CODES:
            raise
        _drop(database, name, index.name)
        database[name].create_index(keys, name=index.name, **_options(index))


def _options(index: Index) -> dict[str, Any]:
    """The index's options; when it expires is ours to act on, by our clock (relay/store/expiry.py)."""
    options: dict[str, Any] = {}
    if index.unique:
        options["unique"] = True
    if index.sparse:
        options["sparse"] = True
    if index.partial is not None:
        options["partialFilterExpression"] = dict(index.partial)
    if index.text:
        options["default_language"] = "none"  # whole words, as the embedded adapter finds them
    return options


def _drop(database: RawDatabase[Document], collection: str, index: str) -> None:
    try:
        database[collection].drop_index(index)
    except OperationFailure as error:
        if error.code not in (26, 27):  # no such collection, no such index: gone already
            raise
