"""What departs from a schema is told by place, reason and the way out, never by its value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.explanation import FileShape

TEXT = {"type": "string"}
PROPERTIES = ("name", "kind", "lasts", "value", "rows", "other")
SCHEMA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "kind": {"enum": ["latency", "rate-limit"]},
        "lasts": {"type": "string", "format": "even"},
        "value": {
            "oneOf": [
                {"type": "object", "required": ["input"], "properties": {"input": TEXT}},
                {"type": "object", "required": ["time"], "properties": {"time": TEXT}},
                {"type": "array", "items": {"type": "integer"}},
            ]
        },
        "rows": {"type": "array", "items": {"$ref": "#"}},
    },
}  # fmt: skip
SHAPE = FileShape(SCHEMA, {"even": lambda text: len(text) % 2 == 0})


def reasons(content: Any) -> list[tuple[str, str]]:
    return list(SHAPE.errors(content))


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ([], "/", "must be of type object"),
        ({}, "/name", "is required"),
        ({"name": "ab", "kidn": 1}, "/kidn", "is not known; did you mean kind?"),
        ({"name": 5}, "/name", "must be of type string"),
        ({"name": "a"}, "/name", "is shorter than 2 characters"),
        (
            {"name": "ab", "kind": "ratelimit"},
            "/kind",
            "must be one of latency, rate-limit; did you mean rate-limit?",
        ),
        ({"name": "ab", "lasts": "odd"}, "/lasts", 'is not a "even"'),
        ({"name": "ab", "value": {"input": 1}}, "/value/input", "must be of type string"),
        ({"name": "ab", "value": 7}, "/value", "must be of type array or object"),
        (
            {"name": "ab", "value": {"input": "a", "time": "b"}},
            "/value",
            "fits several alternatives where one is due",
        ),
        ({"name": "ab", "rows": [{"name": "cd", "nam": 1}]}, "/rows/0/nam", "is not known; did"),
    ],
)
def test_a_fault_has_a_place_and_a_way_out(content: Any, place: str, reason: str) -> None:
    [(at, told)] = reasons(content)
    assert (at, told[: len(reason)]) == (place, reason)


SECRET = "s3cr3t-value"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=4)
    ),
)


@given(VALUES)
def test_no_reason_shows_a_value_or_the_words_of_a_validator(content: Any) -> None:
    for place, reason in reasons(content):
        assert SECRET not in place + reason, json.dumps(content)
        assert "under any of the schemas" not in reason
        assert "\n" not in reason
