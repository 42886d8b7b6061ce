"""Texts that match a pattern, made from the pattern alone."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.samples import text_of_pattern

_LETTERS = st.sampled_from(
    ["[a-z]", "[A-Z0-9_]", r"\d", r"\w", "[^x]", "-", r"\.", "a", ".", "(?:T(a|b))", "([0-9]{2}:)"]
)
_COUNTS = st.sampled_from(["", "+", "*", "?", "{3}", "{2,5}", "{4,}"])
_PATTERNS = st.lists(st.tuples(_LETTERS, _COUNTS).map("".join), max_size=6).map("".join)


@given(_PATTERNS, st.booleans(), st.integers(0, 2**32))
def test_a_text_matches_its_pattern(inside: str, anchored: bool, seed: int) -> None:
    pattern = f"^{inside}$" if anchored else inside
    text = text_of_pattern(pattern, Random(seed))
    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", ["^(a|b", "(?=a)b", "^[", "a{2,1}", r"\S"])
def test_a_pattern_with_more_is_left_to_others(pattern: str) -> None:
    assert text_of_pattern(pattern, Random(0)) is None


def test_a_pattern_gives_many_ids() -> None:
    rng = Random(1)
    assert len({text_of_pattern("^exp_[a-z0-9]{12}$", rng) for _ in range(200)}) == 200
