"""Talkdesk's operations on report jobs: create, list, status, cancel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection
from mockserver.timestamps import from_datetime, to_iso_string
from mockserver.vendors import Handler, Options
from specs import Contract, State

DEFAULT_ZONE = "UTC"
MAX_SPAN_MS = 31 * 24 * 60 * 60 * 1000
"""One month, the vendor's limit."""

_YEARS = range(1970, 9999)


def read_job_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a job from a body that its contract allows.

    Raises:
        ApiError: 400, an unknown time zone, an impossible date, or a reversed or too long timespan.
    """
    span = body["timespan"]
    in_span = "timezone" not in body and "timezone" in span
    zone = span["timezone"] if in_span else body.get("timezone", DEFAULT_ZONE)
    find_zone(zone, "timespan.timezone" if in_span else "timezone")
    details = {
        "format": body["format"],
        "timezone": zone,
        "timespan": {"from": span["from"], "to": span["to"]},
    }
    _check_span(details)
    return details | ({"name": body["name"]} if "name" in body else {})


def read_span(details: Mapping[str, Any]) -> tuple[int, int]:
    """Return the start (inclusive) and the end (exclusive) of the timespan of a job.

    Both are milliseconds since the epoch. A date-time without an offset is in the job's time zone.

    Raises:
        ApiError: 400, there is no such date.
    """
    zone, span = find_zone(details["timezone"], "timezone"), details["timespan"]
    start = _read_date_time(span["from"], zone, "timespan.from")
    end = _read_date_time(span["to"], zone, "timespan.to")
    return from_datetime(start), from_datetime(end)


def find_zone(name: str, field: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ApiError: 400, the name is unknown.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ApiError.for_field(field, "must be the IANA name of a time zone") from None


def _check_span(details: Mapping[str, Any]) -> None:
    start, end = read_span(details)
    if start > end:
        raise ApiError.for_field("timespan.from", "must not be after timespan.to")
    if end - start > MAX_SPAN_MS:
        raise ApiError.for_field(
            "timespan.to", "must not be more than one month after timespan.from"
        )


def _read_date_time(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        date_time = datetime.fromisoformat(text)
    except ValueError:
        date_time = None
    if date_time is None or date_time.year not in _YEARS:
        years = f"{_YEARS.start} to {_YEARS.stop - 1}"
        raise ApiError.for_field(field, f"must be an ISO 8601 date-time of the years {years}")
    return date_time if date_time.tzinfo else date_time.replace(tzinfo=zone)


def group_of(account: str, report_type: str) -> str:
    """Return the group that the jobs of an account and of one report type belong to."""
    return f"{account}/{report_type}"


def type_of(job: Job) -> str:
    """Return the report type of a job."""
    return job.group.rpartition("/")[2]


class Jobs:
    """The handlers under /data/reports/{type}/jobs."""

    def __init__(
        self,
        contract: Contract,
        options: Options,
        repository: JobRepository,
        reports: ResourceCollection,
    ) -> None:
        self._repository = repository
        self._reports = reports
        self._is_flat = options["create"] == "flat"
        self._actions = contract.lifecycle.actions
        poll = contract.operations[self._actions["poll"].operation]
        fetch = contract.operations[self._actions["fetch"].operation]
        self._job_link, self._file_link = _template(poll.path), _template(fetch.path)
        self._answers = {
            state: self._actions["poll"].answers.get(state, poll.success)
            for state in contract.lifecycle.states
        }
        self._located = {
            status for status, answer in poll.responses.items() if "Location" in answer["headers"]
        }
        self.handlers: Mapping[str, Handler] = {
            "createReportJob": self.create,
            "listReportJobs": self.show_list,
            "getReportJob": self.show,
            "cancelReportJob": self.cancel,
        }

    def create(self, request: Request) -> Response:
        group = group_of(request.account, self._check_type(request))
        ids, kind = request.sandbox.ids, f"{self._repository.kind}/{group}"
        new_job = NewJob(
            id=lambda number: ids.uuid(kind, number),
            account=request.account,
            group=group,
            details=read_job_request(request.body),
        )
        (job,) = self._repository.create(request.sandbox, [new_job])
        status = self._repository.first_state(job).wire
        body = _body(job, status) if self._is_flat else self._details(request, job, status)
        return Response(request.operation.success, body)

    def show(self, request: Request) -> Response:
        job, state = self._find_with_state(request)
        answer = self._answers[state.name]
        body = self._details(request, job, state.wire)
        headers = {"Location": body["_links"]["files"]["href"]} if answer in self._located else {}
        return Response(answer, body, headers)

    def show_list(self, request: Request) -> Response:
        group = group_of(request.account, self._check_type(request))
        page, size = request.query["page"], request.query["per_page"]
        total = self._repository.count(request.sandbox, group)
        jobs = self._repository.page(request.sandbox, group, (page - 1) * size, size)
        links = {"self": page}
        if page * size < total:
            links["next"] = page + 1
        if page > 1:
            links["prev"] = page - 1
        path = request.root_path + request.operation.path.format(**request.path)
        body = {
            "_embedded": {
                "jobs": [
                    _body(job, self._repository.state(request.sandbox, job).wire) for job in jobs
                ]
            },
            "total": total,
            "page": page,
            "per_page": size,
            "_links": {
                name: {"href": f"{path}?page={number}&per_page={size}"}
                for name, number in links.items()
            },
        }
        return Response(request.operation.success, body)

    def cancel(self, request: Request) -> Response:
        job = self.find(request)
        self._repository.apply_transition(request.sandbox, self._actions["cancel"], job)
        return Response(request.operation.success)

    def _check_type(self, request: Request) -> str:
        """Return the report type of a request's path.

        Raises:
            ApiError: 400, it is unknown.
        """
        report_type: str = request.path["type"]
        if not self._reports.exists(request.sandbox, ALL_ACCOUNTS, report_type):
            reason = f"is an unknown report type: {report_type[:64]}"
            raise ApiError.for_field("type", reason, code="invalid_report_type")
        return report_type

    def find(self, request: Request) -> Job:
        """Return the job.

        Raises:
            ApiError: 400, the report type is unknown; 404, the id is unknown, or the job is another
                account's or of another type.
        """
        return self._find_with_state(request)[0]

    def _find_with_state(self, request: Request) -> tuple[Job, State]:
        """Return the job with its state; raise what `find` raises."""
        group = group_of(request.account, request.path["type"])
        job_and_state = self._repository.get_with_state(request.sandbox, request.path["id"])
        if job_and_state is None or job_and_state[0].group != group:
            self._check_type(request)
            raise ApiError(404, "Unknown report job.", code="job_not_found")
        return job_and_state

    def _details(self, request: Request, job: Job, status: str) -> dict[str, Any]:
        body, root_path = _body(job, status), request.root_path
        return {
            "job": body,
            "_links": {  # `type` and `id` of a path are those of the body
                "self": {"href": root_path + self._job_link % body},
                "files": {"href": root_path + self._file_link % body},
            },
        }


def _template(path: str) -> str:
    """Return a path template for the operator %, which takes a third of the time of `format`."""
    return path.replace("{", "%(").replace("}", ")s")


def _body(job: Job, status: str) -> dict[str, Any]:
    body = {
        "id": job.id,
        **job.details,
        "status": status,
        "type": type_of(job),
        "created_at": to_iso_string(job.created_at),
    }
    body.pop(ROWS, None)
    return body
