"""What a database must hold before it is opened: collections and their indexes, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index. `fields` are (dotted path, 1 or -1); a text index names its fields with any direction.

    `partial` is a filter of plain equalities: only documents that match it are indexed. `ttl_s` is how many seconds
    after its first field's time a document may be deleted.
    """

    fields: tuple[tuple[str, int], ...]
    unique: bool = False
    sparse: bool = False
    partial: Mapping[str, Any] | None = None
    ttl_s: int | None = None
    text: bool = False

    @property
    def name(self) -> str:
        """The name MongoDB would give it, so that both adapters report the same one."""
        return "_".join(f"{path}_{'text' if self.text else direction}" for path, direction in self.fields)


PRIMARY = Index(fields=(("_id", 1),), unique=True)
"""The primary key every collection has without declaring it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substrings:
    """Finds a literal text inside `field`, newest first by the time in `newest`, which every document must have.

    `within` are fields whose equality narrows further, the widest first. The embedded adapter alone builds it; a filter
    says nothing of it: any `$regex` literal of three characters and more over `field` is answered by it.
    """

    field: str
    newest: str
    within: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the catalog."""
        return f"{self.field}_substrings"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSchema:
    """One collection. `scan_ok` says that it stays small, so that reading all of it is no defect."""

    name: str
    indexes: tuple[Index, ...] = ()
    substrings: Substrings | None = None
    scan_ok: bool = False

    @property
    def text_index(self) -> Index | None:
        """The index that answers `$text`; a collection has at most one."""
        return next((index for index in self.indexes if index.text), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Everything a database holds. `version` grows when an older relay could no longer work on the data."""

    version: int
    collections: tuple[CollectionSchema, ...]
    by_name: Mapping[str, CollectionSchema] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {collection.name: collection for collection in self.collections})

    def collection(self, name: str) -> CollectionSchema:
        """The declaration of `name`; raises KeyError when it is not declared."""
        return self.by_name[name]
