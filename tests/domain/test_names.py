"""Names and texts: what is valid, what is made harmless, and that neither ever lets a control character through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain import names
from relay.domain.errors import Invalid
from relay.domain.tokens import digest


@given(st.text(max_size=80), st.integers(0, 40))
def test_plain_text_is_bounded_and_draws_one_line(text, limit):
    found = names.plain(text, limit)
    assert len(found) <= limit
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in found)
    assert names.plain(found, limit) == found


@pytest.mark.parametrize(
    ("name", "slug"),
    [("My Company Inc", "my-company-inc"), ("  A   B ", "a-b"), ("x9", "x9"), ("A" * 63, "a" * 63)],
)
def test_slugs(name, slug):
    assert names.slug(name) == slug


@given(st.text(max_size=70))
def test_a_slug_is_lower_case_letters_digits_and_inner_hyphens_or_refused(name):
    try:
        found = names.slug(name)
    except Invalid:
        return
    assert 2 <= len(found) <= 63
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert found.strip("-") == found
    assert names.slug(found) == found


@pytest.mark.parametrize("email", ["ada@example.org", "a.b+c@mail.example.co.uk", "Ümlaut@bücher.example"])
def test_addresses(email):
    assert names.check_email(f" {email} ") == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@",
        "@b.cc",
        "a@b",
        "a b@c.dd",
        "a@b@c.dd",
        "a@b.c\n",
        "a\x00@b.cc",
        "<a@b.cc>",
        "a@" + "b" * 254 + ".cc",
    ],
)
def test_no_addresses(email):
    with pytest.raises(Invalid):
        names.check_email(email)


@pytest.mark.parametrize("text", ["\x1b[0m", "a\u202eb", "a\u2028b", "a\ud800b", "\x7f", "\x9b1m"])
def test_control_characters_are_refused(text):
    with pytest.raises(Invalid, match="control characters"):
        names.check_drawable(text, field="name")


@pytest.mark.parametrize("text", ["", "two\nlines", "日本語", "👩\u200d💻"])
def test_drawable_text(text):
    assert names.check_drawable(text, field="name") == text


@given(st.text(max_size=30))
def test_folding_forgets_case_once_and_for_all(text):
    assert names.folded(names.folded(text)) == names.folded(names.folded(names.folded(text)))
    assert names.folded(text.upper().lower()) == names.folded(text.lower().upper().lower())


def test_names_have_bounds():
    assert names.check_name(" x ", field="name") == "x"
    for text, minimum, says in ((" ", 1, "name is required"), ("ab", 3, "at least 3"), ("x" * 101, 1, "at most 100")):
        with pytest.raises(Invalid, match=says):
            names.check_name(text, field="name", minimum=minimum)


@pytest.mark.parametrize("name", ["", "root", "_x", "a-b_9", "a" * 32])
def test_linux_users(name):
    assert names.check_linux_user(name) == name


@pytest.mark.parametrize("name", ["Root", "9a", "-a", "a b", "a;b", "a" * 33, "root\n"])
def test_no_linux_users(name):
    with pytest.raises(Invalid):
        names.check_linux_user(name)


@pytest.mark.parametrize("text", ["0" * 24, "abcdef" * 4])
def test_ids(text):
    assert names.is_object_id(text)
    assert names.is_agent_id(text[:12])


@pytest.mark.parametrize("text", ["", "0" * 23, "0" * 25, "A" * 24, "g" * 24, "0" * 24 + "\n"])
def test_no_ids(text):
    assert not names.is_object_id(text)
    assert not names.is_agent_id(text)


@given(st.text())
def test_digests_are_of_any_text(text):
    assert len(digest(text)) == 64
