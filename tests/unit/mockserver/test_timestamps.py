"""Timestamps and durations of ISO 8601: what was written is read, what is bad is a clear error."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.clock import EARLIEST, LATEST
from mockserver.timestamps import (
    parse_duration,
    parse_timestamp,
    to_datetime,
    to_http_date,
    to_iso_string,
)


def to_year(year: int) -> int:
    return parse_timestamp(f"{year}-01-01T00:00:00Z")


TIMESTAMPS = st.integers(EARLIEST, LATEST)


@given(TIMESTAMPS)
def test_timestamp_comes_back(timestamp: int) -> None:
    assert parse_timestamp(to_iso_string(timestamp)) == timestamp
    assert parse_timestamp(to_iso_string(timestamp).lower()) == timestamp


@given(st.integers(to_year(1900), LATEST))
def test_http_date_is_the_second(timestamp: int) -> None:
    assert parsedate_to_datetime(to_http_date(timestamp)) == to_datetime(
        timestamp // 1000 * 1000
    ).astimezone(UTC)


def test_what_is_beyond_virtual_time_is_its_end() -> None:
    assert parse_timestamp("9999-12-31T23:59:59Z") == LATEST
    assert parse_timestamp("0001-01-01T00:00:00+14:00") == EARLIEST
    assert to_datetime(LATEST + 10**15) == datetime(9999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-02-30T00:00:00Z", "2026-03-30T09:00:00", "7"])
def test_bad_timestamp_is_a_clear_error(text: str) -> None:
    with pytest.raises(ValueError, match="must "):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("PT0S", 0),
        ("PT1.5S", 1500),
        ("PT0.0004S", 0),
        ("P1DT1M", 86_460_000),
        ("P2W", 1_209_600_000),
    ],
)
def test_duration_is_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1Y", "P1M", "-PT1S", "5m", "P99999999999D", "P9999999D", f"P{'9' * 5000}D"],
)
def test_bad_duration_is_a_clear_error(text: str) -> None:
    with pytest.raises(ValueError, match="must "):
        parse_duration(text)


@given(st.text("PTDHMSWY0123456789.-+e ", max_size=20) | st.text(max_size=20))
def test_no_text_is_more_than_an_error(text: str) -> None:
    for parse in (parse_duration, parse_timestamp):
        with suppress(ValueError):
            assert isinstance(parse(text), int)
