"""The files that a run was given, each with the format that its job states."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.checks.datetimes import request_json
from conformance.checks.file_formats import FORMAT_VALIDATORS, decode_text
from conformance.checks.job_timeline import JobTimeline
from conformance.checks.registry import HistoryCase, history_check
from conformance.contract_queries import request_parameters, value_at
from conformance.http.exchange import Exchange, RecordedResponse
from conformance.job_client import DOWNLOAD
from conformance.target.tracker import JobHistory
from conformance.verdict import CheckResult, failed, passed, skipped


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file of a job, from the fetch itself or from where its redirect led."""

    exchange: Exchange
    received: RecordedResponse
    format: str


def downloaded_files(case: HistoryCase, stated: str, asked: str) -> Iterator[DownloadedFile]:
    """Yield the files of jobs whose format is known, in lower case; see `file_format`."""
    histories = JobTimeline(case)
    downloads = [exchange for exchange in case.exchanges if exchange.driver == DOWNLOAD]
    for job in case.jobs:
        form = _stated_format(case, job, stated) or _requested_format(job, asked)
        if form is None:
            continue
        for exchange in _fetched(histories, downloads, job):
            received = exchange.response
            if received is not None and received.complete and received.status == 200:
                yield DownloadedFile(exchange, received, form.lower())


def _fetched(
    histories: JobTimeline, downloads: list[Exchange], job: JobHistory
) -> Iterator[Exchange]:
    for around in histories.requests_to(job, "fetch"):
        yield around.exchange
    for exchange in downloads:
        if job.id in map(str, exchange.path_parameters.values()):
            yield exchange


def _stated_format(case: HistoryCase, job: JobHistory, pointer: str) -> str | None:
    poll = case.contract.lifecycle.roles["poll"].operation
    location = case.contract.lifecycle.locations[poll]
    for sighting in job.observations if pointer else ():
        if sighting.exchange.operation != poll:
            continue
        body = sighting.exchange.json
        items = value_at(body, location.items) if location.items is not None else [body]
        for item in items if isinstance(items, list) else ():
            value = value_at(item, pointer)
            named = location.items is None or str(value_at(item, location.id)) == job.id
            if named and isinstance(value, str):
                return value
    return None


def _requested_format(job: JobHistory, name: str) -> str | None:
    if job.creation is None:
        return None
    value = value_at(request_json(job.creation), f"/{name}")
    value = value if isinstance(value, str) else request_parameters(job.creation).get(name)
    return value if isinstance(value, str) else None


# Types that say nothing of what is inside.
_NEUTRAL: Final = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/download",
     "application/force-download", "application/x-download"}
)  # fmt: skip
_NEVER: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@history_check("file_format")
def file_format(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    content: str,
    stated: str = "",
    asked: str,
) -> Iterator[CheckResult]:
    """The file of a job of `format` has the content csv, json, json_any or json_lines.

    Args:
        case: what the run saw.
        format: the format that the job states or, where it does not, that was asked for.
        content: what the bytes must be.
        stated: where the answer to a look at the job states its format.
        asked: the member or parameter by which a creation asks for a format.
    """
    found = False
    for delivery in downloaded_files(case, stated, asked):
        if delivery.format == format:
            found = True
            yield _content(delivery, content)
    if not found:
        yield skipped(f"no file of a {format} job was fetched")


def _content(delivery: DownloadedFile, content: str) -> CheckResult:
    text = decode_text(delivery.received.body, delivery.received.headers.get("Content-Type", ""))
    fault = "not in its charset" if text is None else FORMAT_VALIDATORS[content](text)
    if fault is None:
        return passed(delivery.exchange)
    return failed(f"the file of the {delivery.format} job is {fault}", delivery.exchange)


@history_check("file_media")
def file_media(
    case: HistoryCase,
    *,
    media: Mapping[str, Sequence[str]],
    exactly: bool = False,
    stated: str = "",
    asked: str,
) -> Iterator[CheckResult]:
    """The media type of a file belongs to its job's format and to no other.

    `media` lists the types of each format. Types that say nothing of the content pass, unless
    the type is to fit `exactly`.
    """
    found = False
    for delivery in downloaded_files(case, stated, asked):
        judgement = _media(delivery, media, exactly)
        found = found or judgement is not None
        if judgement is not None:
            yield judgement
    if not found:
        yield skipped("no file of a known format and media type was fetched")


def _media(
    delivery: DownloadedFile, media: Mapping[str, Sequence[str]], exactly: bool
) -> CheckResult | None:
    own = media.get(delivery.format)
    if own is None:
        return None
    sent = delivery.received.media
    if sent in own or (sent in _NEUTRAL and not exactly):
        return passed(delivery.exchange)
    others = {name for names in media.values() for name in names}
    if exactly or sent in others or sent.startswith(_NEVER):
        reason = f"the file of a {delivery.format} job is called {sent or 'nothing'}"
        return failed(reason, delivery.exchange)
    return None


@history_check("file_members")
def file_members(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    members: Sequence[str],
    stated: str = "",
    asked: str,
) -> Iterator[CheckResult]:
    """The JSON file of a job of `format` is an object with `members`."""
    found = False
    for delivery in downloaded_files(case, stated, asked):
        body = _object(delivery.received) if delivery.format == format else None
        if body is None:
            continue
        found = True
        missing = [name for name in members if name not in body]
        reason = f"the file has no member {missing[0]!r}" if missing else ""
        yield failed(reason, delivery.exchange) if missing else passed(delivery.exchange)
    if not found:
        yield skipped(f"no JSON file of a {format} job was fetched")


def _object(received: RecordedResponse) -> Mapping[str, object] | None:
    try:
        body = json.loads(received.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
