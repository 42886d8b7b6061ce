"""Talkdesk's operations on report jobs: create, list, status, cancel."""

from typing import Any

from mockserver.errors import Refusal
from mockserver.exchange import Call, Reply
from mockserver.jobs.desk import Desk, Opening
from mockserver.jobs.model import Job
from mockserver.vendors.talkdesk.order import read_order
from specs import Contract, State

ROWS = "rows"
"""The one detail that no client sees: how many rows the file has, where the usual will not do."""


def group_of(account: str, kind: str) -> str:
    """Return where the jobs of an account and of one report type are filed."""
    return f"{account}/{kind}"


def kind_of(job: Job) -> str:
    """Return the report type of a job."""
    return job.group.rpartition("/")[2]


def find(desk: Desk, call: Call) -> Job:
    """Return the job that a call's path names, if it is the caller's.

    Raises:
        Refusal: 404, there is none, or it is another's or of another type.
    """
    return meet(desk, call)[0]


def meet(desk: Desk, call: Call) -> tuple[Job, State]:
    """Return such a job with its state."""
    assert call.identity is not None
    met = desk.meet(call.sandbox, call.path["id"])
    if met is None or met[0].group != group_of(call.identity.account, call.path["type"]):
        raise Refusal(404, "There is no such report job.", code="job_not_found")
    return met


class Jobs:
    """The handlers under /data/reports/{type}/jobs."""

    def __init__(self, contract: Contract, desk: Desk) -> None:
        self._desk = desk
        self._roles = contract.lifecycle.roles
        poll = contract.operations[self._roles["poll"].operation]
        fetch = contract.operations[self._roles["fetch"].operation]
        self._job_link, self._file_link = _template(poll.path), _template(fetch.path)
        self._answers = {
            state: self._roles["poll"].answers.get(state, poll.success)
            for state in contract.lifecycle.states
        }
        self._located = {
            status for status, answer in poll.responses.items() if "Location" in answer["headers"]
        }

    def create(self, call: Call) -> Reply:
        assert call.identity is not None
        group = group_of(call.identity.account, call.path["type"])
        ids, kind = call.sandbox.ids, f"{self._desk.kind}/{group}"
        opening = Opening(
            id=lambda number: ids.uuid(kind, number),
            account=call.identity.account,
            group=group,
            details=read_order(call.body),
        )
        (job,) = self._desk.open(call.sandbox, [opening])
        status = self._desk.first_state(job).wire
        return Reply(call.operation.success, self._details(job, status))

    def show(self, call: Call) -> Reply:
        job, state = meet(self._desk, call)
        answer = self._answers[state.name]
        body = self._details(job, state.wire)
        headers = {"Location": body["_links"]["files"]["href"]} if answer in self._located else {}
        return Reply(answer, body, headers)

    def show_list(self, call: Call) -> Reply:
        assert call.identity is not None
        group = group_of(call.identity.account, call.path["type"])
        page, size = call.query["page"], call.query["per_page"]
        total = self._desk.total(call.sandbox, group)
        jobs = self._desk.page(call.sandbox, group, (page - 1) * size, size)
        links = {"self": page}
        if page * size < total:
            links["next"] = page + 1
        if page > 1:
            links["prev"] = page - 1
        path = call.operation.path.format(**call.path)
        body = {
            "_embedded": {
                "jobs": [_body(job, self._desk.state(call.sandbox, job).wire) for job in jobs]
            },
            "total": total,
            "page": page,
            "per_page": size,
            "_links": {
                name: {"href": f"{path}?page={number}&per_page={size}"}
                for name, number in links.items()
            },
        }
        return Reply(call.operation.success, body)

    def cancel(self, call: Call) -> Reply:
        self._desk.act(call.sandbox, self._roles["cancel"], find(self._desk, call))
        return Reply(call.operation.success)

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
