"""Entries as text for a database, and back."""

from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.base import Entry, Fault, JobTouch, Outcome, pack, unpack

TEXT = st.text(st.characters(max_codepoint=255), max_size=20)
NUMBERS = st.integers(-1, 10**15)
HEADERS = st.dictionaries(TEXT, TEXT, max_size=3)
BODIES = st.binary(max_size=30)
ENTRIES = st.builds(
    Entry,
    number=st.integers(1, 10**9),
    at=NUMBERS,
    took=NUMBERS,
    method=TEXT,
    path=TEXT,
    query=TEXT,
    vendor=st.none() | TEXT,
    operation=st.none() | TEXT,
    caller=st.none() | TEXT,
    status=st.integers(100, 599),
    verdict=st.sampled_from(Outcome),
    reason=st.text(max_size=20),
    faults=st.lists(st.builds(Fault, TEXT, TEXT), max_size=2).map(tuple),
    touched=st.lists(st.builds(JobTouch, TEXT, st.none() | TEXT, TEXT), max_size=2).map(tuple),
    request_headers=HEADERS,
    request_body=BODIES,
    request_length=NUMBERS,
    response_headers=HEADERS,
    response_body=BODIES,
    response_length=NUMBERS,
    file=st.none() | TEXT,
    size=NUMBERS,
)


@given(ENTRIES)
def test_entry_survives_a_database(entry: Entry) -> None:
    packed = pack(entry)
    assert "\0" not in packed
    assert unpack(entry.number, packed) == entry
