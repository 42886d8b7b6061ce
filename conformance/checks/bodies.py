"""Judges of bodies as bytes: they arrive whole, and are what their Content-Type says."""

import json
from typing import Any, Final

from conformance.checks.base import JudgeCase, judge
from conformance.outcome import Judgement, broken, kept
from conformance.traffic.exchange import Exchange, Received

_BOM: Final = b"\xef\xbb\xbf"
# Types whose content is never a JSON object or list.
_NOT_JSON: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@judge("complete_body")
def complete_body(case: JudgeCase) -> Judgement | None:
    """The body has the length and the coding that its headers say, or had at the second try."""
    received = case.exchange.received
    if received is None:
        return None
    if not received.complete:
        return broken(received.fault or "the answer broke off", case.exchange)
    return kept(case.exchange)


@judge("media_matches_body")
def media_matches_body(case: JudgeCase) -> Judgement | None:
    """A body called JSON parses, and a JSON object is not called a page, XML, PDF or image.

    The files of finished jobs are left to the rows on files.
    """
    received = case.exchange.received
    if received is None or not received.complete or not received.body:
        return None
    if case.exchange.sent.method == "HEAD" or _is_file(case, case.exchange):
        return None
    if is_json_media(received.media):
        if parse(received) is _BROKEN:
            return broken(f"{received.media} is announced, no JSON is sent", case.exchange)
        return kept(case.exchange)
    if received.media.startswith(_NOT_JSON) and isinstance(parse(received), dict | list):
        return broken(f"{received.media} is announced, JSON is sent", case.exchange)
    return None


def _is_file(case: JudgeCase, exchange: Exchange) -> bool:
    fetch = case.contract.lifecycle.roles.get("fetch")
    return fetch is not None and exchange.operation == fetch.operation and exchange.status == 200


def is_json_media(media: str) -> bool:
    """Tell whether a media type promises one JSON document."""
    return media in {"application/json", "text/json"} or media.endswith("+json")


_BROKEN: Final = object()


def parse(received: Received) -> Any:
    """Return the parsed body, leniently: a byte order mark and numbers of any size are fine."""
    try:
        return json.loads(received.body.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return _BROKEN
