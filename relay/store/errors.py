"""What the store may raise: nothing of sqlite3, pymongo or bson leaves this folder."""


class StoreError(Exception):
    """Any refusal of the store."""


class Duplicate(StoreError):
    """A unique index holds this key already. `index` is its name, `_id` for the primary key."""

    def __init__(self, index: str) -> None:
        super().__init__(f"duplicate key in index {index}")
        self.index = index


class UnsupportedQuery(StoreError):
    """The filter, update, sort, projection or pipeline is not on the allow-list that every adapter shares."""


class NoIndex(StoreError):
    """The query would read the whole collection (raised only where indexes are strict, as in the tests)."""


class BadDocument(StoreError):
    """The document cannot be stored: no string `_id`, an unknown type, a reserved field name, too large or too deep."""


class BadUpdate(StoreError):
    """The update does not fit the document it met, such as `$inc` on a string."""


class OutOfScope(StoreError):
    """A filter, update or document named an organization other than the one it is confined to."""


class Missing(StoreError, KeyError):
    """No such document in this organization."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class Stale(StoreError):
    """The document has another version than the caller has seen."""


class StoreUnavailable(StoreError):
    """The database does not answer, is damaged, or has been closed."""


class StoreFull(StoreError):
    """The disk is full. The write was rolled back whole; what was acknowledged before is safe."""


class StoreReadOnly(StoreError):
    """The data directory or a file in it cannot be written."""


class StoreLocked(StoreError):
    """Another relay has the data directory."""


class NewerSchema(StoreError):
    """The database was written by a newer version of Fairlead; nothing was touched."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"the database has schema version {found}, this version knows {known}: upgrade Fairlead")
        self.found = found
        self.known = known
