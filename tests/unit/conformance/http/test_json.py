"""How bodies are read as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evaluation.coverage import byte_order_mark_hints
from conformance.http import NOT_JSON, parse_json
from tests.unit.conformance._cases import exchange

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_writes_is_read_and_a_byte_order_mark_is_overlooked(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert parse_json(text.encode()) == value
        assert parse_json(b"\xef\xbb\xbf" + text.encode()) == value


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.integers(1, 5))
def test_an_integer_may_have_a_fraction_of_zeros(number: int, zeros: int) -> None:
    written = f'{{"id": {number}.{"0" * zeros}}}'.encode()
    found = parse_json(written)
    assert found == {"id": number}
    assert isinstance(found["id"], int)


def test_an_escaped_lone_surrogate_is_read() -> None:
    assert parse_json(b'["\\ud800", 1]') == ["\ufffd", 1]


@pytest.mark.parametrize(
    "body",
    [b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"", b"{", '["é"]'.encode("latin-1"),
     '{"a": 1}'.encode("utf-16"), b"[" * 100_000],
)  # fmt: skip
def test_what_rfc_8259_forbids_is_no_json(body: bytes) -> None:
    assert parse_json(body) is NOT_JSON


def test_a_byte_order_mark_is_named() -> None:
    marked = exchange("getReportJob", body=b"\xef\xbb\xbf{}")
    (hint,) = byte_order_mark_hints([exchange("getReportJob", body={}), marked])
    assert "begins with a byte order mark" in hint
    assert "GET /data/reports/calls/jobs/J1" in hint
