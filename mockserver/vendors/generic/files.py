"""The files of a user's vendor, and the seed data of its fixtures."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from msgspec import structs

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS, read_schedule
from mockserver.openapi.examples import ExampleGenerator
from mockserver.reports import binary_formats, content
from mockserver.reports.content import Format, ReportTable, attachment, table_of
from mockserver.sandbox.resources import SeedRecords
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedError
from mockserver.timestamps import parse_timestamp
from mockserver.vendors.generic.operations import flatten
from specs import Contract, FileSpec
from specs.contract import is_json

FORMAT = "format"
"""The detail of a job that names the format of its file."""

DEFAULT_ROWS = 100
_COLUMNS: tuple[Mapping[str, Any], ...] = (
    {"name": "id", "is": "id"},
    {"name": "timestamp", "is": "moment"},
    {"name": "name", "is": "choice", "of": ["amber", "birch", "cedar", "delta"]},
    {"name": "value", "is": "decimal", "from": 0, "to": 1000},
)
_CONTENT: Mapping[str, Format] = {
    "csv": content.CSV,
    "json": content.JSON_ARRAY,
    "jsonl": content.JSON_LINES,
    "text": replace(content.CSV, media="text/plain; charset=utf-8", extension="txt"),
    "pdf": binary_formats.PDF,
    "xlsx": binary_formats.XLSX,
    "docx": binary_formats.DOCX,
    "binary": binary_formats.TRANSPORT,
}
_BY_WORD = (
    ("ndjson", "jsonl"),
    ("jsonl", "jsonl"),
    ("json-seq", "jsonl"),
    ("json", "json"),
    ("csv", "csv"),
    ("pdf", "pdf"),
    ("spreadsheetml", "xlsx"),
    ("wordprocessingml", "docx"),
    ("text/", "text"),
    ("xml", "text"),
)
_EXTENSIONS = {"xml": "xml", "zip": "zip", "gzip": "gz", "html": "html", "tsv": "tsv"}


class Files:
    """Makes the file of a job as `file` of lifecycle.yaml says, else by the contract."""

    def __init__(self, contract: Contract) -> None:
        self._document = contract.openapi
        self._spec = contract.lifecycle.file or FileSpec()
        action = contract.lifecycle.actions.get("fetch")
        operation = contract.operations[action.operation] if action is not None else None
        self._status = 200 if operation is None else operation.success
        response = {} if operation is None else operation.responses[operation.success]
        self._listed: Mapping[str, Any] = response.get("content", {})
        self._examples = ExampleGenerator(contract.openapi, use_examples=True)

    def response(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a job, whatever its state."""
        spec = self._of_job(job)
        media = spec.media_type or self._media(job)
        if spec.content is None and spec.columns is None and self._is_document(media):
            rng = sandbox.ids.random(f"document of {job.id}", 0)
            body = self._examples.draw(self._listed[media]["schema"], rng)
            headers = {} if media == "application/json" else {"Content-Type": media}
            return Response(self._status, body, headers)
        file_format = self._format(media, spec.content)
        rows = DEFAULT_ROWS if spec.rows is None else spec.rows
        table = table_of(job, {"columns": spec.columns or _COLUMNS, "rows": rows}, days=30)
        title = str(job.details.get("name") or f"{job.vendor}-{job.id}")
        file = attachment(sandbox, f"rows of {job.id}", title, table, file_format)
        return structs.replace(file, status=self._status)

    def _of_job(self, job: Job) -> FileSpec:
        """Return the declaration for the format of a job."""
        formats, wanted = self._spec.formats or {}, str(job.details.get(FORMAT))
        found = formats.get(wanted) or (next(iter(formats.values())) if formats else FileSpec())
        return FileSpec(
            media_type=found.media_type or self._spec.media_type,
            content=found.content or self._spec.content,
            columns=found.columns or self._spec.columns,
            rows=self._spec.rows if found.rows is None else found.rows,
        )

    def _media(self, job: Job) -> str:
        """Return the listed media type that has the job's format in it, else the first."""
        wanted = str(job.details.get(FORMAT, "")).lower()
        named = (media for media in self._listed if wanted and wanted in media.lower())
        return next(named, next(iter(self._listed), "text/csv"))

    def _is_document(self, media: str) -> bool:
        row = self._listed.get(media)
        if row is None or not is_json(media):
            return False
        schema = flatten(self._document, row.get("schema", {}))
        is_whole = schema.get("type", "array") != "array"
        return "properties" in schema or "example" in schema or is_whole

    def _format(self, media: str, content: str | None) -> Format:
        plain = media.partition(";")[0].lower()
        kind = content or next((kind for word, kind in _BY_WORD if word in plain), "binary")
        known = _CONTENT[kind]
        if known.media.partition(";")[0] == plain:
            return known
        named = (ending for word, ending in _EXTENSIONS.items() if word in plain)
        return Format(media, next(named, known.extension), partial(_write, known))


def _write(known: Format, table: ReportTable, rng: Random) -> Any:
    return known.write(table, rng)


def seed_jobs(
    repository: JobRepository,
    new_job: Callable[[Mapping[str, Any]], NewJob],
    fixtures: Mapping[str, Any],
    now: int,
) -> SeedRecords:
    """Return the records of the jobs of a seed.yaml; `new_job` makes one of its row.

    When it was created and its states are added. A SeedError of `new_job` begins with the place
    in the row.

    Raises:
        SeedError: a job has an unknown state or an impossible value.
    """
    new_jobs: list[NewJob] = []
    for number, row in enumerate(fixtures.get("jobs", ())):
        try:
            schedule = read_schedule(repository.lifecycle, row)
            created_at = parse_timestamp(row["created_at"]) if "created_at" in row else None
            made = new_job(row)
        except SeedError as error:
            raise SeedError(f"/jobs/{number}{error}") from error
        except (ApiError, LookupError, ValueError) as error:
            raise SeedError(f"/jobs/{number}: {error}") from error
        new_jobs.append(structs.replace(made, schedule=schedule, created_at=created_at))
    return [*repository.new_records(new_jobs, now, interned=True)]


def seed_job(group: Callable[[str, Mapping[str, Any]], str], row: Mapping[str, Any]) -> NewJob:
    """Return the job of a row with what its creation was sent; `group` returns its group."""
    inputs = {place: row[place] for place in ("body", "query", "path") if place in row}
    named = {name: row[name] for name in ("name", FORMAT, ROWS) if name in row}
    place = group(row["account"], inputs.get("path", {}))
    return NewJob(row["id"], row["account"], place, {**inputs, **named})
