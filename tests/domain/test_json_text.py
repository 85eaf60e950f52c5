"""JSON stays the same JSON, and holds nothing a terminal acts on."""

import json

from hypothesis import given
from hypothesis import strategies as st

from relay.domain.json_text import tamed


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_read_is_what_was_written(text):
    assert json.loads(tamed(json.dumps(text, ensure_ascii=False).encode())) == text


def test_controls_are_escapes():
    text = "\x7f\x80\x9b\x9f\u200e\u200f\u2028\u202a\u202e\u2066\u2069"
    assert tamed(json.dumps(text, ensure_ascii=False).encode()).isascii()
    assert tamed('"é日本\u00a0"'.encode()) == '"é日本\u00a0"'.encode()
