"""History checks of downloaded files: content and media type belong to the job's format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.checks.file_formats import FORMAT_VALIDATORS, decode_text
from conformance.checks.job_timeline import JobTimeline
from conformance.checks.registry import HistoryCase, history_check
from conformance.contract_queries import request_parameters, value_at
from conformance.http.exchange import Exchange, RecordedResponse
from conformance.job_client import DOWNLOAD
from conformance.target.tracker import JobHistory
from conformance.verdict import CheckResult, failed, passed, skipped

# Media types that say nothing about the content.
_NEUTRAL: Final = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/download",
     "application/force-download", "application/x-download"}
)  # fmt: skip
_NEVER: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A complete file of a job, with the job's format in lower case."""

    exchange: Exchange
    response: RecordedResponse
    format: str


def downloaded_files(case: HistoryCase, stated: str, asked: str) -> Iterator[DownloadedFile]:
    """Yield the files of jobs with a known format; for the arguments see `file_format`."""
    timeline = JobTimeline(case)
    downloads = [exchange for exchange in case.exchanges if exchange.driver == DOWNLOAD]
    for job in case.jobs:
        file_format = _stated_format(case, job, stated) or _requested_format(job, asked)
        if file_format is None:
            continue
        followed = [e for e in downloads if job.id in map(str, e.path_parameters.values())]
        for exchange in (*(r.exchange for r in timeline.requests_to(job, "fetch")), *followed):
            response = exchange.response
            if response is not None and response.complete and response.status == 200:
                yield DownloadedFile(exchange, response, file_format.lower())


def _stated_format(case: HistoryCase, job: JobHistory, pointer: str) -> str | None:
    poll = case.contract.lifecycle.actions["poll"].operation
    location = case.contract.lifecycle.locations[poll]
    for observation in job.observations if pointer else ():
        if observation.exchange.operation != poll:
            continue
        body = observation.exchange.json
        items = value_at(body, location.items) if location.items is not None else [body]
        for item in items if isinstance(items, list) else ():
            value = value_at(item, pointer)
            is_job = location.items is None or str(value_at(item, location.id)) == job.id
            if is_job and isinstance(value, str):
                return value
    return None


def _requested_format(job: JobHistory, name: str) -> str | None:
    if job.creation is None:
        return None
    value = value_at(job.creation.request.json, f"/{name}")
    value = value if isinstance(value, str) else request_parameters(job.creation).get(name)
    return value if isinstance(value, str) else None


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
        case: the jobs and exchanges of the run.
        format: the format that the job states or, where it does not, that was requested.
        content: what the bytes must be.
        stated: a JSON pointer to the format in the response to a poll.
        asked: the member or parameter by which a creation requests a format.
    """
    tested = False
    for file in downloaded_files(case, stated, asked):
        if file.format != format:
            continue
        tested = True
        stated_type = file.response.headers.get("Content-Type", "")
        is_json = content.startswith("json")
        text = decode_text(file.response.body, stated_type, is_json=is_json)
        error = "not in its charset" if text is None else FORMAT_VALIDATORS[content](text)
        if error is None:
            yield passed(file.exchange)
        else:
            yield failed(f"the file of the {file.format} job is {error}", file.exchange)
    if not tested:
        yield skipped(f"no file of a {format} job was fetched")


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

    `media` lists the types of each format. Types that say nothing about the content pass, unless
    the type must match `exactly`.
    """
    tested = False
    for file in downloaded_files(case, stated, asked):
        result = _media_result(file, media, exactly)
        if result is not None:
            tested = True
            yield result
    if not tested:
        yield skipped("no file of a known format and media type was fetched")


def _media_result(
    file: DownloadedFile, media: Mapping[str, Sequence[str]], exactly: bool
) -> CheckResult | None:
    expected = media.get(file.format)
    if expected is None:
        return None
    actual = file.response.media
    if actual in expected or (actual in _NEUTRAL and not exactly):
        return passed(file.exchange)
    of_formats = {name for names in media.values() for name in names}
    if exactly or actual in of_formats or actual.startswith(_NEVER):
        reason = f"the file of a {file.format} job has the media type {actual or 'none'}"
        return failed(reason, file.exchange)
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
    tested = False
    for file in downloaded_files(case, stated, asked):
        body = _json_object(file.response) if file.format == format else None
        if body is None:
            continue
        tested = True
        missing = [name for name in members if name not in body]
        reason = f"the file has no member {missing[0]!r}" if missing else ""
        yield failed(reason, file.exchange) if missing else passed(file.exchange)
    if not tested:
        yield skipped(f"no JSON file of a {format} job was fetched")


def _json_object(response: RecordedResponse) -> Mapping[str, object] | None:
    return response.json if isinstance(response.json, dict) else None
