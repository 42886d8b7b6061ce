"""The journal as HAR 1.2, whatever was sent."""

from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import specs
from mockserver.journal.base import MAX_BODY_BYTES, Bounds, Entry
from mockserver.journal.har import archive, read_text
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from specs.schema import self_contained
from tests.unit.mockserver.journal_entries import entry

OPENAPI = specs.load_control()
SHAPE = self_contained(OPENAPI, {"$ref": "#/components/schemas/Har"})
VALIDATOR = jsonschema_rs.validator_for(SHAPE, validate_formats=True)
FILTERS = {"limit": 100, "order": "oldest", "format": "har"}
BASE = "http://{host}"

TEXT = st.text(st.characters(max_codepoint=255), max_size=40)
HEADERS = st.dictionaries(TEXT, TEXT, max_size=4)
BODY = st.one_of(st.binary(max_size=60), st.text(max_size=40).map(str.encode))


def archived(row: Entry, base: str = BASE) -> Any:
    journal = MemoryJournal(Bounds(), MemoryBudget(2**20))
    journal.add(row)
    har = archive(journal, "default", FILTERS, base, "1")
    VALIDATOR.validate(har)
    return har["log"]["entries"][0]


def decoded(text: str, encoding: str) -> bytes:
    return b64decode(text) if encoding else text.encode()


@given(BODY)
def test_whole_body_is_kept_to_the_byte(body: bytes) -> None:
    sent = {"content-type": "application/octet-stream"}
    row = entry(method="POST", request_headers=sent, request_body=body, request_length=len(body))
    shown = archived(replace(row, response_body=body, response_length=len(body)))
    for message in (shown["request"].get("postData", {}), shown["response"]["content"]):
        encoding = message.get("encoding", message.get("_encoding", ""))
        assert decoded(message.get("text", ""), encoding) == body
        assert "comment" not in message
    assert shown["request"]["bodySize"] == shown["response"]["content"]["size"] == len(body)


@given(st.text(min_size=1), st.integers(0, 4))
def test_cut_within_a_character_leaves_that_character_out(text: str, dropped: int) -> None:
    raw = text.encode()
    cut = raw[: len(raw) - dropped]
    shown, encoding = read_text(cut, cut=True)
    assert encoding == ""
    assert text.startswith(shown)
    assert len(cut) - len(shown.encode()) < 4


@given(TEXT, TEXT, HEADERS, HEADERS, st.sampled_from(["GET", "POST", "OPTIONS", "x"]))
def test_archive_is_valid_whatever_was_sent(
    path: str, query: str, sent: dict[str, str], received: dict[str, str], method: str
) -> None:
    row = entry(method=method, path=path, query=query, request_headers=sent)
    shown = archived(replace(row, response_headers=received))
    url = urlsplit(shown["request"]["url"])
    assert url.scheme == "http"
    assert url.netloc
    assert not url.fragment
    assert len(shown["request"]["queryString"]) == len([*filter(None, query.split("&"))])


@pytest.mark.parametrize(
    ("path", "query", "host", "url"),
    [
        ("/jobs/1", "", "mock.test:4010", "https://mock.test:4010/base/jobs/1"),
        ("/jobs/a%2Fb", "x=%7B&y=[redacted]", "[::1]:1", "https://[::1]:1/base/jobs/a%2Fb?x=%7B&y=%5Bredacted%5D"),
        ('/<"é>', "100%", "", "https://localhost/base/%3C%22%C3%A9%3E?100%25"),
        ("*", "", "bad host/", "https://localhost/base/*"),
    ],
)  # fmt: skip
def test_url_is_absolute_and_encoded(path: str, query: str, host: str, url: str) -> None:
    row = entry(path=path, query=query, request_headers={"host": host})
    assert archived(row, "https://{host}/base")["request"]["url"] == url


def test_reset_exchange_has_status_zero() -> None:
    response = archived(entry(status=None, response_body=b""))["response"]
    assert (response["status"], response["statusText"], response["bodySize"]) == (0, "", -1)
    assert response["_error"] == "net::ERR_CONNECTION_RESET"


def test_redirect_and_file_are_told() -> None:
    row = entry(status=303, response_headers={"Location": "/files/1"})
    assert archived(row)["response"]["redirectURL"] == "/files/1"
    response = archived(entry(file="text/csv", response_length=-1))["response"]
    assert (response["bodySize"], response["content"]["size"]) == (-1, 0)
    assert response["content"]["mimeType"] == "text/csv"
    assert {"name": "content-type", "value": "text/csv"} in response["headers"]


def test_long_body_says_that_it_is_cut() -> None:
    body = b"x" * MAX_BODY_BYTES
    content = archived(entry(response_body=body, response_length=5000))["response"]["content"]
    assert (content["size"], len(content["text"])) == (5000, MAX_BODY_BYTES)
    assert str(MAX_BODY_BYTES) in content["comment"]
