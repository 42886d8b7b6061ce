"""Bodies: media type, size of the nesting, JSON and forms against their schemas."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import ApiError
from mockserver.openapi.request_body import FORM, JSON, MAX_DEPTH, RequestBody
from mockserver.openapi.schemas import Schemas

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["format"],
    "properties": {
        "format": {"type": "string", "enum": ["csv", "json"]},
        "timespan": {"type": "object", "required": ["from"]},
        "ids": {"type": "array", "items": {"type": "integer"}},
    },
}
GRANT: dict[str, Any] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {"grant_type": {"type": "string"}, "scope": {"type": "string"}},
}
REQUIRED = {"required": True, "content": {JSON: {"schema": SCHEMA}}}


def body(declared: dict[str, Any] | None = REQUIRED, *, strict: bool = True) -> RequestBody:
    return RequestBody(Schemas({}), declared, strict=strict)


def refused(raw: bytes, media: str | None = JSON, within: RequestBody | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        (within or body()).read(raw, media)
    return caught.value


def test_json_that_fits_is_decoded() -> None:
    assert body().read(b'{"format": "csv"}', JSON) == {"format": "csv"}


@pytest.mark.parametrize(
    "number", ["1.0", "1.00 ", "1e0", "1E+0", "0.1e1", "10e-1", "9007199254740992.0", "-1.0"]
)
def test_integer_may_be_written_as_a_float(number: str) -> None:
    value = body().read(b'{"format":"csv","ids":[%b]}' % number.encode(), JSON)
    assert repr(value["ids"]) == f"[{int(float(number))}]"


def test_other_numbers_and_texts_stay() -> None:
    raw = b'{"format": "csv", "more": [1.5, 1e300, "1.0", "7e1,"], "x": 1.0}'
    assert body().read(raw, JSON)["more"] == [1.5, 1e300, "1.0", "7e1,"]


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', JSON + "; v=1"],
)
def test_content_type_of_json_is_taken(content_type: str) -> None:
    assert body().check_media(content_type) == JSON


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=latin-1", "application/xml", ""]
)
def test_other_content_types_are_415(content_type: str) -> None:
    with pytest.raises(ApiError) as caught:
        body().check_media(content_type)
    assert (caught.value.status, caught.value.field) == (415, "Content-Type")


def test_body_without_content_type_is_415() -> None:
    assert refused(b"{}", None).status == 415


def test_operation_without_a_body_minds_the_content_type_where_it_lists_a_415() -> None:
    assert body(None).check_media(None) is None
    assert body(None).check_media("application/json; charset=utf-8") == JSON
    with pytest.raises(ApiError):
        body(None).check_media("text/xml")
    assert body(None, strict=False).check_media("text/xml") is None


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        (b'"\\ud800"', "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b"{}", "format"),
        (b'{"format": "pdf"}', "format"),
        (b'{"format": "csv", "timespan": {}}', "timespan.from"),
        (b'{"format": "csv", "ids": [1, "2"]}', "ids[1]"),
    ],
)
def test_json_at_fault_is_a_400_that_names_the_member(raw: bytes, field: str) -> None:
    refusal = refused(raw)
    assert (refusal.status, refusal.field) == (400, field)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert refused(b'{"format":"csv","x":' + b"[" * depth + b"]" * depth + b"}").status == 400


def test_many_brackets_side_by_side_are_not_deep() -> None:
    raw = orjson.dumps({"format": "csv", "x": [[] for _ in range(1000)]})
    assert body().read(raw, JSON)["x"] == [[] for _ in range(1000)]


def test_messages_show_no_value() -> None:
    assert "hunter2" not in str(refused(b'{"format": "hunter2"}'))


def test_optional_body_may_be_absent() -> None:
    assert body({"content": {JSON: {"schema": SCHEMA}}}).read(b"", JSON) is None


def test_form_becomes_an_object_and_unknown_fields_are_left_out() -> None:
    form = body({"required": True, "content": {FORM: {"schema": GRANT}}})
    assert form.read(b"grant_type=client_credentials&x=1", FORM) == {
        "grant_type": "client_credentials"
    }
    assert refused(b"scope=a", FORM, form).field == "grant_type"
    assert refused(b"grant_type=a&grant_type=b", FORM, form).field == "grant_type"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        assert body().read(raw, JSON)["format"] in {"csv", "json"}
    except ApiError as refusal:
        assert refusal.status == 400  # noqa: PT017


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        raw = orjson.dumps(value)
    except TypeError:  # text that is no Unicode has no bytes to be sent as
        return
    try:
        assert body().read(raw, JSON) == value
    except ApiError as refusal:
        assert refusal.status == 400  # noqa: PT017
