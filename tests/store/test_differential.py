"""An index never changes an answer: whatever the query, it is what the matcher says over all documents."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.store.errors import StoreError
from relay.store.guarded import GuardedDatabase
from relay.store.interface import Document, Sort
from relay.store.keys import after, inverse, key_of
from relay.store.matcher import compile_filter
from relay.store.projection import sort_key
from relay.store.schema import CollectionSchema, Index, Schema
from relay.store.sqlite_file import SqliteFile, open_in_memory, open_path
from tests.store.consistency import assert_sound

INDEXES = (
    Index(fields=(("a", 1), ("n", -1))),
    Index(fields=(("s", 1),)),
    Index(fields=(("n", 1), ("s", -1), ("t", 1))),
    Index(fields=(("tags", 1), ("a", 1))),
    Index(fields=(("e.u", 1), ("n", 1))),
    Index(fields=(("a", 1), ("e.r", -1))),
    Index(fields=(("c.x", -1),), sparse=True),
    Index(fields=(("g", 1), ("a", 1)), sparse=True),
    Index(fields=(("t", -1),), partial={"f": True}),
    Index(fields=(("b", 1),), partial={"g": None}),
)
SCHEMA = Schema(version=1, collections=(CollectionSchema(name="c", indexes=INDEXES, scan_ok=True),))

INTEGERS = st.sampled_from([0, 1, 2, 3, -1, 5, 2.0, 1.5])
TEXTS = st.sampled_from(["a", "b", "ab", "A b", "web-1", "web-2", "", "a\0"])
TAGS = st.sampled_from(["x", "y", "prod", "dev"])
TIMES = st.integers(0, 4).map(lambda day: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "a": INTEGERS,
    "b": TEXTS,
    "c": st.fixed_dictionaries({"x": INTEGERS}, optional={"y": TEXTS}),
    "tags": st.lists(TAGS, max_size=3),
    "e": st.lists(st.fixed_dictionaries({}, optional={"u": TEXTS, "r": INTEGERS}), max_size=2),
    "t": TIMES,
    "f": st.booleans(),
    "g": st.sampled_from([None, 1.5, 2, 3]),
    "n": INTEGERS,
    "s": TEXTS,
}
LEAVES: Mapping[str, st.SearchStrategy[Any]] = {
    **{name: FIELDS[name] for name in ("a", "b", "t", "f", "g", "n", "s")},
    "c.x": INTEGERS,
    "c.y": TEXTS,
    "tags": TAGS,
    "tags.0": TAGS,
    "e.u": TEXTS,
    "e.r": INTEGERS,
    "e.0.u": TEXTS,
}
DOCUMENTS = st.lists(st.fixed_dictionaries({}, optional=FIELDS), max_size=12)


def conditions(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    compared = st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), leaf.filter(bool), min_size=1)
    several = st.lists(st.one_of(leaf, st.none()), max_size=3)
    return st.one_of(
        leaf,
        st.none(),
        compared.filter(lambda each: None not in each.values()),
        st.fixed_dictionaries({"$ne": st.one_of(leaf, st.none())}),
        st.fixed_dictionaries({"$in": several}),
        st.fixed_dictionaries({"$nin": several}),
        st.fixed_dictionaries({"$exists": st.booleans()}),
        st.fixed_dictionaries({"$not": st.fixed_dictionaries({"$in": several})}),
        st.fixed_dictionaries({"$eq": st.one_of(leaf, st.none())}),
    )


PLAIN = st.sampled_from(sorted(LEAVES)).flatmap(lambda path: st.fixed_dictionaries({path: conditions(LEAVES[path])}))
ENTRIES = st.one_of(
    PLAIN,
    PLAIN,
    PLAIN,
    st.just({"tags": {"$size": 2}}),
    st.just({"tags": {"$all": ["x", "y"]}}),
    st.just({"e": {"$elemMatch": {"u": "a", "r": {"$gt": 0}}}}),
    st.just({"s": {"$regex": "^web", "$options": "i"}}),
)


def merged(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: asked for entry in entries for name, asked in entry.items()}


FILTERS = st.recursive(
    st.lists(ENTRIES, max_size=3).map(merged),
    lambda inner: st.one_of(
        st.tuples(
            st.lists(ENTRIES, max_size=2).map(merged),
            st.sampled_from(["$or", "$and", "$nor"]),
            st.lists(inner, min_size=1, max_size=3),
        ).map(lambda parts: {**parts[0], parts[1]: parts[2]})
    ),
    max_leaves=4,
)
SORTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c.x", "t", "f", "g", "n", "s", "_id"]), st.sampled_from([1, -1])),
    max_size=3,
    unique_by=lambda entry: entry[0],
)
UPDATES = st.one_of(
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: FIELDS[name].map(lambda value: {"$set": {name: value}})),
    st.sampled_from(["a", "c.x", "tags", "e", "g"]).map(lambda path: {"$unset": {path: ""}}),
    TAGS.map(lambda tag: {"$push": {"tags": tag}}),
    TAGS.map(lambda tag: {"$pull": {"tags": tag}}),
    st.just({"$inc": {"n": 1}}),
    st.just({"$rename": {"g": "a"}}),
)


def numbered(documents: list[Document]) -> list[Document]:
    return [{"_id": f"{number:02}", **document} for number, document in enumerate(documents)]


def expected(documents: list[Document], where: Document, sort: Sort) -> list[Document]:
    """The answer by the matcher alone; `_id` breaks ties."""
    matches = compile_filter(where)
    return sorted((each for each in documents if matches(each)), key=sort_key([*sort, ("_id", 1)]))


def assert_same(
    file: SqliteFile, documents: list[Document], where: Document, sort: Sort, window: tuple[int, int]
) -> None:
    by_id = sort if any(path == "_id" for path, _ in sort) else [*sort, ("_id", 1)]
    full = expected(documents, where, sort)
    skip, limit = window
    found, counted, any_order = file.read(
        lambda session: (
            (inner := GuardedDatabase(session, SCHEMA, strict=False).collection("c")).find(
                where, sort=by_id, skip=skip, limit=limit
            ),
            inner.count(where),
            inner.find(where, sort=sort),
        )
    )
    assert found == full[skip : skip + limit if limit else None]
    assert counted == len(full)
    assert sorted(each["_id"] for each in any_order) == sorted(each["_id"] for each in full)
    key = sort_key(sort)
    assert [key(each) for each in any_order] == sorted(key(each) for each in any_order)


@settings(max_examples=200)
@given(documents=DOCUMENTS, where=FILTERS, sort=SORTS, window=st.tuples(st.integers(0, 3), st.integers(0, 4)))
def test_an_index_never_changes_an_answer(
    documents: list[Document], where: Document, sort: Sort, window: tuple[int, int]
) -> None:
    file = open_in_memory(SCHEMA)
    try:
        stored = numbered(documents)
        file.write(lambda session: session.collection("c").insert_many(stored))
        assert_same(file, stored, where, sort, window)
    finally:
        file.close()


@settings(max_examples=40)
@given(documents=DOCUMENTS, changes=st.lists(st.tuples(FILTERS, UPDATES), max_size=5), where=FILTERS)
def test_indexes_follow_every_update(
    documents: list[Document], changes: list[tuple[Document, Document]], where: Document, tmp_path_factory: Any
) -> None:
    path: Path = tmp_path_factory.mktemp("differential") / "store.db"
    file = open_path(path, SCHEMA)
    try:
        file.write(lambda session: session.collection("c").insert_many(numbered(documents)))
        for asked, update in changes:
            try:
                file.write(lambda session, a=asked, u=update: session.collection("c").update_many(a, u))
            except StoreError:
                continue  # refused as a whole, which the comparison below then sees
        stored = file.read(lambda session: session.collection("c").find({}))
        assert_same(file, stored, where, [("n", 1)], (0, 0))
    finally:
        file.close()
    assert_sound(path, SCHEMA)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(max_size=4),
        st.binary(max_size=4),
        st.datetimes(timezones=st.just(UTC)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=4,
)


@given(
    first=st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)),
    second=st.integers(-(2**63), 2**63 - 1),
)
def test_numbers_sort_as_numbers(first: float, second: int) -> None:
    assert (key_of(first) < key_of(second)) == (first < second)
    assert (key_of(first) == key_of(second)) == (first == second)


@given(first=st.text(), second=st.text())
def test_texts_sort_by_code_point(first: str, second: str) -> None:
    assert (key_of(first) < key_of(second)) == (first < second)


@given(first=VALUES, second=VALUES)
def test_no_key_begins_another(first: Any, second: Any) -> None:
    one, two = key_of(first), key_of(second)
    assert one == two or not one.startswith(two)
    assert (one < two) == (inverse(one) > inverse(two))
    assert one + one < after(one)
    assert (two < after(one)) == (two <= one)
