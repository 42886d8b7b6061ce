"""Talkdesk's operations on files: fetch and delete."""

from dataclasses import dataclass

from flask import Response, request

from conformance.reference.clock import iso
from conformance.reference.content import Row, csv_bytes, json_bytes, lines_bytes, rows
from conformance.reference.inputs import date_time, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.talkdesk.book import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    Book,
    Job,
)
from conformance.reference.talkdesk.door import Door
from conformance.reference.talkdesk.jobs import check_kind
from conformance.reference.transport import claim_gzip, cut_short
from conformance.reference.world import READ, WRITE

_COLUMNS = ("call_id", "recorded_at", "team", "seconds")
_MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_ENDINGS = {"csv": "csv", "json": "json", "json_bulk": "ndjson"}


@dataclass(frozen=True, slots=True)
class FileViews:
    """Handlers under /data/reports/{type}/files, and the storage behind them."""

    stage: Stage
    book: Book
    door: Door

    def fetch(self, kind: str, file_id: str) -> Response:
        caller = self.door.admit(READ, file=True)
        check_kind(self.stage, kind)
        query(lenient=self.stage.free("td-free-unknown-query"))
        job = self.book.find(caller, kind, file_id, file=True)
        self._check_available(job)
        if self.stage.free("td-free-file-elsewhere"):
            url = f"{request.host_url}data/storage/{self._ticket(job)}"
            return Response(status=303, headers={"Location": url})
        return self._deliver(job)

    def store(self, ticket: str) -> Response:
        """A signed address, as a store hands out: it needs no token."""
        for job in self.book.jobs.values():
            if self._ticket(job) == ticket and self.book.state(job) == DONE:
                return self._deliver(job)
        raise Refusal(404, "there is no such file")

    def _ticket(self, job: Job) -> str:
        return self.stage.digest("ticket", job.id)[:40]

    def _check_available(self, job: Job) -> None:
        state = self.book.state(job)
        self.stage.crash("td-crash-deleted-file", when=state == DELETED)
        leaks = {
            CREATED: self.stage.broken("td-file-while-created"),
            PROCESSING: self.stage.broken("td-file-while-processing"),
            FAILED: self.stage.broken("td-file-while-failed"),
            DELETED: self.stage.broken("td-file-after-delete"),
            DONE: not self._lost(job),
        }
        if not leaks.get(state, False):
            raise Refusal(404, "there is no such file")

    def _lost(self, job: Job) -> bool:
        if job.number == 2 and self.stage.broken("td-file-missing-second"):
            return True
        if job.fetches and self.stage.broken("td-file-once"):
            return True
        return self.stage.broken("td-file-missing")

    def delete(self, kind: str, file_id: str) -> Response:
        caller = self.door.admit(WRITE)
        check_kind(self.stage, kind)
        query(lenient=self.stage.free("td-free-unknown-query"))
        job = self.book.find(caller, kind, file_id, file=True)
        if job.deleted or job.held == DELETED:
            if self.stage.broken("td-delete-twice"):
                return Response(status=204)
            raise Refusal(403, "the file is deleted already")
        if self.book.state(job) != DONE:
            raise Refusal(404, "there is no such file")
        job.deleted = True
        return Response(status=204)

    def _deliver(self, job: Job) -> Response:
        job.fetches += 1
        made = self._made_in(job)
        response = Response(self._data(job, made), content_type=self._media(made))
        self._name(response, job)
        if self.stage.broken("td-file-short"):
            return cut_short(response)
        return claim_gzip(response) if self.stage.broken("td-file-bad-gzip") else response

    def _made_in(self, job: Job) -> str:
        """The format that the file is made in: the job's, unless a defect mixes them up."""
        asked = job.order.format
        if asked == "json" and self.stage.broken("td-file-json-is-csv"):
            return "csv"
        if asked == "json_bulk" and self.stage.broken("td-file-bulk-is-csv"):
            return "csv"
        if self.stage.broken("td-file-other-job"):
            return {"csv": "json", "json": "json_bulk", "json_bulk": "csv"}[asked]
        return asked

    def _media(self, made: str) -> str:
        if made == "csv" and self.stage.broken("td-file-type-wrong"):
            return "application/json"
        if self.stage.free("td-free-media-parameters"):
            return {"csv": "text/csv", "json": "application/json;charset=UTF-8"}.get(
                made, "application/x-ndjson; charset=utf-8"
            )
        return _MEDIA.get(made, "application/x-ndjson")

    def _data(self, job: Job, made: str) -> bytes:
        table = self._rows(job)
        if made == "csv":
            return self._csv(job, table)
        if made == "json_bulk":
            lines = lines_bytes(table)
            cut = self.stage.broken("td-file-bulk-cut")
            return lines.replace(b"}\n", b"\n") if cut else lines
        if self.stage.broken("td-file-json-empty"):
            return b""
        document = json_bytes(self._document(job, table))
        return document[:-1] if self.stage.broken("td-file-json-cut") else document

    def _document(self, job: Job, table: list[Row]) -> dict[str, object]:
        if self.stage.broken("td-file-json-sparse"):
            return {"entries": table}
        return {"type": job.kind, "version": "1.0", "entries": table, "total": len(table)}

    def _csv(self, job: Job, table: list[Row]) -> bytes:
        if self.stage.broken("td-file-csv-is-json"):
            return json_bytes(self._document(job, table))
        data = csv_bytes(table, _COLUMNS)
        if self.stage.broken("td-file-ragged"):
            data = data.rstrip(b"\r\n") + b",1\r\n"
        return b"\xef\xbb\xbf" + data if self.stage.free("td-free-byte-order-mark") else data

    def _rows(self, job: Job) -> list[Row]:
        count = 0 if self.stage.free("td-free-no-rows") else 6
        return rows(self.stage.digest("rows", job.id), "call_id", _stamps(job, count))

    def _name(self, response: Response, job: Job) -> None:
        name = f"{job.kind}-{job.id}.{_ENDINGS[job.order.format]}"
        disposition = f'attachment; filename="{name}"'
        if self.stage.free("td-free-bare-filename"):
            disposition = f"attachment; filename={name}"
        if self.stage.free("td-free-filename-star"):
            disposition = f"attachment; filename*=UTF-8''{name}"
        if not self.stage.free("td-free-no-disposition"):
            response.headers["Content-Disposition"] = disposition


def _stamps(job: Job, count: int) -> list[str]:
    """Moments spread over the job's time span."""
    start = date_time(job.order.timespan["from"], "from")
    length = date_time(job.order.timespan["to"], "to") - start
    try:
        return [iso(start + length * number / (count + 1)) for number in range(1, count + 1)]
    except OverflowError:  # at the very ends of the calendar
        return [job.order.timespan["from"]] * count
