"""Checks of report files: when there is one, where it is, and that it is in its format."""

import base64
import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from conformance.checks import CheckResult, failed, history_check, passed, result_of
from conformance.checks.cases import HistoryCase
from conformance.contract_queries import request_parameters, value_at
from conformance.http import NOT_JSON, Exchange, RecordedResponse, parse_json
from conformance.job_client import DOWNLOAD
from conformance.target.tracker import JobHistory

_BOM: Final = "\ufeff"
_OTHER_DELIMITERS: Final = (";", "\t", "|")
_MARKUP: Final = ("<!doctype", "<html", "<?xml")


def decode_text(body: bytes, content_type: str, *, is_json: bool = False) -> str | None:
    """Return the text of a body, None where it is not in the charset of its Content-Type.

    Without a charset UTF-8 is tried, then Latin-1, which never fails. JSON is UTF-8, whatever its
    Content-Type says (RFC 8259, 8.1).
    """
    charset = "utf-8" if is_json else _charset(content_type)
    try:
        return body.decode(charset or "utf-8").removeprefix(_BOM)
    except LookupError:
        return body.decode("latin-1")
    except UnicodeDecodeError:
        return None if charset else body.decode("latin-1")


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def csv_error(text: str) -> str | None:
    """Return why a text is not CSV with rows of one length; `;`, tab and `|` may delimit too."""
    if "\0" in text or text.lstrip().lower().startswith(_MARKUP):
        return "binary data, HTML or XML, not CSV"
    value = _json(text)
    if isinstance(value, dict | list):
        return "JSON, not CSV"
    if isinstance(value, str) and ("\n" in value or _is_base64_of_lines(value)):
        return "a JSON string with the lines in it, not CSV"
    if _is_base64_of_lines(text):
        return "Base64 of the lines, not CSV"
    error = _row_length_error(text, ",")
    if error is None or any(_is_table(text, delimiter) for delimiter in _OTHER_DELIMITERS):
        return None
    return error


def _is_base64_of_lines(text: str) -> bool:
    """Return True for the Base64 of a text of several lines; one cell of CSV is hardly that."""
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return False
    return "\n" in decoded.strip() and not any(ord(c) < 32 and c not in "\r\n\t" for c in decoded)


def _row_length_error(text: str, delimiter: str) -> str | None:
    try:
        rows = [row for row in _rows(text, delimiter) if row]
    except csv.Error as error:
        return f"not CSV: {error}"
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            return f"not CSV: row {number} has {len(row)} cells, row 1 has {len(rows[0])}"
    return None


def _is_table(text: str, delimiter: str) -> bool:
    if _row_length_error(text, delimiter) is not None:
        return False
    return any(len(row) > 1 for row in _rows(text, delimiter)[:1])


def _rows(text: str, delimiter: str) -> list[list[str]]:
    before = csv.field_size_limit(max(len(text), 1))  # the format knows no limit for a cell
    try:
        lines = io.StringIO(text, newline="")
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    finally:
        csv.field_size_limit(before)


def _json(text: str) -> Any:
    return parse_json(text.encode())


def json_error(text: str) -> str | None:
    """Return why a text is not one JSON document."""
    if not text.strip():
        return "empty, not even an empty JSON document"
    return "not a JSON document" if _json(text) is NOT_JSON else None


def json_any_error(text: str) -> str | None:
    """Return why a text is neither JSON nor JSON Lines; an empty text is both."""
    if _json(text) is not NOT_JSON or not any(_json(line) is NOT_JSON for line in _lines(text)):
        return None
    return "neither JSON nor JSON Lines"


def json_lines_error(text: str) -> str | None:
    """Return why a text is not one JSON object per line; an empty text is."""
    for number, line in enumerate(_lines(text), 1):
        if not isinstance(_json(line), dict):
            return f"not JSON Lines: line {number} is not a JSON object"
    return None


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


FORMAT_VALIDATORS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {
        "csv": csv_error,
        "json": json_error,
        "json_any": json_any_error,
        "json_lines": json_lines_error,
    }
)


# Media types that say nothing about the content.
_NEUTRAL: Final = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/download",
     "application/force-download", "application/x-download"}
)  # fmt: skip
# JSON is left out: it may be the file of several formats.
FORMAT_OF_MEDIA: Final = MappingProxyType({"text/csv": "csv"})
_NEVER: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A complete file of a job, with the job's format in lower case."""

    exchange: Exchange
    response: RecordedResponse
    format: str


def downloaded_files(case: HistoryCase, stated: str, requested: str) -> Iterator[DownloadedFile]:
    """Yield the files of jobs with a known format; for the arguments see `file_format`."""
    downloads = [exchange for exchange in case.exchanges if exchange.driver == DOWNLOAD]
    for job in case.jobs:
        followed = [e for e in downloads if job.id in map(str, e.path_parameters.values())]
        fetched = (*(r.exchange for r in case.requests_to(job, "fetch")), *followed)
        files = [(e, e.response) for e in fetched if e.response and e.response.status == 200]
        file_format = files and (
            _stated_format(case, job, stated) or _requested_format(job, requested)
        )
        for exchange, response in files if file_format else ():
            if response.complete:
                yield DownloadedFile(exchange, response, str(file_format).lower())


def _files_of_unknown_jobs(case: HistoryCase, known: Collection[int]) -> Iterator[DownloadedFile]:
    """Yield the files of jobs whose format nothing but the files' own media type says."""
    fetch = case.contract.lifecycle.actions["fetch"].operation
    for exchange in case.exchanges:
        response = exchange.response
        fetched = exchange.driver == DOWNLOAD or (exchange.operation, exchange.valid) == (
            fetch,
            True,
        )
        if not fetched or response is None or exchange.number in known:
            continue
        if response.complete and response.status == 200 and response.media in FORMAT_OF_MEDIA:
            yield DownloadedFile(exchange, response, FORMAT_OF_MEDIA[response.media])


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


@history_check("file_format", otherwise="no file of a {format} job was fetched")
def file_format(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    content: str,
    stated: str = "",
    requested: str,
) -> Iterator[CheckResult]:
    """The file of a job of `format` has the content csv, json, json_any or json_lines.

    Where nothing says a job's format (one that the target file names), the media type of the file
    does.

    Args:
        case: the jobs and exchanges of the run.
        format: the format that the job states or, where it does not, that was requested.
        content: what the bytes must be.
        stated: a JSON pointer to the format in the response to a poll.
        requested: the member or parameter by which a creation requests a format.
    """
    files = list(downloaded_files(case, stated, requested))
    known = {file.exchange.number for file in files}
    for file in (*files, *_files_of_unknown_jobs(case, known)):
        if file.format != format:
            continue
        stated_type = file.response.headers.get("Content-Type", "")
        is_json = content.startswith("json")
        text = decode_text(file.response.body, stated_type, is_json=is_json)
        error = "not in its charset" if text is None else FORMAT_VALIDATORS[content](text)
        reason = error and f"the file of the {file.format} job is {error}"
        yield result_of(reason, file.exchange)


@history_check("file_media", otherwise="no file of a known format and media type was fetched")
def file_media(
    case: HistoryCase,
    *,
    media: Mapping[str, Sequence[str]],
    exactly: bool = False,
    stated: str = "",
    requested: str,
) -> Iterator[CheckResult]:
    """The media type of a file belongs to its job's format and to no other.

    `media` lists the types of each format, none for one whose own no page says. Types that say
    nothing about the content pass, unless the type must match `exactly`.
    """
    for file in downloaded_files(case, stated, requested):
        if result := _media_result(file, media, exactly):
            yield result


def _media_result(
    file: DownloadedFile, media: Mapping[str, Sequence[str]], exactly: bool
) -> CheckResult | None:
    expected = media.get(file.format)
    if expected is None or (exactly and not expected):
        return None
    actual = file.response.media
    if actual in expected or (actual in _NEUTRAL and not exactly):
        return passed(file.exchange)
    of_formats = {name for names in media.values() for name in names}
    if exactly or actual in of_formats or actual.startswith(_NEVER):
        reason = f"the file of a {file.format} job has the media type {actual or 'none'}"
        return failed(reason, file.exchange)
    return None


@history_check("file_members", otherwise="no JSON file of a {format} job was fetched")
def file_members(
    case: HistoryCase,
    *,
    format: str,  # noqa: A002
    members: Sequence[str],
    stated: str = "",
    requested: str,
) -> Iterator[CheckResult]:
    """The JSON file of a job of `format` is an object with `members`."""
    for file in downloaded_files(case, stated, requested):
        body = file.response.json
        if file.format == format and isinstance(body, dict):
            missing = [f"the file has no member {name!r}" for name in members if name not in body]
            yield result_of(next(iter(missing), None), file.exchange)
