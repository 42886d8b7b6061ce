"""Talkdesk's operations on files: fetch and delete."""

from dataclasses import dataclass

from flask import Response, request

from conformance.reference.clock import iso
from conformance.reference.content import Row, csv_bytes, json_bytes, lines_bytes, rows
from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.parsing import date_time, query
from conformance.reference.seed_data import READ, WRITE
from conformance.reference.talkdesk.auth import Authenticator
from conformance.reference.talkdesk.jobs import check_kind
from conformance.reference.talkdesk.store import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    Job,
    JobStore,
)
from conformance.reference.transport import claim_gzip, cut_short, other_root_url, root_url

_REDIRECTS = (
    ("td-free-file-elsewhere", 303, root_url, ""),
    ("td-free-file-302", 302, root_url, ""),
    ("td-free-file-other-host", 303, other_root_url, ""),
    ("td-free-file-hops", 307, root_url, "?hops=3"),
    ("td-free-file-unsigned", 303, root_url, ""),
)
_COLUMNS = ("call_id", "recorded_at", "team", "seconds")
_MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_ENDINGS = {"csv": "csv", "json": "json", "json_bulk": "ndjson"}


@dataclass(frozen=True, slots=True)
class FileViews:
    """Handlers under /data/reports/{type}/files, and the storage behind them."""

    context: AppContext
    store: JobStore
    auth: Authenticator

    def fetch(self, kind: str, file_id: str) -> Response:
        caller = self.auth.authenticate(READ, file=True)
        check_kind(self.context, kind)
        query(lenient=self.context.has_variant("td-free-unknown-query"))
        job = self.store.get(caller, kind, file_id, file=True)
        self._check_available(job)
        if self.context.has_variant("td-free-location-ticket") or self.context.has_variant(
            "td-free-location-other-host"
        ):
            raise ApiError(404, "unknown file")
        if self.context.has_defect("td-file-circle"):
            return Response(status=303, headers={"Location": request.full_path})
        if self.context.has_defect("td-file-redirect-lost"):
            return Response(status=303, headers={"Location": "/data/storage/none"})
        for variant, status, root, query_text in _REDIRECTS:
            if self.context.has_variant(variant):
                url = f"{root()}/data/storage/{self.store.ticket(job)}{query_text}"
                return Response(status=status, headers={"Location": url})
        return self._deliver(job)

    def stored_file(self, ticket: str) -> Response:
        """Return the file behind a signed URL, which needs no token."""
        if "Authorization" in request.headers and self.context.has_variant("td-free-file-unsigned"):
            raise ApiError(400, "only one way of authentication")
        if hops := request.args.get("hops", 0, int):
            path = request.path + f"?hops={hops - 1}" * (hops > 1)
            return Response(status=302, headers={"Location": path})
        for job in self.store.jobs.values():
            if self.store.ticket(job) == ticket and self.store.state(job) == DONE:
                return self._deliver(job)
        raise ApiError(404, "unknown file")

    def _check_available(self, job: Job) -> None:
        state = self.store.state(job)
        self.context.raise_if_planted("td-crash-deleted-file", when=state == DELETED)
        leaks = {
            CREATED: self.context.has_defect("td-file-while-created"),
            PROCESSING: self.context.has_defect("td-file-while-processing"),
            FAILED: self.context.has_defect("td-file-while-failed"),
            DELETED: self.context.has_defect("td-file-after-delete"),
            DONE: not self._lost(job),
        }
        if leaks.get(state, False):
            return
        unfinished = state in {CREATED, PROCESSING}
        if unfinished and self.context.has_variant("td-free-file-later"):
            raise ApiError(202, "the file is not made yet")
        raise ApiError(404, "unknown file")

    def _lost(self, job: Job) -> bool:
        if job.number == 2 and self.context.has_defect("td-file-missing-second"):
            return True
        if job.fetches and self.context.has_defect("td-file-once"):
            return True
        return self.context.has_defect("td-file-missing")

    def delete(self, kind: str, file_id: str) -> Response:
        caller = self.auth.authenticate(WRITE)
        check_kind(self.context, kind)
        query(lenient=self.context.has_variant("td-free-unknown-query"))
        caller = self.store.writer(caller, file_id)
        job = self.store.get(caller, kind, file_id, file=True)
        if job.deleted or job.held == DELETED:
            if self.context.has_defect("td-delete-twice"):
                return Response(status=204)
            raise ApiError(403, "the file is already deleted")
        if self.store.state(job) != DONE:
            raise ApiError(404, "unknown file")
        doomed = [job]
        if self.context.has_defect("td-delete-all"):
            doomed = [j for j in self.store.jobs.values() if self.store.state(j) == DONE]
        for each in doomed:
            each.deleted = True
        return Response(status=204)

    def _deliver(self, job: Job) -> Response:
        job.fetches += 1
        file_format = self._file_format(job)
        response = Response(self._data(job, file_format), content_type=self._media(file_format))
        self._set_file_name(response, job)
        if self.context.has_defect("td-file-short"):
            return cut_short(response)
        return claim_gzip(response) if self.context.has_defect("td-file-bad-gzip") else response

    def _file_format(self, job: Job) -> str:
        """Return the format of the file: the job's, unless a defect changes it."""
        requested = job.requested.format
        if requested == "json" and self.context.has_defect("td-file-json-is-csv"):
            return "csv"
        if requested == "json_bulk" and self.context.has_defect("td-file-bulk-is-csv"):
            return "csv"
        if self.context.has_defect("td-file-other-job"):
            return {"csv": "json", "json": "json_bulk", "json_bulk": "csv"}[requested]
        return requested

    def _media(self, file_format: str) -> str:
        if file_format == "csv" and self.context.has_defect("td-file-type-wrong"):
            return "application/json"
        if self.context.has_variant("td-free-media-parameters"):
            return {"csv": "text/csv", "json": "application/json;charset=UTF-8"}.get(
                file_format, "application/x-ndjson; charset=utf-8"
            )
        return _MEDIA.get(file_format, "application/x-ndjson")

    def _data(self, job: Job, file_format: str) -> bytes:
        table = self._rows(job)
        if file_format == "csv":
            return self._csv(job, table)
        if file_format == "json_bulk":
            lines = lines_bytes(table)
            cut = self.context.has_defect("td-file-bulk-cut")
            return lines.replace(b"}\n", b"\n") if cut else lines
        if self.context.has_defect("td-file-json-empty"):
            return b""
        document = json_bytes(self._document(job, table))
        if self.context.has_defect("td-file-json-latin1"):
            return document.replace(b'"team": "', b'"team": "\xc9quipe ')
        return document[:-1] if self.context.has_defect("td-file-json-cut") else document

    def _document(self, job: Job, table: list[Row]) -> dict[str, object]:
        if self.context.has_defect("td-file-json-sparse"):
            return {"entries": table}
        if self.context.has_variant("td-free-sparse-file"):
            return {"entries": table, "total": len(table)}
        return {"type": job.kind, "version": "1.0", "entries": table, "total": len(table)}

    def _csv(self, job: Job, table: list[Row]) -> bytes:
        if self.context.has_defect("td-file-csv-is-json"):
            return json_bytes(self._document(job, table))
        data = csv_bytes(table, _COLUMNS)
        if self.context.has_defect("td-file-ragged"):
            data = data.rstrip(b"\r\n") + b",1\r\n"
        return (
            b"\xef\xbb\xbf" + data if self.context.has_variant("td-free-byte-order-mark") else data
        )

    def _rows(self, job: Job) -> list[Row]:
        count = 0 if self.context.has_variant("td-free-no-rows") else 6
        return rows(self.context.digest("rows", job.id), "call_id", _stamps(job, count))

    def _set_file_name(self, response: Response, job: Job) -> None:
        name = f"{job.kind}-{job.id}.{_ENDINGS[job.requested.format]}"
        disposition = f'attachment; filename="{name}"'
        if self.context.has_variant("td-free-bare-filename"):
            disposition = f"attachment; filename={name}"
        if self.context.has_variant("td-free-filename-star"):
            disposition = f"attachment; filename*=UTF-8''{name}"
        if not self.context.has_variant("td-free-no-disposition"):
            response.headers["Content-Disposition"] = disposition


def _stamps(job: Job, count: int) -> list[str]:
    """Return ISO timestamps spread over the job's time span."""
    start = date_time(job.requested.timespan["from"], "from")
    length = date_time(job.requested.timespan["to"], "to") - start
    try:
        return [iso(start + length * number / (count + 1)) for number in range(1, count + 1)]
    except OverflowError:  # at the very ends of the calendar
        return [job.requested.timespan["from"]] * count
