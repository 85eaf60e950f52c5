"""Fields at the edge: the first bad one is named, with the texts of the terminal API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from relay.api.fields import Email, line, object_id, read_body, read_query, text, verbatim
from relay.domain.errors import Invalid


class Kind(StrEnum):
    """An enumeration."""

    ONE = "one"
    THREE = "three"


class Rule(Struct):
    """A part of a list."""

    pattern: Annotated[str, line(1, 3)]


class Everything(Struct):
    """One of each."""

    name: Annotated[str, line(1, 5)]
    password: Annotated[str, verbatim(8, 12)]
    email: Email = "a@b.c"
    age: Annotated[int, Meta(ge=1, le=300)] = 3
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    kind: Kind = Kind.ONE
    tags: Annotated[list[Annotated[str, line(1, 3)]], Meta(max_length=2)] = []
    rules: list[Rule] = []
    until: datetime | None = None
    note: Annotated[str, text(0, 10)] | None = None
    user: Annotated[str, line(1, 8, pattern="^[a-z]+$")] = "me"
    flag: bool = False
    facts: dict[Annotated[str, line(1, 3)], str] = {}


GOOD = {"name": "n", "password": "12345678"}


def read(**changes: Any) -> Everything:
    return read_body(msgspec.json.encode(GOOD | changes), Everything)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": None}, "name is required"),
        ({"name": ""}, "name is required"),
        ({"name": "  "}, "name is required"),
        ({"name": "\xa0\u3000\ufeff"}, "name is required"),
        ({"name": 5}, "name must be a string"),
        ({"name": "abcdef"}, "name must be at most 5 characters"),
        ({"name": "a\nb"}, "name must not contain control characters"),
        ({"name": "a\u202eb"}, "name must not contain control characters"),
        ({"name": "a\x1b"}, "name must not contain control characters"),
        ({"name": "\x1f"}, "name must not contain control characters"),
        ({"name": "\x1ca\x85"}, "name must not contain control characters"),
        ({"name": {"$ne": ""}}, "name must be a string"),
        ({"password": "short"}, "password must be at least 8 characters"),
        ({"password": "1234567890123"}, "password must be at most 12 characters"),
        ({"email": "nobody"}, "email must be a valid email address"),
        ({"email": "a@b@c"}, "email must be a valid email address"),
        ({"email": "a b@c"}, "email must be a valid email address"),
        ({"age": 0}, "age must be at least 1"),
        ({"age": 301}, "age must be at most 300"),
        ({"age": "5"}, "age must be a whole number"),
        ({"age": True}, "age must be a whole number"),
        ({"share": 0}, "share must be more than 0.0"),
        ({"share": 1}, "share must be less than 1.0"),
        ({"kind": "two"}, "kind must be one or three"),
        ({"tags": "x"}, "tags must be a list"),
        ({"tags": ["a", "b", "c"]}, "tags must have at most 2 entries"),
        ({"tags": [1]}, "every entry of tags must be a string"),
        ({"rules": [{"pattern": "a"}, {}]}, "rules[1].pattern is required"),
        ({"rules": [{"pattern": ""}]}, "rules[0].pattern is required"),
        ({"rules": [{"pattern": "abcd"}]}, "rules[0].pattern must be at most 3 characters"),
        ({"rules": [1]}, "every entry of rules must be an object"),
        ({"tags": ["abcd"]}, "every entry of tags must be at most 3 characters"),
        ({"until": "soon"}, "until must be a time such as 2026-01-31T12:00:00Z"),
        ({"note": "x" * 11}, "note must be at most 10 characters"),
        ({"note": "a\x00"}, "note must not contain control characters"),
        ({"user": "A"}, "user is not valid"),
        ({"flag": 1}, "flag must be true or false"),
        ({"facts": []}, "facts must be an object"),
        ({"facts": {"": "x"}}, "every name in facts is required"),
        ({"facts": {"long": "x"}}, "every name in facts must be at most 3 characters"),
    ],
)
def test_the_bad_field_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(**changes)
    assert refused.value.text == complaint


def test_the_first_bad_field_in_the_order_of_declaration_is_named() -> None:
    with pytest.raises(Invalid, match="name is required"):
        read_body(b'{"age":"x","password":"x"}', Everything)


def test_good_fields_are_read_and_tidied() -> None:
    found = read(name=" n ", password=" 1234567 ", note=" two\nline ", until="2026-01-31T12:00:00Z", unknown=1)
    assert (found.name, found.password, found.note) == ("n", " 1234567 ", "two\nline")
    assert found.until is not None
    assert found.until.tzinfo is not None


def test_null_means_absent_where_null_is_no_value() -> None:
    found = read(age=None, tags=None, until=None)
    assert (found.age, found.tags, found.until) == (3, [], None)


def test_no_body_is_an_empty_object() -> None:
    with pytest.raises(Invalid, match="name is required"):
        read_body(b"", Everything)


def test_too_many_fields_are_no_body_of_ours() -> None:
    with pytest.raises(Invalid, match="Invalid request body"):
        read(**{f"f{number}": 1 for number in range(200)})


def test_a_query_holds_numbers_as_text() -> None:
    class Query(Struct):
        limit: Annotated[int, Meta(ge=1)] = 25
        active: bool = False
        q: str = "-"

    assert read_query({"limit": "7", "active": "true", "q": ""}, Query) == Query(7, True, "-")
    with pytest.raises(Invalid, match="limit must be at least 1"):
        read_query({"limit": "0"}, Query)


@pytest.mark.parametrize("value", ["", "0" * 23, "0" * 25, "G" * 24, "A" * 24, "0" * 24 + "\n"])
def test_ids_are_24_lower_case_hex(value: str) -> None:
    assert object_id("0123456789abcdef01234567", "user") == "0123456789abcdef01234567"
    with pytest.raises(Invalid, match=r"^Invalid user ID$"):
        object_id(value, "user")


@given(st.binary(max_size=300))
def test_garbage_is_only_ever_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_body(body, Everything)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(Everything.__struct_fields__), json_values))
def test_any_object_is_read_or_refused(values: dict[str, Any]) -> None:
    try:
        found = read_body(msgspec.json.encode(values), Everything)
    except Invalid as refused:
        first_word = refused.text.partition(" ")[0]
    else:
        first_word = "name" if 1 <= len(found.name) <= 5 else found.name
    assert first_word in {*Everything.__struct_fields__, "every", "Invalid"}
