"""What a client of Talkdesk asks for when it creates a job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs.model import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.timestamps import from_datetime
from specs import Contract, State

DEFAULT_ZONE = "UTC"
LONGEST = 31 * 24 * 60 * 60 * 1000
"""Milliseconds: one month, by the vendor's limit."""

_YEARS = range(1970, 9999)


def read_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a job from a body that its contract allows.

    Raises:
        ApiError: 400, a time zone or moment that is none, or a span that is reversed or too long.
    """
    span = body["timespan"]
    within = "timezone" not in body and "timezone" in span
    zone = span["timezone"] if within else body.get("timezone", DEFAULT_ZONE)
    find_zone(zone, "timespan.timezone" if within else "timezone")
    details = {
        "format": body["format"],
        "timezone": zone,
        "timespan": {"from": span["from"], "to": span["to"]},
    }
    _check_span(details)
    return details | ({"name": body["name"]} if "name" in body else {})


def read_span(details: Mapping[str, Any]) -> tuple[int, int]:
    """Return start and end of the span of a job, in milliseconds since the epoch.

    Moments without an offset are of the job's time zone.

    Raises:
        ApiError: 400, there is no such moment.
    """
    zone, span = find_zone(details["timezone"], "timezone"), details["timespan"]
    start = _read_moment(span["from"], zone, "timespan.from")
    end = _read_moment(span["to"], zone, "timespan.to")
    return from_datetime(start), from_datetime(end)


def find_zone(name: str, field: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ApiError: 400, there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        reason = "is not the IANA name of a time zone"
        raise ApiError(400, f"{field} {reason}.", field=field, reason=reason) from None


def _check_span(details: Mapping[str, Any]) -> None:
    start, end = read_span(details)
    if start > end:
        reason = "lies after timespan.to"
        raise ApiError(400, f"timespan.from {reason}.", field="timespan.from", reason=reason)
    if end - start > LONGEST:
        reason = "lies more than one month after timespan.from"
        raise ApiError(400, f"timespan.to {reason}.", field="timespan.to", reason=reason)


def _read_moment(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        reason = f"is no moment of the years {_YEARS.start} to {_YEARS.stop - 1}"
        raise ApiError(400, f"{field} {reason}.", field=field, reason=reason)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


ROWS = "rows"
"""The one detail that no client sees: how many rows the file has, where the usual will not do."""


def group_of(account: str, kind: str) -> str:
    """Return where the jobs of an account and of one report type are filed."""
    return f"{account}/{kind}"


def kind_of(job: Job) -> str:
    """Return the report type of a job."""
    return job.group.rpartition("/")[2]


def find(repository: JobRepository, request: Request) -> Job:
    """Return the job that a call's path names, if it is the caller's.

    Raises:
        ApiError: 404, there is none, or it is another's or of another type.
    """
    return meet(repository, request)[0]


def meet(repository: JobRepository, request: Request) -> tuple[Job, State]:
    """Return such a job with its state."""
    assert request.identity is not None
    met = repository.get_with_state(request.sandbox, request.path["id"])
    if met is None or met[0].group != group_of(request.identity.account, request.path["type"]):
        raise ApiError(404, "There is no such report job.", code="job_not_found")
    return met


class Jobs:
    """The handlers under /data/reports/{type}/jobs."""

    def __init__(self, contract: Contract, repository: JobRepository) -> None:
        self._repository = repository
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

    def create(self, request: Request) -> Response:
        assert request.identity is not None
        group = group_of(request.identity.account, request.path["type"])
        ids, kind = request.sandbox.ids, f"{self._repository.kind}/{group}"
        opening = NewJob(
            id=lambda number: ids.uuid(kind, number),
            account=request.identity.account,
            group=group,
            details=read_order(request.body),
        )
        (job,) = self._repository.create(request.sandbox, [opening])
        status = self._repository.first_state(job).wire
        return Response(request.operation.success, self._details(job, status))

    def show(self, request: Request) -> Response:
        job, state = meet(self._repository, request)
        answer = self._answers[state.name]
        body = self._details(job, state.wire)
        headers = {"Location": body["_links"]["files"]["href"]} if answer in self._located else {}
        return Response(answer, body, headers)

    def show_list(self, request: Request) -> Response:
        assert request.identity is not None
        group = group_of(request.identity.account, request.path["type"])
        page, size = request.query["page"], request.query["per_page"]
        total = self._repository.count(request.sandbox, group)
        jobs = self._repository.page(request.sandbox, group, (page - 1) * size, size)
        links = {"self": page}
        if page * size < total:
            links["next"] = page + 1
        if page > 1:
            links["prev"] = page - 1
        path = request.operation.path.format(**request.path)
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
        self._repository.apply_transition(
            request.sandbox, self._actions["cancel"], find(self._repository, request)
        )
        return Response(request.operation.success)

    def _details(self, job: Job, status: str) -> dict[str, Any]:
        place = {"type": kind_of(job), "id": job.id}
        return {
            "job": _body(job, status),
            "_links": {
                "self": {"href": self._job_link % place},
                "files": {"href": self._file_link % place},
            },
        }


def _template(path: str) -> str:
    """Return a path of the contract for the operator %, which takes a third of `format`'s time."""
    return path.replace("{", "%(").replace("}", ")s")


def _body(job: Job, status: str) -> dict[str, Any]:
    body = {"id": job.id, **job.details, "status": status}
    body.pop(ROWS, None)
    return body
