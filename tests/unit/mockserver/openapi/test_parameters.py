"""Parameters: from the text of a request to checked values, or a 400 that names them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import ApiError
from mockserver.openapi.parameters import MAX_FIELDS, Parameters
from mockserver.openapi.schemas import Schemas

INT32: dict[str, Any] = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
ROWS: tuple[dict[str, Any], ...] = (
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
    {"name": "mode", "in": "query", "schema": {"type": "string", "enum": ["test", "active"]}},
    {"name": "all", "in": "query", "schema": {"type": "boolean"}},
    {"name": "when", "in": "query", "schema": {"type": "string", "format": "date-time"}},
    {
        "name": "study",
        "in": "query",
        "allowEmptyValue": True,
        "schema": {"type": "string", "nullable": True},
    },
    {
        "name": "ids",
        "in": "query",
        "explode": False,
        "allowEmptyValue": True,
        "schema": {"type": "array", "items": INT32},
    },
    {"name": "id", "in": "path", "required": True, "schema": INT32},
    {"name": "slug", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}},
)


def parameters(place: str, *rows: dict[str, Any]) -> Parameters:
    return Parameters(Schemas({}), place, rows or ROWS)


def refused(query: bytes, *rows: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parameters("query", *rows).read_query(query)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"", {"page": 1}),
        (b"page=3", {"page": 3}),
        (b"mode=test&all=true", {"page": 1, "mode": "test", "all": True}),
        (b"ids=7,7,8", {"page": 1, "ids": [7, 7, 8]}),
        (b"ids=7&ids=8,9", {"page": 1, "ids": [7, 8, 9]}),
        (b"ids=7%2C8", {"page": 1, "ids": [7, 8]}),
        (b"ids=", {"page": 1}),
        (b"study=", {"page": 1}),
        (b"study=null", {"page": 1}),
        (b"study=A+B%20C", {"page": 1, "study": "A B C"}),
        (b"when=2026-03-30T09:00:00Z", {"page": 1, "when": "2026-03-30T09:00:00Z"}),
    ],
)
def test_query_becomes_values_with_defaults(query: bytes, values: dict[str, Any]) -> None:
    assert parameters("query").read_query(query) == values


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        (b"page=abc", "page", "must be an integer"),
        (b"page=1.0", "page", "must be an integer"),
        (b"page=", "page", "must be an integer"),
        (b"page=0", "page", "is less than the minimum of 1"),
        (b"page=" + b"9" * 5000, "page", "is out of range"),
        (b"page=1&page=2", "page", "is given more than once"),
        (b"mode=other", "mode", "must be one of test, active"),
        (b"all=yes", "all", "must be true or false"),
        (b"when=yesterday", "when", 'is not a "date-time"'),
        (b"ids=7,x", "ids", "must be an integer"),
        (b"ids=2147483648", "ids[0]", "is greater than the maximum of 2147483647"),
        (b"pages=1", "pages", "is not known"),
    ],
)
def test_query_at_fault_names_field_and_reason(query: bytes, field: str, reason: str) -> None:
    refusal = refused(query)
    assert (refusal.field, refusal.reason) == (field, reason)


def test_query_without_a_required_parameter_is_refused() -> None:
    row = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}
    assert refused(b"", row).field == "limit"


@pytest.mark.parametrize("query", [b"study=%ff", b"study=%00", b"study=\xff", b"%ff=1"])
def test_query_that_is_no_text_is_refused(query: bytes) -> None:
    refused(query)


def test_query_with_a_nul_character_names_its_field() -> None:
    assert refused(b"study=%00").field == "study"


def test_query_with_too_many_fields_is_refused() -> None:
    refused(b"&".join(b"study=%d" % n for n in range(MAX_FIELDS + 1)))


def test_path_becomes_values() -> None:
    found = parameters("path").read_path({"id": "-7", "slug": "a%2Fb"})
    assert found == {"id": -7, "slug": "a/b"}


@pytest.mark.parametrize(
    ("segments", "field"),
    [
        ({"id": "abc", "slug": "x"}, "id"),
        ({"id": "2147483648", "slug": "x"}, "id"),
        ({"id": "007", "slug": "x"}, "id"),
        ({"id": "1", "slug": "%00"}, "slug"),
        ({"id": "1", "slug": "%ff"}, "slug"),
    ],
)
def test_path_at_fault_is_refused(segments: dict[str, str], field: str) -> None:
    with pytest.raises(ApiError) as caught:
        parameters("path").read_path(segments)
    assert (caught.value.status, caught.value.field) == (400, field)


@given(st.binary(max_size=200))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    try:
        values = parameters("query").read_query(query)
    except ApiError as refusal:
        assert refusal.status == 400  # noqa: PT017
    else:
        assert values["page"] >= 1


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1))
def test_items_of_an_array_come_back_as_sent(ids: list[int]) -> None:
    query = "ids=" + ",".join(map(str, ids))
    assert parameters("query").read_query(query.encode())["ids"] == ids
