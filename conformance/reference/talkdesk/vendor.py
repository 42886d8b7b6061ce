"""Talkdesk put together: its routes, its error body, its hooks for the control plane."""

from collections.abc import Callable, Mapping

from flask import Response

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.talkdesk.book import CANCELED, DELETED, DONE, FAILED, STATES, Book
from conformance.reference.talkdesk.door import Door
from conformance.reference.talkdesk.files import FileViews
from conformance.reference.talkdesk.jobs import JobViews
from conformance.reference.talkdesk.replies import Replies
from conformance.reference.transport import Freedoms, Traffic
from conformance.reference.vendor import Route

_FREEDOMS = Freedoms(
    busy="td-free-busy",
    down="td-free-down",
    gzip="td-free-gzip",
    chunked="td-free-chunked",
    spaced="td-free-whitespace",
    extended="td-free-more-fields",
    headers="td-free-more-headers",
    charset="td-free-media-parameters",
)


class Talkdesk:
    """The vendor as the app sees it; made anew at every reset."""

    name = "talkdesk"
    prefixes: tuple[str, ...] = ("/data/", "/oauth/")
    routes: tuple[Route, ...] = (
        ("POST", "/data/reports/<kind>/jobs", "createReportJob"),
        ("GET", "/data/reports/<kind>/jobs", "listReportJobs"),
        ("GET", "/data/reports/<kind>/jobs/<job_id>", "getReportJob"),
        ("DELETE", "/data/reports/<kind>/jobs/<job_id>", "cancelReportJob"),
        ("GET", "/data/reports/<kind>/files/<file_id>", "getReportFile"),
        ("DELETE", "/data/reports/<kind>/files/<file_id>", "deleteReportFile"),
        ("GET", "/data/storage/<ticket>", "storedFile"),
        ("POST", "/oauth/token", "createToken"),
    )

    def __init__(self, stage: Stage) -> None:
        self._book = Book(stage)
        self._replies = Replies(stage, self._book)
        self.traffic = Traffic(stage, _FREEDOMS)
        door = Door(stage)
        jobs = JobViews(stage, self._book, door, self._replies)
        files = FileViews(stage, self._book, door)
        self.handlers: Mapping[str, Callable[..., Response]] = {
            "createReportJob": jobs.create,
            "listReportJobs": jobs.index,
            "getReportJob": jobs.show,
            "cancelReportJob": jobs.cancel,
            "getReportFile": files.fetch,
            "deleteReportFile": files.delete,
            "storedFile": files.store,
            "createToken": door.token,
        }

    def refuse(self, refusal: Refusal) -> Response:
        return self._replies.refuse(refusal)

    def jobs(self) -> list[Body]:
        """Every job with its state, for the control plane."""
        return [{"id": job.id, "state": self._book.state(job)} for job in self._book.jobs.values()]

    def force(self, job_id: str, outcome: str) -> None:
        """Let the job end as ``outcome``, or hold it there; KeyError, ValueError if unknown."""
        job = self._book.jobs[job_id]
        if outcome not in STATES:
            raise ValueError(f"outcome must be one of {', '.join(STATES)}")
        if not job.held and self._book.state(job) in {FAILED, DELETED, CANCELED}:
            raise Refusal(409, "the job has ended")
        if outcome in {DONE, FAILED}:
            job.outcome, job.held = outcome, None
        elif outcome == DELETED:
            job.deleted = True
        else:
            job.held = outcome
