"""Runs of characters never hide what the matcher finds."""

import re

from hypothesis import given
from hypothesis import strategies as st

from relay.store.folding import fold, grams

CASED = [
    char
    for char in map(chr, range(0x110000))
    if not "\ud800" <= char <= "\udfff" and {char} != {char.lower(), char.upper(), char.casefold()}
]


def test_what_the_matcher_takes_for_the_same_character_folds_to_the_same():
    everything = "".join(CASED)
    apart = {
        (char, other)
        for char in CASED
        for other in re.findall(re.escape(char), everything, re.IGNORECASE)
        if fold(char) != fold(other)
    }
    assert apart == set()


def test_folding_keeps_the_length_and_what_a_database_cannot_hold_is_replaced():
    assert fold("Straße \u0130\0\ud800") == "straße i\ufffd\ufffd"


def test_a_text_shorter_than_a_run_has_none_and_a_long_one_is_covered():
    assert grams("ls") == []
    assert grams("abcde") == ["abc", "cde"]
    assert grams("rm -rf /") == ["rm ", "-rf", "f /"]


@given(st.text(), st.text(), st.text())
def test_every_run_of_a_text_is_in_what_contains_it(before, text, after):
    whole = fold(before + text.swapcase() + after) if text.isascii() else fold(before + text + after)
    assert all(gram in whole for gram in grams(text))
