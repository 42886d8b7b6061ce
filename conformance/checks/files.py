"""History judges of the files that finished jobs give out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from conformance.checks.base import HistoryCase, history_judge
from conformance.checks.content import FAULTS, decoded
from conformance.checks.delivery import Delivery, deliveries
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.traffic.exchange import Received

# Types that say nothing of what is inside.
_NEUTRAL: Final = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/download",
     "application/force-download", "application/x-download"}
)  # fmt: skip
_NEVER: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@history_judge("file_format")
def file_format(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    content: str,
    stated: str = "",
    asked: str,
) -> Iterator[Judgement]:
    """The file of a job of `format` has the content csv, json, json_any or json_lines.

    Args:
        case: what the run saw.
        format: the format that the job states or, where it does not, that was asked for.
        content: what the bytes must be.
        stated: where the answer to a look at the job states its format.
        asked: the member or parameter by which a creation asks for a format.
    """
    found = False
    for delivery in deliveries(case, stated, asked):
        if delivery.format == format:
            found = True
            yield _content(delivery, content)
    if not found:
        yield skipped(f"no file of a {format} job was fetched")


def _content(delivery: Delivery, content: str) -> Judgement:
    text = decoded(delivery.received.body, delivery.received.headers.get("Content-Type", ""))
    fault = "not in its charset" if text is None else FAULTS[content](text)
    if fault is None:
        return kept(delivery.exchange)
    return broken(f"the file of the {delivery.format} job is {fault}", delivery.exchange)


@history_judge("file_media")
def file_media(
    case: HistoryCase,
    *,
    media: Mapping[str, Sequence[str]],
    exactly: bool = False,
    stated: str = "",
    asked: str,
) -> Iterator[Judgement]:
    """The media type of a file belongs to its job's format and to no other.

    `media` lists the types of each format. Types that say nothing of the content pass, unless
    the type is to fit `exactly`.
    """
    found = False
    for delivery in deliveries(case, stated, asked):
        judgement = _media(delivery, media, exactly)
        found = found or judgement is not None
        if judgement is not None:
            yield judgement
    if not found:
        yield skipped("no file of a known format and media type was fetched")


def _media(
    delivery: Delivery, media: Mapping[str, Sequence[str]], exactly: bool
) -> Judgement | None:
    own = media.get(delivery.format)
    if own is None:
        return None
    sent = delivery.received.media
    if sent in own or (sent in _NEUTRAL and not exactly):
        return kept(delivery.exchange)
    others = {name for names in media.values() for name in names}
    if exactly or sent in others or sent.startswith(_NEVER):
        reason = f"the file of a {delivery.format} job is called {sent or 'nothing'}"
        return broken(reason, delivery.exchange)
    return None


@history_judge("file_members")
def file_members(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    members: Sequence[str],
    stated: str = "",
    asked: str,
) -> Iterator[Judgement]:
    """The JSON file of a job of `format` is an object with `members`."""
    found = False
    for delivery in deliveries(case, stated, asked):
        body = _object(delivery.received) if delivery.format == format else None
        if body is None:
            continue
        found = True
        missing = [name for name in members if name not in body]
        reason = f"the file has no member {missing[0]!r}" if missing else ""
        yield broken(reason, delivery.exchange) if missing else kept(delivery.exchange)
    if not found:
        yield skipped(f"no JSON file of a {format} job was fetched")


def _object(received: Received) -> Mapping[str, object] | None:
    try:
        body = json.loads(received.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
