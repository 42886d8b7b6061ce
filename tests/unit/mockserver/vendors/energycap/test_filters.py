"""The grammar of EnergyCAP's filter parameter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import specs
from mockserver.errors import ApiError
from mockserver.vendors.energycap.distributions import Condition, parse_filter

TEXT = ["equals", "not equals", "one of", "like", "not like", "not one of"]
FIELDS: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "operators": TEXT},
    "on": {"type": "boolean", "operators": ["equals"]},
    "size": {
        "type": "integer",
        "operators": [
            *("equals", "not equals", "one of", "not one of", "between"),
            *("less than", "less than equal", "greater than", "greater than equal"),
        ],
    },
}
RECORD: dict[str, list[Any]] = {"name": ["Main Hall", "Library's wing"], "on": [True], "size": [3]}


def fits(text: str) -> bool:
    return all(condition.matches(RECORD) for condition in parse_filter(text, FIELDS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("   ", True),
        ("name equals 'Main Hall'", True),
        ("name equals 'main hall'", False),
        ("name not equals 'Main Hall'", False),
        ("name not equals 'Hall'", True),
        ("name like 'HALL'", True),
        ("name not like 'hall'", False),
        ("name not like 'cellar'", True),
        ("name one of 'x'|'Main Hall'", True),
        ("name one of 'x' | 'y'", False),
        ("name not one of 'x'|'y'", True),
        ("name equals 'Library''s wing'", True),
        ("on equals 'true'", True),
        ("on equals 'False'", False),
        ("size equals '3'", True),
        ("size not equals '3'", False),
        ("size less than '3'", False),
        ("size less than equal '3'", True),
        ("size greater than '2'", True),
        ("size greater than equal '4'", False),
        ("size between '3'|'5'", True),
        ("size between '1'|'3'", True),
        ("size between '4'|'5'", False),
        ("size one of '1'|'3'", True),
        ("size not one of '1'|'3'", False),
        ("SIZE  Less   Than '9' AND name like 'a' and on equals 'true'", True),
        ("size equals '3' and name like 'cellar'", False),
        ("name like 'Hall' and name like 'wing'", True),
        ("name equals 'a and b'", False),
    ],
)
def test_filters_select_as_the_guide_says(text: str, expected: bool) -> None:
    assert fits(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hall", "single quotes"),
        ("name equals hall", "single quotes"),
        ("name equals 'hall", "single quotes"),
        ("name one of 'a'|b", "single quotes"),
        ("name one of 'a'|", "single quotes"),
        ("'hall'", "one of the fields name, on, size"),
        ("colour equals 'red'", "one of the fields name, on, size, not 'colour'"),
        ("name less than 'b'", "operators"),
        ("name 'b'", "operators"),
        ("on not equals 'true'", "operators"),
        ("on equals 'yes'", "'true' or 'false'"),
        ("size equals 'three'", "integers"),
        ("size equals '1.5'", "integers"),
        ("size between '1'", "two values"),
        ("size between '1'|'2'|'3'", "two values"),
        ("size equals '1'|'2'", "one value"),
        ("name like 'a' or name like 'b'", "the word and"),
        ("name like 'a'and name like 'b'", "the word and"),
        ("name like 'a' and", "the word and"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_filter(text, FIELDS)
    assert (caught.value.status, caught.value.field) == (400, "filter")
    assert reason in caught.value.message


@given(
    st.lists(
        st.tuples(st.sampled_from(TEXT), st.lists(st.text(), min_size=1, max_size=3)), max_size=4
    )
)
def test_whatever_text_is_quoted_comes_back(rows: list[tuple[str, list[str]]]) -> None:
    rows = [(op, values if "one of" in op else values[:1]) for op, values in rows]
    text = " and ".join(
        f"name {op} " + "|".join("'" + value.replace("'", "''") + "'" for value in values)
        for op, values in rows
    )
    expected = [Condition("name", op, tuple(values)) for op, values in rows]
    assert parse_filter(text, FIELDS) == expected


@given(st.text(alphabet="name size like and 'equals|", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        conditions = parse_filter(text, FIELDS)
    except ApiError:
        return
    assert all(isinstance(condition, Condition) for condition in conditions)


def test_the_contract_names_only_operators_that_the_parser_knows() -> None:
    parameters = specs.load("energycap").operations["listReportDistributions"].parameters
    (row,) = (parameter for parameter in parameters if parameter["name"] == "filter")
    for name, field in row["x-filter"].items():
        for operator in field["operators"]:
            values = {"between": "'1'|'2'"}.get(
                operator, "'true'" if field["type"] == "boolean" else "'1'"
            )
            (condition,) = parse_filter(f"{name} {operator} {values}", row["x-filter"])
            value = {"string": "x", "integer": 1, "boolean": True}[field["type"]]
            assert condition.matches({name: [value]}) in (True, False)
