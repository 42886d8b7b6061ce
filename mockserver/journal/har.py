"""The journal as an HTTP archive (HAR 1.2), which browsers' network panels and other tools open."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote_plus

from mockserver.journal import query
from mockserver.journal.base import MAX_BODY_BYTES, Entry, Journal
from mockserver.timestamps import to_iso_string

MEDIA = "application/har+json"
"""The media type that tools use for an archive; none is registered."""

UNKNOWN_MEDIA = "x-unknown"
"""The media type of a message without one, as Chromium writes it."""

UNKNOWN_SIZE = -1
"""What HAR 1.2 has for a size that is not known."""

_PATH, _QUERY = "/%:@!$&'()*+,;=~", "/?%:@!$&'()*+,;=~"
"""What stands for itself in a path and in a query (RFC 3986, 3.3 and 3.4), besides letters."""

_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_STATUS_TEXTS: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}


def archive(
    journal: Journal, sandbox: str, filters: Mapping[str, Any], base: str, version: str
) -> dict[str, Any]:
    """Return the page of the journal that `filters` select, as `Har` of the contract.

    `base` is scheme and root path of the server, `http://{host}/path`. What HAR has no member for
    is in `_mock`, as schema `Exchange` has it without headers and bodies.
    """
    page = query.select(journal, filters)
    log = {
        "version": "1.2",
        "creator": {"name": "mockserver", "version": version},
        "entries": [_entry(row, sandbox, base) for row in page.entries],
        "_mock": {"sandbox": sandbox, "next": page.next, "forgotten": journal.forgotten},
    }
    return {"log": log}


def _entry(entry: Entry, sandbox: str, base: str) -> dict[str, Any]:
    elapsed = entry.took / 1000
    return {
        "startedDateTime": to_iso_string(entry.at),
        "time": elapsed,
        "request": _request(entry, base),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": elapsed, "receive": 0},
        "_mock": query.exchange(entry, sandbox, brief=True),
    }


def _request(entry: Entry, base: str) -> dict[str, Any]:
    request = {
        "method": entry.method,
        "url": _url(entry, base),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(entry.request_headers.items()),
        "queryString": _pairs(map(_parameter, filter(None, entry.query.split("&")))),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": entry.request_length,
    }
    if entry.request_body:
        text, encoding = read_text(entry.request_body, cut=entry.cut)
        media = entry.request_headers.get("content-type", "")
        post = {"mimeType": media or UNKNOWN_MEDIA, "text": text}
        # HAR 1.2 has `encoding` for responses only; a member of one's own begins with `_`.
        request["postData"] = post | ({"_encoding": encoding} if encoding else {}) | _cut(entry.cut)
    return request


def _url(entry: Entry, base: str) -> str:
    host = entry.request_headers.get("host", "")
    path = quote(_LONE_PERCENT.sub("%25", entry.path), safe=_PATH)
    url = base.format(host=host if _HOST.fullmatch(host) else "localhost")
    url += path if path.startswith("/") else f"/{path}"  # OPTIONS * has none
    if entry.query:
        url += f"?{quote(_LONE_PERCENT.sub('%25', entry.query), safe=_QUERY)}"
    return url


def _response(entry: Entry) -> dict[str, Any]:
    headers, media = entry.response_headers, query.response_media(entry)
    names = {name.lower(): value for name, value in headers.items()}
    shown = dict(headers)
    if media and "content-type" not in names:
        shown["content-type"] = media
    response = {
        "status": entry.status or 0,
        "statusText": _STATUS_TEXTS.get(entry.status or 0, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(shown.items()),
        "content": _content(entry, media),
        "redirectURL": names.get("location", ""),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": entry.response_length,
    }
    if entry.status is None:  # Chromium's way to say so
        return response | {"bodySize": UNKNOWN_SIZE, "_error": "net::ERR_CONNECTION_RESET"}
    return response


def _content(entry: Entry, media: str | None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "size": max(entry.response_length, 0),
        "mimeType": media or UNKNOWN_MEDIA,
    }
    if entry.file:
        return content | {"comment": "The journal does not record files."}
    if not entry.response_body:
        return content
    cut = entry.response_length > MAX_BODY_BYTES
    text, encoding = read_text(entry.response_body, cut=cut)
    return content | {"text": text} | ({"encoding": encoding} if encoding else {}) | _cut(cut)


def read_text(body: bytes, *, cut: bool) -> tuple[str, str]:
    """Return a body as text with an empty encoding, or in base64 with `base64`.

    A body that was `cut` may end within a character; that character is left out.
    """
    try:
        return body.decode(), ""
    except UnicodeDecodeError as error:
        if cut and error.reason == "unexpected end of data":
            return body[: error.start].decode(), ""
    return b64encode(body).decode(), "base64"


def _cut(cut: bool) -> dict[str, str]:
    return {"comment": f"The journal records the first {MAX_BODY_BYTES} bytes."} if cut else {}


def _parameter(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _pairs(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in items]
