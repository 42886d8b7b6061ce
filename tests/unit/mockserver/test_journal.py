"""The journal: bounded, numbered, and without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import redact
from mockserver.journal import Entry, Journal

SECRET = "hunter2hunter2"


def entry(number: int) -> Entry:
XX

def test_journal_keeps_the_last_and_counts_on() -> None:
    journal = Journal(3)
    for _ in range(10):
        journal.add(entry(journal.next_number()))
    assert [row.number for row in journal] == [8, 9, 10]
    journal.clear()
    assert list(journal) == []
    assert journal.next_number() == 11


@pytest.mark.parametrize(
    "name", ["authorization", "ECI-ApiKey", "cookie", "X-Api-Key", "proxy-authorization"]
)
def test_headers_lose_their_secrets(name: str) -> None:
    redacted = redact.Headers().redact({name: SECRET, "accept": "text/csv"})
    assert redacted == {name: redact.REDACTED, "accept": "text/csv"}


@pytest.mark.parametrize(
    "query",
    [
        f"token={SECRET}",
        f"a=1&access_token={SECRET}&b=2",
        f"ApiKey={SECRET}",
        f"a&api_key={SECRET}",
    ],
)
def test_queries_lose_their_secrets(query: str) -> None:
    assert SECRET not in redact.query(query)


def test_query_without_secrets_stays() -> None:
    assert redact.query("page=1&mode=test") == "page=1&mode=test"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"access_token":"{SECRET}","token_type":"Bearer"}}',
        f'{{"a": [{{"client_secret" : "{SECRET}"}}]}}',
        f'{{"password": "x\\"{SECRET}"}}',
        f'{{"password": "{SECRET}',
        f"grant_type=client_credentials&client_secret={SECRET}",
    ],
)
def test_bodies_lose_their_secrets(body: str) -> None:
    assert SECRET.encode() not in redact.body(body.encode())


def test_body_without_secrets_stays() -> None:
    body = b'{"format":"csv","timespan":{"from":"2026-03-01","to":"2026-03-02"}}'
    assert redact.body(body) == body


@given(st.binary(max_size=2048))
def test_any_body_can_be_redacted(body: bytes) -> None:
    redact.body(body)


@given(st.lists(st.sampled_from(["token", '"', ":", "secret=", "&", "{", "x"]), max_size=400))
def test_redaction_ends_soon_on_hostile_text(parts: list[str]) -> None:
    text = "".join(parts)[:2048]
    redact.body(text.encode())
    redact.query(text)
